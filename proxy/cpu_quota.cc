// See cpu_quota.h. Called once at start.
#include "proxy/cpu_quota.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

namespace tollgate {
namespace {

std::string read_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::size_t usable_cpus() {
  cpu_set_t cpus;
  if (sched_getaffinity(0, sizeof cpus, &cpus) == 0) {
    return static_cast<std::size_t>(std::max(1, CPU_COUNT(&cpus)));
  }
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

std::size_t cpus_in_quota(const std::string& cpu_max) {
  std::istringstream text(cpu_max);
  double quota = 0;
  double period = 0;
  if (!(text >> quota >> period) || quota <= 0 || period <= 0) return 0;
  return static_cast<std::size_t>((quota + period - 1) / period);
}

std::size_t workers_for_cpu_quota() {
  std::size_t quota = cpus_in_quota(read_line("/sys/fs/cgroup/cpu.max"));
  if (quota == 0) {
    quota = cpus_in_quota(read_line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") + " " +
                          read_line("/sys/fs/cgroup/cpu/cpu.cfs_period_us"));
  }
  return quota == 0 ? usable_cpus() : std::min(quota, usable_cpus());
}

}  // namespace tollgate
