// See part_names.h. Any thread.
#include "filters/graphql/part_names.h"

#include <algorithm>
#include <ranges>

namespace tollgate::graphql {

PartNames::PartNames(std::span<std::string_view> names) {
  std::ranges::sort(names);
  std::size_t bytes = 0;
  for (const std::string_view name : names) bytes += name.size();
  text_.reserve(bytes);
  ends_.reserve(names.size());
  for (const std::string_view name : names) {
    text_.append(name);
    ends_.push_back(static_cast<std::uint32_t>(text_.size()));
  }
}

std::string_view PartNames::at(std::size_t index) const {
  const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
  return std::string_view(text_).substr(begin, ends_[index] - begin);
}

bool PartNames::contains(std::string_view name) const {
  const auto indices = std::views::iota(std::size_t{0}, ends_.size());
  const auto found =
      std::ranges::lower_bound(indices, name, {}, [this](std::size_t index) { return at(index); });
  return found != indices.end() && at(*found) == name;
}

}  // namespace tollgate::graphql
