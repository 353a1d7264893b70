// Parameters of a Content-Type (RFC 9110, 5.6.6).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace tollgate {

// The value of the parameter, without its quotes; none: it is not there. The error is a sentence:
// the field cannot be read, or has the parameter twice.
[[nodiscard]] tl::expected<std::optional<std::string>, std::string> media_parameter(
    std::string_view content_type, std::string_view name);

}  // namespace tollgate
