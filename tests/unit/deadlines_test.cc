#include "proxy/deadlines.h"

#include <event2/event.h>
#include <gtest/gtest.h>

#include <string>

#include "proxy/loop.h"
#include "tests/support/manual_clock.h"

namespace tollgate {
namespace {

// Deadlines by name on a loop whose clock the test moves.
class DeadlinesTest : public testing::Test {
 protected:
  struct Named {
    Named(DeadlinesTest& owner, std::string of)
        : test(owner),
          name(std::move(of)),
          deadline(
              owner.loop_.deadlines(),
              [](void* self) {
                auto* named = static_cast<Named*>(self);
                named->test.expired_ += named->name;
                if (named->ends != nullptr) named->ends->deadline.stop();
                if (named->again) named->deadline.start(1s);
              },
              this) {}
    DeadlinesTest& test;
    std::string name;
    Deadline deadline;
    Named* ends = nullptr;
    bool again = false;
  };
  // Time passes as on the loop: turn by turn.
  void advance(Duration by) {
    clock_.advance(by);
    loop_.post([this] {
      loop_.deadlines().expire();
      loop_.stop();
    });
    Loop& loop = loop_;
    event_base_loop(loop.base(), EVLOOP_NONBLOCK);
  }

  ManualClock clock_;
  Loop loop_{clock_};
  std::string expired_;
};

TEST_F(DeadlinesTest, expire_when_they_are_due_and_not_before) {
  Named a(*this, "a");
  a.deadline.start(10s);
  advance(9999ms);
  EXPECT_EQ(expired_, "");
  advance(1ms);
  EXPECT_EQ(expired_, "a");
  EXPECT_FALSE(a.deadline.running());
}

TEST_F(DeadlinesTest, a_restart_counts_from_then_on) {
  Named a(*this, "a");
  a.deadline.start(10s);
  advance(9s);
  a.deadline.start(10s);
  advance(9s);
  EXPECT_EQ(expired_, "");
  advance(1s);
  EXPECT_EQ(expired_, "a");
}

TEST_F(DeadlinesTest, a_stopped_or_destroyed_one_never_runs) {
  Named a(*this, "a");
  a.deadline.start(1s);
  a.deadline.stop();
  {
    Named b(*this, "b");
    b.deadline.start(1s);
  }
  advance(5s);
  EXPECT_EQ(expired_, "");
}

TEST_F(DeadlinesTest, one_may_stop_another_that_is_due_at_the_same_time) {
  Named a(*this, "a");
  Named b(*this, "b");
  a.ends = &b;
  a.deadline.start(1s);
  b.deadline.start(1s);
  advance(1s);
  EXPECT_EQ(expired_, "a");
}

TEST_F(DeadlinesTest, one_may_start_itself_again) {
  Named a(*this, "a");
  a.again = true;
  a.deadline.start(1s);
  advance(1s);
  advance(1s);
  EXPECT_EQ(expired_, "aa");
}

}  // namespace
}  // namespace tollgate
