// Which field names Tollgate knows, which it protects, and which have no place in a trailer. No
// state.
#pragma once

#include <string_view>

#include "filters/request.h"

namespace tollgate::http1 {

// `name` is a token. Without regard to case.
[[nodiscard]] HeaderId find_header_id(std::string_view name);

// Fields that a client must not get rid of by naming them in Connection: those that frame, route,
// authenticate or identify, and all that Tollgate itself reads or writes. `name` is a token.
[[nodiscard]] bool is_protected_from_connection(std::string_view name);

// Fields that frame, route, authenticate, modify the request or describe the content, and
// Tollgate's own (RFC 9110, 6.5.1). `name` is a token.
[[nodiscard]] bool is_forbidden_in_trailer(std::string_view name);

}  // namespace tollgate::http1
