// See suggestion.h.
#include "conf/suggestion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace tollgate {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string suggestion(std::string_view wrong, const std::vector<std::string>& names) {
  const std::string* nearest = nullptr;
  std::size_t least = std::min(wrong.size(), std::max<std::size_t>(2, wrong.size() / 3) + 1);
  for (const std::string& name : names) {
    const std::size_t distance = edit_distance(wrong, name);
    if (distance >= least) continue;
    least = distance;
    nearest = &name;
  }
  return nearest == nullptr ? "" : fmt::format("; did you mean \"{}\"?", *nearest);
}

std::string suggestion_or_names(std::string_view wrong, const std::vector<std::string>& names) {
  std::string hint = suggestion(wrong, names);
  if (!hint.empty() || names.empty() || names.size() > kMostNames) return hint;
  return fmt::format("; known are {}", fmt::join(names, ", "));
}

}  // namespace tollgate
