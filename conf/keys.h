// The keys file: named keys with hashes of their secrets.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "conf/config.h"
#include "conf/config_reader.h"
#include "conf/diagnostic.h"

namespace tollgate {

using SecretHash = std::array<std::uint8_t, 32>;  // SHA-256 of the secret's bytes

// Of a value in its file, from 1; for errors.
struct TextPlace {
  int line = 0;
  int column = 0;
};

struct Key {
  std::string name;
  std::string description;
  std::string prefix;
  std::vector<SecretHash> secrets;
  std::string environment;
  std::string plan;
  std::vector<std::string> apis;                  // empty: all
  std::optional<std::vector<IpRange>> allow_ips;  // none: all; present and empty: nobody
  std::optional<UnixTime> expires;                // refused from this instant on
  bool disabled = false;
  std::vector<std::string> notify;
  int line = 0;  // where the key stands in its file, for errors
  TextPlace plan_place;
  std::vector<TextPlace> api_places;  // in the order of apis
};

// Told of each file that is about to be read.
using FileVisitor = std::function<void(const std::string& file)>;

// Reads a keys file. `env:NAME` and `file:/path` secrets are resolved and hashed here. Errors never
// contain a secret. Two keys of one name, or two keys with one secret, are errors.
[[nodiscard]] tl::expected<std::vector<Key>, Diagnostics> parse_keys(
    std::string_view text, const std::string& file, const EnvironmentLookup& lookup,
    const FileVisitor& visit = [](const std::string&) {});
// For who shows or edits keys and lets nobody in: secrets that are kept elsewhere need not be
// there, and the words that name them stand for them.
[[nodiscard]] tl::expected<std::vector<Key>, Diagnostics> parse_keys_as_written(
    std::string_view text, const std::string& file);
[[nodiscard]] tl::expected<std::vector<Key>, Diagnostics> read_keys(
    const std::string& file, const EnvironmentLookup& lookup,
    const FileVisitor& visit = [](const std::string&) {});

// What the two files must agree on: APIs, plans and environments that keys name exist, and keys of
// an environment that is not listed in the configuration name one plan.
[[nodiscard]] Diagnostics check_keys_against(const std::vector<Key>& keys, const Config& config);

// What an operator whose keys have `notify` is warned of; empty: no key has it.
[[nodiscard]] std::string notify_is_not_built(const std::vector<Key>& keys);

}  // namespace tollgate
