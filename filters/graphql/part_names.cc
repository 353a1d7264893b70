// See part_names.h. Any thread.
#include "filters/graphql/part_names.h"

#include <algorithm>

namespace tollgate::graphql {

PartNames::PartNames(std::span<std::string_view> names) {
  std::sort(names.begin(), names.end());
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
  std::size_t begin = 0;
  std::size_t end = ends_.size();
  while (begin < end) {
    const std::size_t middle = begin + (end - begin) / 2;
    if (at(middle) < name) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin < ends_.size() && at(begin) == name;
}

}  // namespace tollgate::graphql
