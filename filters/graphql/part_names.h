// Names of parts of a multipart body that are still to come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::graphql {

// Held while a body of any length streams on, and so compact: never more bytes than the JSON text
// that lists the names. Not changed once it is made.
class PartNames {
 public:
  PartNames() = default;  // none
  // Copies what they view, 4 GiB at most together; sorts them in place.
  explicit PartNames(std::span<std::string_view> names);

  [[nodiscard]] bool contains(std::string_view name) const;

 private:
  [[nodiscard]] std::string_view at(std::size_t index) const;

  std::string text_;                 // the names in order, one behind the other
  std::vector<std::uint32_t> ends_;  // of each, in text_
};

}  // namespace tollgate::graphql
