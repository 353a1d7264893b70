#include "proxy/upstream_pool.h"

#include <event2/event.h>
#include <gtest/gtest.h>

#include "tests/support/manual_clock.h"
#include "tests/support/peer.h"

namespace tollgate {
namespace {

// A call that only takes note.
struct Waiter final : UpstreamUser {
  void on_upstream_connected() override { ++connected; }
  void on_upstream_failed(UpstreamFailure, std::string_view) override { ++failed; }
  void on_upstream_readable() override {}
  void on_upstream_drained() override {}
  int connected = 0;
  int failed = 0;
};

class UpstreamPoolTest : public testing::Test {
 protected:
  UpstreamTarget one_connection() {
    UpstreamConfig config;
    config.endpoint.host = "127.0.0.1";
    config.endpoint.port = upstream_.port();
    config.max_connections = 1;
    return {config, nullptr};
  }
  void turn_until_connected(const Waiter& waiter) {
    for (int turns = 0; turns < 100 && waiter.connected == 0; ++turns) {
      event_base_loop(loop_.base(), EVLOOP_ONCE);
    }
    loop_.bury();
  }

  ScriptedUpstream upstream_;
  ManualClock clock_;
  Loop loop_{clock_};
  BufferPool buffers_;
  Resolver resolver_;
  Metrics metrics_{"1", "c"};
  UpstreamPool pool_{loop_, buffers_, resolver_, metrics_.add_worker(), one_connection(), 0};
};

TEST_F(UpstreamPoolTest, a_call_that_waited_takes_over_a_clean_connection) {
  Waiter first;
  Waiter second;
  UpstreamLease one(first);
  UpstreamLease two(second);
  pool_.acquire(one, Freshness::kReusedIsFine);
  turn_until_connected(first);
  pool_.acquire(two, Freshness::kReusedIsFine);
  EXPECT_EQ(second.connected, 0);
  one.give_back();
  EXPECT_EQ(second.connected, 1);
  EXPECT_TRUE(two.connection()->reused());
  two.drop();
  loop_.bury();
}

// What came behind an answer must not become the answer of the next call.
TEST_F(UpstreamPoolTest, a_call_that_waited_does_not_take_over_bytes_that_nobody_asked_for) {
  Waiter first;
  Waiter second;
  UpstreamLease one(first);
  UpstreamLease two(second);
  pool_.acquire(one, Freshness::kReusedIsFine);
  turn_until_connected(first);
  Peer service = upstream_.accept();
  pool_.acquire(two, Freshness::kReusedIsFine);
  service.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  for (int tries = 0; tries < 1'000'000 && one.connection()->stream().is_silent(); ++tries) {
  }
  one.give_back();
  turn_until_connected(second);
  ASSERT_EQ(second.connected, 1);
  EXPECT_FALSE(two.connection()->reused());
  EXPECT_TRUE(two.connection()->stream().is_silent());
  two.drop();
  loop_.bury();
}

}  // namespace
}  // namespace tollgate
