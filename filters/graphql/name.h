// A name of a document or a schema with its hash, so that names are compared by two words first.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "filters/graphql/hash.h"

namespace tollgate::graphql {

// Names are short: up to 16 bytes are compared as two words that overlap.
[[nodiscard]] inline bool same_bytes(const char* x, const char* y, std::uint32_t size) {
  using namespace hash_parts;
  if (size > 16) return std::memcmp(x, y, size) == 0;
  if (size >= 8) {
    return load64(x) == load64(y) && load64(x + size - 8) == load64(y + size - 8);
  }
  if (size >= 4) {
    return load32(x) == load32(y) && load32(x + size - 4) == load32(y + size - 4);
  }
  return size == 0 || (x[0] == y[0] && x[size / 2] == y[size / 2] && x[size - 1] == y[size - 1]);
}

[[nodiscard]] inline bool same_text(std::string_view x, std::string_view y) {
  return x.size() == y.size() &&
         same_bytes(x.data(), y.data(), static_cast<std::uint32_t>(x.size()));
}

// Borrows its bytes. No data: no name.
struct Name {
  const char* data = nullptr;
  std::uint32_t size = 0;
  std::uint32_t hash = 0;

  Name() = default;
  Name(const char* bytes, std::size_t length)
      : data(bytes),
        size(static_cast<std::uint32_t>(length)),
        hash(static_cast<std::uint32_t>(keyed_hash(bytes, length))) {}
  // Of up to 16 bytes, whose words are known.
  Name(const char* bytes, std::uint32_t length, TwoWords words)
      : data(bytes), size(length), hash(static_cast<std::uint32_t>(keyed_hash(words))) {}
  explicit Name(std::string_view text) : Name(text.data(), text.size()) {}

  static Name of_hash(const char* bytes, std::uint32_t length, std::uint32_t known_hash) {
    Name name;
    name.data = bytes;
    name.size = length;
    name.hash = known_hash;
    return name;
  }

  [[nodiscard]] bool empty() const { return data == nullptr; }
  [[nodiscard]] std::string_view text() const { return {data, size}; }
  friend bool operator==(const Name& x, const Name& y) {
    return x.hash == y.hash && x.size == y.size && same_bytes(x.data, y.data, x.size);
  }
};

}  // namespace tollgate::graphql
