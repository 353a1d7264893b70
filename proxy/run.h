// `tollgate run`: the whole process, from reading the configuration to the drained end.
#pragma once

#include <string>

namespace tollgate {

// Returns the exit status: 0 after an orderly end, 1 where the configuration, the keys or an
// address is at fault (all mistakes are on standard error).
[[nodiscard]] int run_proxy(const std::string& config_file);

}  // namespace tollgate
