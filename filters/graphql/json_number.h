// Numbers of JSON (RFC 8259, section 6), read exactly: whether the value is integral, and how
// large.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tollgate::graphql {

struct JsonNumber {
  enum class Kind { kInteger, kFraction };
  Kind kind = Kind::kInteger;
  std::int64_t value = 0;  // kInteger: held to -kMostCount..kMostCount; else 0
};

// 20, 20.0, 2e1 and 200e-1 are one integer, and so is 1e400; 1.5 and 1e-3 are fractions. None: the
// text, all of it, is no number of JSON. Linear in the text, whatever the exponent.
[[nodiscard]] std::optional<JsonNumber> read_json_number(std::string_view text);

}  // namespace tollgate::graphql
