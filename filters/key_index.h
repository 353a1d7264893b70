// Finds a key by its secret in constant time, whatever the number of keys, telling nothing by its
// timing.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "conf/keys.h"

namespace tollgate {

// Immutable once made; any thread may read it. Keys stay at their address while the index lives.
class KeyIndex {
 public:
  // `generation` is unlike that of any other index of the process, and not 0.
  KeyIndex(std::vector<Key> keys, std::uint64_t generation);
  KeyIndex(const KeyIndex&) = delete;
  KeyIndex& operator=(const KeyIndex&) = delete;

  // Hashes the secret and looks the hash up; null: not a key. Whether the key is disabled, expired
  // or meant for another API is not looked at.
  [[nodiscard]] const Key* find(std::string_view secret) const;
  [[nodiscard]] const Key* find_by_name(std::string_view name) const;
  [[nodiscard]] const std::vector<Key>& keys() const { return keys_; }
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

 private:
  struct DigestHash {
    std::size_t operator()(const SecretHash& hash) const;
  };
  const std::vector<Key> keys_;
  const std::uint64_t generation_;
  std::unordered_map<SecretHash, const Key*, DigestHash> by_secret_;
  std::unordered_map<std::string_view, const Key*> by_name_;
};

}  // namespace tollgate
