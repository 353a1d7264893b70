// Windows as bytes, so that a restart forgets nothing: bytes in and values out, no I/O.
//
// "tollgate-windows 1\n", the SHA-256 of what follows, and then, in varints of seven bits a byte
// (text with its length first): the boot, the monotonic and the wall clock in nanoseconds; and for
// each scope its kind, name, group, address and windows: their length, and for each charge its age
// and three amounts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "filters/exchange.h"
#include "filters/windows/memory_windows.h"

namespace tollgate {

// When a snapshot is written or read. Within one boot of the machine the monotonic clock tells how
// much time has passed, whatever happens to the wall clock.
struct SnapshotMoment {
  Instant now;
  std::string boot;  // the kernel's boot id; empty: not known
};

class WindowSnapshotWriter {
 public:
  explicit WindowSnapshotWriter(const SnapshotMoment& moment);
  void add(const ScopeRecord& record);
  // The whole file.
  [[nodiscard]] std::string finish() &&;

 private:
  const SteadyTime now_;
  std::string body_;
};

// Whether the bytes begin as a snapshot of any version does.
[[nodiscard]] bool is_window_snapshot(std::string_view bytes);
// With the instants of charges by this process's monotonic clock. What counts no more is left out.
// The error says in what way the bytes are no snapshot, or not one of this version, or damaged.
[[nodiscard]] tl::expected<std::vector<ScopeRecord>, std::string> read_window_snapshot(
    std::string_view bytes, const SnapshotMoment& moment);

}  // namespace tollgate
