// Parameters of a Content-Type (RFC 9110, 5.6.6).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace tollgate {

// The value of the parameter, without its quotes, as a view into the field; none: it is not there.
// The error is a sentence: the field cannot be read, or another reader could find another value in
// it, as some look for the name anywhere in the field, allow blanks around "=" or leave a backslash
// where it is.
[[nodiscard]] tl::expected<std::optional<std::string_view>, std::string> media_parameter(
    std::string_view content_type, std::string_view name);

}  // namespace tollgate
