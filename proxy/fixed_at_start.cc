// See fixed_at_start.h.
#include "proxy/fixed_at_start.h"

#include <algorithm>

namespace tollgate {
namespace {

bool same_listeners(const Config& start, const Config& now) {
  return std::equal(
      start.listen.begin(), start.listen.end(), now.listen.begin(), now.listen.end(),
      [](const ListenConfig& a, const ListenConfig& b) { return a.address == b.address; });
}

}  // namespace

std::vector<std::string> changed_since_start(const Config& start, const Config& now) {
  std::vector<std::string> names;
  const auto unless = [&](bool same, const char* name) {
    if (!same) names.emplace_back(name);
  };
  unless(same_listeners(start, now), "listen");
  unless(start.admin == now.admin, "admin");
  unless(start.metrics == now.metrics, "metrics");
  unless(start.workers == now.workers, "workers");
  unless(start.access_log.path == now.access_log.path, "access_log");
  unless(start.limits.algorithm == now.limits.algorithm, "limits.algorithm");
  unless(start.limits.max_addresses == now.limits.max_addresses, "limits.max_addresses");
  unless(start.limits.store.snapshot == now.limits.store.snapshot, "limits.store.snapshot");
  return names;
}

Config in_force(const Config& start, const std::vector<ListenConfig>& listen, Config now) {
  now.listen = listen;
  now.admin = start.admin;
  now.metrics = start.metrics;
  now.workers = start.workers;
  now.access_log = start.access_log;
  now.limits.algorithm = start.limits.algorithm;
  now.limits.max_addresses = start.limits.max_addresses;
  now.limits.store.snapshot = start.limits.store.snapshot;
  return now;
}

std::vector<ListenConfig> listen_in_force(const std::vector<ListenConfig>& before,
                                          const std::vector<ListenConfig>& now) {
  std::vector<ListenConfig> listen;
  for (const ListenConfig& each : before) {
    const auto same = std::ranges::find(now, each.address, &ListenConfig::address);
    listen.push_back(same != now.end() ? *same : each);
  }
  return listen;
}

}  // namespace tollgate
