// What takes effect at the start of the process alone, however the file changes later. No state.
#pragma once

#include <string>
#include <vector>

#include "conf/config.h"

namespace tollgate {

// The names of what is otherwise than it was at the start.
[[nodiscard]] std::vector<std::string> changed_since_start(const Config& start, const Config& now);
// What is in force of a configuration that was read later.
[[nodiscard]] Config in_force(const Config& start, Config now);

}  // namespace tollgate
