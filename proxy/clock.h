// Where time comes from. clock.cc is the only file that asks the system; everything else is handed
// an Instant.
#pragma once

#include "filters/exchange.h"

namespace tollgate {

class Clock {
 public:
  virtual ~Clock() = default;
  // Any thread.
  [[nodiscard]] virtual Instant now() const = 0;
};

// The system's clocks; lives as long as the process.
[[nodiscard]] const Clock& system_clock();

}  // namespace tollgate
