// The query string of a URL as forms write it (URL Standard, application/x-www-form-urlencoded).
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace tollgate::graphql {

inline constexpr std::size_t kParameterNames = 6;
// Values of the names asked for, in their order, decoded; none: the name does not occur.
using Parameters = std::array<std::optional<std::string_view>, kParameterNames>;

// The values are views into `memory`, which is overwritten. Other names are passed over. Errors, as
// sentences: one of the names twice, in other case, with brackets or blanks that some servers drop,
// or a value with a broken percent-encoding.
[[nodiscard]] tl::expected<Parameters, std::string> read_query_string(
    std::string_view query, const std::array<std::string_view, kParameterNames>& names,
    std::string& memory);

}  // namespace tollgate::graphql
