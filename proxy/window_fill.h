// How full the windows of every scope are, for metrics and the status page.
#pragma once

#include <string>
#include <vector>

#include "filters/windows/memory_windows.h"

namespace tollgate {

struct Snapshot;

struct WindowFill {
  std::string scope;  // "environment:acme-production", "key:acme-erp"; "address": the fullest one
  std::string group;
  Measure measure = Measure::kRequests;
  std::string window;  // "10s"
  std::uint64_t used = 0;
  std::uint64_t limit = 0;
  [[nodiscard]] double ratio() const {
    return limit == 0 ? 0 : static_cast<double>(used) / static_cast<double>(limit);
  }
};

// For every limit of the plans in force: no client can make a new row. Of windows in which nothing
// is used only while all of them together are a thousand rows or fewer. By scope, group, window and
// measure.
[[nodiscard]] std::vector<WindowFill> fill_of_windows(const Snapshot& snapshot,
                                                      MemoryWindows& windows, SteadyTime now);

}  // namespace tollgate
