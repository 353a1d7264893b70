// One JSON object a line for each call. Workers format into a buffer; a thread of the log's own
// writes, so that a slow or full disk never makes a call wait.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "proxy/call_record.h"

namespace tollgate {

// The line of one call, with its line end. Everything that came from the wire is escaped; invalid
// UTF-8 becomes U+FFFD. What a call does not have is null.
void append_log_line(std::string& out, const CallRecord& call);

// Thread-safe. The end waits for the last lines to be written, but no longer than `last_wait`:
// standard output that nobody reads does not keep the process.
class AccessLog {
 public:
  // "stdout", "off" or a file that is appended to and made where it does not exist.
  [[nodiscard]] static tl::expected<std::unique_ptr<AccessLog>, std::string> open(
      const std::string& path, std::chrono::milliseconds last_wait = std::chrono::seconds(2));
  virtual ~AccessLog() = default;

  [[nodiscard]] virtual bool enabled() const = 0;
  // Takes whole lines; drops them if the queue (4 MiB) is full. Wakes the writer only if it sleeps.
  virtual void write(std::string_view lines) = 0;
  // After log rotation (SIGUSR1). An error leaves the old file in use.
  [[nodiscard]] virtual tl::expected<void, std::string> reopen() = 0;
  // Lines since the start that found the queue full, or could not be written (disk full).
  [[nodiscard]] virtual std::uint64_t lost_lines() const = 0;
};

}  // namespace tollgate
