// Where a request's credential stands.
#pragma once

#include <string_view>

#include <tl/expected.hpp>

#include "conf/config.h"
#include "filters/request.h"

namespace tollgate {

struct Credential {
  std::string_view secret;  // empty: none was sent
  int header = -1;          // index of the field that holds it
  std::string_view cookie;  // name of the cookie that holds it
};

// The first of the configured headers and cookies that is there. The error says what is ambiguous:
// a credential field that occurs twice, a name that another server might take for it, a Connection
// field that would take it out.
[[nodiscard]] tl::expected<Credential, std::string> find_credential(const AuthConfig& auth,
                                                                    const RequestHead& request);

}  // namespace tollgate
