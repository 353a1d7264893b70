// Whether an API's limits refuse, and whether its clients are told of them.
#pragma once

#include <chrono>

#include "conf/config.h"

namespace tollgate {

// Else a call that exceeds a limit is counted and goes on.
[[nodiscard]] inline bool enforces(const ApiLimitsConfig& limits,
                                   std::chrono::system_clock::time_point now) {
  return limits.mode == LimitMode::kEnforce &&
         (!limits.enforce_from || has_come(*limits.enforce_from, now));
}

// Limits that only watch are no concern of clients, unless a day is set from which they hold.
[[nodiscard]] inline bool announces(const ApiLimitsConfig& limits) {
  return limits.mode == LimitMode::kEnforce ||
         (limits.mode == LimitMode::kShadow && limits.enforce_from.has_value());
}

}  // namespace tollgate
