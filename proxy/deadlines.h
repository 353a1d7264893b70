// Timeouts of one loop. Starting, moving and stopping one is O(1) and asks the system for nothing:
// deadlines of one length expire in the order in which they were started, so each length has a
// list, and one libevent timer watches the list heads. Used by the loop's own thread only.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "conf/units.h"

struct event_base;
struct event;

namespace tollgate {

class Loop;
class Deadlines;

// One timeout of one object; a member of it, stopped by its destructor. `handler` runs on the loop.
class Deadline {
 public:
  using Handler = void (*)(void* owner);
  Deadline(Deadlines& deadlines, Handler handler, void* owner)
      : deadlines_(deadlines), handler_(handler), owner_(owner) {}
  ~Deadline() { stop(); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  // From now on; a running one is moved.
  void start(Duration after);
  void stop();
  [[nodiscard]] bool running() const { return next_ != nullptr; }

 private:
  friend class Deadlines;
  Deadlines& deadlines_;
  const Handler handler_;
  void* const owner_;
  std::chrono::steady_clock::time_point when_;
  Deadline* previous_ = nullptr;  // both null: not running
  Deadline* next_ = nullptr;
};

class Deadlines {
 public:
  explicit Deadlines(Loop& loop);
  ~Deadlines();
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;

  // Runs the handlers of all that are due by the loop's clock. The timer calls it; a test calls it
  // after moving the clock.
  void expire();

 private:
  friend class Deadline;
  struct Lane;  // deadlines of one length, a ring with a sentinel
  Lane& lane(Duration length);
  void arm(std::chrono::steady_clock::time_point when);

  Loop& loop_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  event* timer_;
  bool armed_ = false;
  std::chrono::steady_clock::time_point armed_for_;
};

}  // namespace tollgate
