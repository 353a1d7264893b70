// See json_number.h. Any thread. No floating point: a double would round.
#include "filters/graphql/json_number.h"

#include <algorithm>

#include "filters/graphql/json_value.h"

namespace tollgate::graphql {
namespace {

// Past any text that fits in memory, and far from overflowing.
constexpr std::int64_t kMostExponent = 1'000'000'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The digits at the front of `rest`, which is moved past them.
std::string_view take_digits(std::string_view& rest) {
  std::size_t length = 0;
  while (length < rest.size() && is_digit(rest[length])) ++length;
  const std::string_view digits = rest.substr(0, length);
  rest.remove_prefix(length);
  return digits;
}

bool take(std::string_view& rest, char c) {
  if (!rest.starts_with(c)) return false;
  rest.remove_prefix(1);
  return true;
}

struct Parts {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  std::int64_t exponent = 0;  // held to ±kMostExponent
};

std::optional<std::int64_t> take_exponent(std::string_view& rest) {
  const bool negative = take(rest, '-');
  if (!negative) (void)take(rest, '+');
  const std::string_view digits = take_digits(rest);
  if (digits.empty()) return std::nullopt;
  std::int64_t exponent = 0;
  for (const char c : digits) exponent = std::min(exponent * 10 + (c - '0'), kMostExponent);
  return negative ? -exponent : exponent;
}

std::optional<Parts> divide(std::string_view rest) {
  Parts parts;
  parts.negative = take(rest, '-');
  parts.whole = take_digits(rest);
  if (parts.whole.empty() || (parts.whole.size() > 1 && parts.whole[0] == '0')) return std::nullopt;
  if (take(rest, '.')) {
    parts.fraction = take_digits(rest);
    if (parts.fraction.empty()) return std::nullopt;
  }
  if (take(rest, 'e') || take(rest, 'E')) {
    const auto exponent = take_exponent(rest);
    if (!exponent) return std::nullopt;
    parts.exponent = *exponent;
  }
  if (!rest.empty()) return std::nullopt;
  return parts;
}

// What passes kMostCount stays just above it.
std::int64_t times_power_of_ten(std::int64_t number, std::int64_t power) {
  if (number == 0) return 0;
  while (power-- > 0 && number <= kMostCount) number *= 10;
  return std::min(number, kMostCount + 1);
}

// Zeros wait until a digit follows: those that none follows belong to the exponent.
struct Magnitude {
  std::int64_t number = 0;
  std::int64_t zeros = 0;
  void add(std::string_view digits) {
    for (const char c : digits) {
      ++zeros;
      if (c == '0') continue;
      number = std::min(times_power_of_ten(number, zeros) + (c - '0'), kMostCount + 1);
      zeros = 0;
    }
  }
};

}  // namespace

std::optional<JsonNumber> read_json_number(std::string_view text) {
  const auto parts = divide(text);
  if (!parts) return std::nullopt;
  Magnitude magnitude;
  magnitude.add(parts->whole);
  magnitude.add(parts->fraction);
  if (magnitude.number == 0) return JsonNumber{};
  const std::int64_t power =
      parts->exponent - static_cast<std::int64_t>(parts->fraction.size()) + magnitude.zeros;
  if (power < 0) return JsonNumber{JsonNumber::Kind::kFraction, 0};
  const std::int64_t value = std::min(times_power_of_ten(magnitude.number, power), kMostCount);
  return JsonNumber{JsonNumber::Kind::kInteger, parts->negative ? -value : value};
}

}  // namespace tollgate::graphql
