// The part "map" of a GraphQL multipart request: which values of the operations a server replaces
// by files.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "filters/graphql/part_names.h"
#include "filters/graphql/request.h"

namespace tollgate::graphql {

// Members and list entries that the paths of one map may pass together: a list is walked from its
// front, and so many paths into a long one would take quadratic time.
inline constexpr std::size_t kMostMapSteps = 1'000'000;

// The names of the parts that the map lists; `text` is the part's content, `request` the
// operations. Refused, with a sentence, is every map by which a server could run something else
// than what was priced: each path must lead to a null within the variables, as the specification
// has it, in a way that all servers walk alike.
[[nodiscard]] tl::expected<PartNames, std::string> read_upload_map(std::string_view text,
                                                                   const Request& request);

}  // namespace tollgate::graphql
