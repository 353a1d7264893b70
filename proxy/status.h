// What /status shows: APIs, keys, windows, the last refusals, upstreams, reload errors.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "proxy/metrics.h"
#include "proxy/recent_refusals.h"
#include "proxy/snapshot.h"

namespace tollgate {

struct ReloadStatus {
  std::optional<std::chrono::system_clock::time_point> at;  // none: not since the start
  std::vector<std::string> problems;                        // empty: it succeeded
  std::vector<std::string>
      pending_restart;  // settings that have changed, and wait for the next start
};

struct ProcessStatus {
  std::chrono::system_clock::time_point started;
  std::chrono::system_clock::time_point now;
  bool draining = false;
};

// JSON. Control thread.
[[nodiscard]] std::string status_json(const Snapshot& snapshot, const Metrics& metrics,
                                      const RecentRefusals& refusals, const ReloadStatus& reload,
                                      const std::vector<WindowFill>& windows,
                                      const ProcessStatus& process);

}  // namespace tollgate
