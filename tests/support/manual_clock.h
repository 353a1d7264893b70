// A clock that stands still until a test moves it. Any thread.
#pragma once

#include <atomic>
#include <chrono>

#include "proxy/clock.h"

namespace tollgate {

class ManualClock final : public Clock {
 public:
  // 2026-11-24T12:00:00Z
  [[nodiscard]] Instant now() const override {
    const std::chrono::milliseconds passed(passed_ms_.load());
    return {std::chrono::steady_clock::time_point(std::chrono::hours(1000)) + passed,
            std::chrono::system_clock::time_point(std::chrono::seconds(1795521600)) + passed};
  }
  void advance(std::chrono::milliseconds by) { passed_ms_ += by.count(); }

 private:
  std::atomic<std::int64_t> passed_ms_ = 0;
};

}  // namespace tollgate
