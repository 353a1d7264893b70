// Exact sums and products of weights and sizes. Weights are counted in thousandths of a point, so
// that three decimals are exact; both stop at the greatest value and never wrap.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "filters/graphql/json_value.h"

namespace tollgate::graphql {

using Points = std::int64_t;  // thousandths of a point
using Count = std::int64_t;   // of elements; 0 to kMostCount

inline constexpr Points kPoint = 1000;
inline constexpr Points kMostPoints = kMostCount * kPoint;

[[nodiscard]] constexpr std::int64_t held_to(std::int64_t value, std::int64_t most) {
  return value > most ? most : value < -most ? -most : value;
}

// Whether a value is above `most` or below its negative: one comparison, for these sums are many.
[[nodiscard]] constexpr bool exceeds(std::int64_t value, std::int64_t most) {
  const auto bound = static_cast<std::uint64_t>(most);
  return static_cast<std::uint64_t>(value) + bound > 2 * bound;
}

// |x| and |y| are at most kMostPoints, which leaves no room for their plain sum.
[[nodiscard]] inline Points add(Points x, Points y) {
  Points sum = 0;
  if (__builtin_add_overflow(x, y, &sum) || exceeds(sum, kMostPoints)) [[unlikely]] {
    return x > 0 ? kMostPoints : -kMostPoints;
  }
  return sum;
}

[[nodiscard]] inline Points times(Count count, Points points) {
  Points product = 0;
  if (__builtin_mul_overflow(count, points, &product) || exceeds(product, kMostPoints))
      [[unlikely]] {
    return points > 0 ? kMostPoints : -kMostPoints;
  }
  return product;
}

[[nodiscard]] inline Count times_count(Count x, Count y) {
  Count product = 0;
  if (__builtin_mul_overflow(x, y, &product) || exceeds(product, kMostCount)) [[unlikely]] {
    return kMostCount;
  }
  return product;
}

// An operation's points as the whole number that is charged: rounded up once, never below 0.
[[nodiscard]] constexpr std::uint64_t round_up(Points points) {
  if (points <= 0) return 0;
  return static_cast<std::uint64_t>((points + kPoint - 1) / kPoint);
}

[[nodiscard]] inline Points points_of(double weight) {
  return static_cast<Points>(std::llround(weight * kPoint));
}
// Of a weight in a schema: at most three decimals and twelve digits before them, like the
// configuration's. None: it is no such number.
[[nodiscard]] std::optional<Points> points_of(std::string_view text);
// "2", "0.5", "-0.125".
[[nodiscard]] std::string text_of(Points points);

}  // namespace tollgate::graphql
