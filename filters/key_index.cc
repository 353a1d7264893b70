// See key_index.h.
#include "filters/key_index.h"

#include <cstring>

#include "conf/secret.h"

namespace tollgate {

// A SHA-256 is as good as random: any eight bytes of it are a hash.
std::size_t KeyIndex::DigestHash::operator()(const SecretHash& hash) const {
  std::size_t value = 0;
  std::memcpy(&value, hash.data(), sizeof value);
  return value;
}

KeyIndex::KeyIndex(std::vector<Key> keys, std::uint64_t generation)
    : keys_(std::move(keys)), generation_(generation) {
  for (const Key& key : keys_) {
    by_name_.emplace(key.name, &key);
    for (const SecretHash& secret : key.secrets) by_secret_.emplace(secret, &key);
  }
}

const Key* KeyIndex::find(std::string_view secret) const {
  const auto found = by_secret_.find(hash_secret(secret));
  return found == by_secret_.end() ? nullptr : found->second;
}

const Key* KeyIndex::find_by_name(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

}  // namespace tollgate
