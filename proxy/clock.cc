// The only file that asks the system for the time. Any thread.
#include "proxy/clock.h"

namespace tollgate {
namespace {

class SystemClock final : public Clock {
 public:
  Instant now() const override {
    return {std::chrono::steady_clock::now(), std::chrono::system_clock::now()};
  }
};

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace tollgate
