// The configuration in force as JSON, for /config: names as in tollgate.yaml, secrets out.
#pragma once

#include <string>

#include "conf/config.h"

namespace tollgate {

[[nodiscard]] std::string config_json(const Config& config);

}  // namespace tollgate
