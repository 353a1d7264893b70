// The head of one part of multipart/form-data (RFC 7578, section 4; RFC 2183).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace tollgate::graphql {

// Views into the head.
struct PartHead {
  std::string_view name;                     // of Content-Disposition; never empty
  std::optional<std::string_view> filename;  // as written; none: a field
  std::string_view content_type;             // as written; empty: none
  std::string_view transfer_encoding;        // as written; empty: none
};

// `text` is the part's fields without the empty line that ends them. Refused, with a sentence, is
// what two readers could understand differently: folded lines, a field or parameter twice, "name*"
// (RFC 7578 forbids it), a backslash before a quote, an escape in the name.
[[nodiscard]] tl::expected<PartHead, std::string> read_part_head(std::string_view text);

}  // namespace tollgate::graphql
