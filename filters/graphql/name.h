// A name of a document or a schema with its hash, so that names are compared by two words first.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "filters/graphql/hash.h"

namespace tollgate::graphql {

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
  explicit Name(std::string_view text) : Name(text.data(), text.size()) {}

  [[nodiscard]] bool empty() const { return data == nullptr; }
  [[nodiscard]] std::string_view text() const { return {data, size}; }
  friend bool operator==(const Name& x, const Name& y) {
    return x.hash == y.hash && x.size == y.size && std::memcmp(x.data, y.data, x.size) == 0;
  }
};

}  // namespace tollgate::graphql
