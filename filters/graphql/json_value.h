// JSON as the estimator reads it: a tree of plain structs in memory that the reader of the request
// owns. Numbers keep what sizes need: whether they are integers, and how large.
#pragma once

#include <cstdint>
#include <string_view>

namespace tollgate::graphql {

// Where sums, products and sizes stop: the greatest integer that every JSON reader holds exactly.
inline constexpr std::int64_t kMostCount = (std::int64_t{1} << 53) - 1;

struct JsonValue {
  enum class Kind : std::uint8_t {
    kNull,
    kFalse,
    kTrue,
    kInteger,
    kNumber,
    kString,
    kList,
    kObject
  };
  Kind kind = Kind::kNull;
  // kInteger: any number whose value is integral, however it is written (20, 2e1, 20.0), held to
  // -kMostCount..kMostCount. Other numbers are kNumber and have no value here.
  std::int64_t integer = 0;
  std::string_view text;             // kString: unescaped
  std::string_view name;             // of a member of an object: unescaped
  std::uint32_t count = 0;           // elements of a list, members of an object
  std::uint32_t offset = 0;          // of its first byte in the JSON text
  const JsonValue* first = nullptr;  // of them, in order; each leads to the next
  const JsonValue* next = nullptr;
};

}  // namespace tollgate::graphql
