// Asks a running process whether it is well.
#pragma once

#include <string>

#include <tl/expected.hpp>

#include "conf/config.h"

namespace tollgate {

// GET /healthz at the admin address; waits two seconds at most. A wildcard address is asked on
// loopback.
[[nodiscard]] tl::expected<void, std::string> ask_health(const Endpoint& admin);

}  // namespace tollgate
