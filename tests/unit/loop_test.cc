#include "proxy/loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <gtest/gtest.h>

#include "tests/support/manual_clock.h"

namespace tollgate {
namespace {

// Wakes itself again and again; stops the loop after so many turns.
struct Sleeper {
  Loop& loop;
  event sleeper{};
  std::vector<std::uint64_t> turns;
  bool forgets = false;
};

class LoopTest : public testing::Test {
 protected:
  LoopTest() {
    event_assign(
        &one_.sleeper, loop_.base(), -1, EV_READ | EV_PERSIST,
        [](evutil_socket_t, short, void* self) {
          auto& one = *static_cast<Sleeper*>(self);
          one.turns.push_back(one.loop.turn());
          if (one.turns.size() == 3) return one.loop.stop();
          one.loop.wake_next_turn(one.sleeper);
          if (one.forgets) {
            one.loop.forget_wake(one.sleeper);
            one.loop.stop();
          }
        },
        &one_);
  }
  ManualClock clock_;
  Loop loop_{clock_};
  Sleeper one_{loop_, {}, {}, false};
};

// Whoever has more to do must not keep the others from their turn.
TEST_F(LoopTest, who_wakes_itself_runs_once_a_turn) {
  loop_.wake_next_turn(one_.sleeper);
  loop_.run();
  ASSERT_EQ(one_.turns.size(), 3U);
  EXPECT_EQ(one_.turns[1], one_.turns[0] + 1);
  EXPECT_EQ(one_.turns[2], one_.turns[1] + 1);
}

TEST_F(LoopTest, a_wake_can_be_taken_back) {
  one_.forgets = true;
  loop_.wake_next_turn(one_.sleeper);
  loop_.run();
  EXPECT_EQ(one_.turns.size(), 1U);
}

}  // namespace
}  // namespace tollgate
