// An API that will end: what its answers say of it, and its end.
#pragma once

#include <string>

#include "conf/config.h"

namespace tollgate {

// Whole field lines for every answer: Deprecation (RFC 9745), Sunset (RFC 8594), and Link to where
// clients read how to move. Empty where nothing is configured.
[[nodiscard]] std::string deprecation_fields(const DeprecationConfig& deprecation);

}  // namespace tollgate
