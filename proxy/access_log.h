// One JSON object a line for each call. Workers format into a buffer; a thread of the log's own
// writes, so that a slow or full disk never makes a call wait.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "proxy/call_record.h"

namespace tollgate {

// The line of one call, with its line end. Everything that came from the wire is escaped; invalid
// UTF-8 becomes U+FFFD.
void append_log_line(std::string& out, const CallRecord& call);

// Thread-safe.
class AccessLog {
 public:
  // "stdout", "off" or a file that is appended to and made where it does not exist.
  [[nodiscard]] static tl::expected<std::unique_ptr<AccessLog>, std::string> open(
      const std::string& path);
  virtual ~AccessLog() = default;

  [[nodiscard]] virtual bool enabled() const = 0;
  // Takes whole lines. False: the queue (4 MiB) is full, so they are dropped. Wakes the writer only
  // if it sleeps.
  [[nodiscard]] virtual bool write(std::string_view lines) = 0;
  // After log rotation (SIGUSR1). An error leaves the old file in use.
  [[nodiscard]] virtual tl::expected<void, std::string> reopen() = 0;
  // Lines that could not be written (disk full) since the start.
  [[nodiscard]] virtual std::uint64_t lost_lines() const = 0;
};

}  // namespace tollgate
