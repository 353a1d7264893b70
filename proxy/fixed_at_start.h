// What takes effect at the start of the process alone, however the file changes later. No state.
#pragma once

#include <string>
#include <vector>

#include "conf/config.h"

namespace tollgate {

// The names of what is otherwise than it was at the start.
[[nodiscard]] std::vector<std::string> changed_since_start(const Config& start, const Config& now);
// What is in force of a configuration that was read later; of its listeners, `listen`.
[[nodiscard]] Config in_force(const Config& start, const std::vector<ListenConfig>& listen,
                              Config now);
// How clients begin at the addresses that are listened on: as the configuration that was read now
// says, and as before where it names the address no more.
[[nodiscard]] std::vector<ListenConfig> listen_in_force(const std::vector<ListenConfig>& before,
                                                        const std::vector<ListenConfig>& now);

}  // namespace tollgate
