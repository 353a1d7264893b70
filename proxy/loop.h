// One thread's event loop: libevent's base, the clock read once a turn, deadlines, work handed over
// from other threads, and the end of objects that die in their own callback. Used by its own thread
// only, but for `post` and `stop`.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "proxy/clock.h"
#include "proxy/deadlines.h"

struct event_base;
struct event;

namespace tollgate {

// What the loop can destroy once the current callback has returned.
class Disposable {
 public:
  virtual ~Disposable() = default;
};

// How other threads reach a loop. Outlives it where somebody still holds it: a look-up may take
// longer than the process wants to live, and then its answer is dropped. Thread-safe.
class Mailbox {
 public:
  Mailbox();
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // False: the loop is gone, and the work with it.
  bool post(std::function<void()> work);

 private:
  friend class Loop;
  std::vector<std::function<void()>> take();
  void close();

  const int wake_fd_;
  // guarded by mu_
  std::mutex mu_;
  std::vector<std::function<void()>> posted_;
  bool open_ = true;
};

class Loop {
 public:
  explicit Loop(const Clock& clock);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] event_base* base() const { return base_.get(); }
  [[nodiscard]] Deadlines& deadlines() { return *deadlines_; }

  // The same for the whole turn.
  [[nodiscard]] const Instant& now() {
    if (!clock_read_) {
      now_ = clock_.now();
      clock_read_ = true;
    }
    return now_;
  }
  // The clock read anew, for measuring what a turn itself costs.
  [[nodiscard]] Instant precise_now() const { return clock_.now(); }
  [[nodiscard]] std::uint64_t turn() const { return turn_; }

  // Runs the event's callback in the next turn; what happens in the meantime goes first. The
  // sleeper asks once, and takes it back if it ends before.
  void wake_next_turn(event& sleeper) { woken_.push_back(&sleeper); }
  void forget_wake(const event& sleeper) { std::erase(woken_, &sleeper); }

  // Runs after the callbacks of each turn. Set before run().
  void at_turn_end(std::function<void()> work) { turn_end_ = std::move(work); }

  // Until stop().
  void run();
  // Waits for something to happen, and handles it.
  void run_turn();

  // Destroys the object at the end of this turn.
  void dispose(std::unique_ptr<Disposable> object);
  // Destroys at once what was disposed of; for the end of the owner.
  void bury();

  // Any thread. Runs `work` on the loop's thread, in the order of posting; what is posted after the
  // loop ended is dropped.
  void post(std::function<void()> work) { mailbox_->post(std::move(work)); }
  void stop();
  [[nodiscard]] const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }

 private:
  void take_posted();

  // constant
  const Clock& clock_;
  struct FreeBase {
    void operator()(event_base* base) const;
  };
  std::unique_ptr<event_base, FreeBase> base_;
  std::unique_ptr<Deadlines> deadlines_;
  const std::shared_ptr<Mailbox> mailbox_;
  event* wake_event_;

  // this loop's thread only
  Instant now_;
  bool clock_read_ = false;
  bool stopped_ = false;
  std::uint64_t turn_ = 1;
  std::function<void()> turn_end_;
  std::vector<event*> woken_;  // for the next turn
  std::vector<std::unique_ptr<Disposable>> dying_;
};

}  // namespace tollgate
