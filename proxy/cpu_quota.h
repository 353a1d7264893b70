// How many workers a container's CPU quota is good for.
#pragma once

#include <cstddef>
#include <string>

namespace tollgate {

// The quota of the process's cgroup (v2, else v1) rounded up, but no more than the CPUs that it may
// run on; those where there is no quota. A node's number of CPUs says nothing in a container.
[[nodiscard]] std::size_t workers_for_cpu_quota();
// The same from the text of a cgroup v2 "cpu.max" file: "150000 100000" is 2; 0: no quota.
[[nodiscard]] std::size_t cpus_in_quota(const std::string& cpu_max);

}  // namespace tollgate
