// Where a request's credential stands, and where it may stand.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "conf/config.h"
#include "filters/request.h"

namespace tollgate {

// The secret in the first of the configured headers and cookies that is there; empty: none was
// sent. The error says what is ambiguous: a credential field that occurs twice, a name that another
// server might take for it, a Connection field that would take it out.
[[nodiscard]] tl::expected<std::string_view, std::string> find_credential(
    const AuthConfig& auth, const RequestHead& request);

// Takes the next cookie off a Cookie field; an empty pair: there is none left.
struct Cookie {
  std::string_view pair;  // "name=value", without blanks before it
  std::string_view name;  // without blanks behind it, as other readers see it
  std::string_view value;
};
[[nodiscard]] Cookie take_cookie(std::string_view& rest);

// Whether a secret may stand in this field or cookie, be it the one that was used or not: then it
// does not go on. A Cookie field is judged by its cookies.
[[nodiscard]] bool may_hold_secret(const AuthConfig& auth, const HeaderField& field);
[[nodiscard]] bool may_hold_secret(const AuthConfig& auth, const Cookie& cookie);

}  // namespace tollgate
