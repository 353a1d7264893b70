#include "filters/graphql/points.h"

#include <fmt/format.h>

#include <charconv>

namespace tollgate::graphql {

std::optional<Points> points_of(std::string_view text) {
  constexpr double kMostWeight = 1e12;
  double weight = 0;
  const char* end = text.data() + text.size();
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [stop, error] = std::from_chars(text.data(), end, weight);
  if (error != std::errc() || stop != end || !(std::abs(weight) <= kMostWeight)) {
    return std::nullopt;
  }
  const double thousandths = weight * kPoint;
  if (std::abs(thousandths - std::round(thousandths)) > 1e-3) return std::nullopt;
  return points_of(weight);
}

std::string text_of(Points points) {
  const Points size = points < 0 ? -points : points;
  std::string text = fmt::format("{}{}.{:03}", points < 0 ? "-" : "", size / kPoint, size % kPoint);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace tollgate::graphql
