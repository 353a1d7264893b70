#include "filters/failures.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace tollgate {
namespace {

using namespace std::chrono_literals;
using SteadyTime = std::chrono::steady_clock::time_point;

IpAddress ip(const std::string& text) { return *IpAddress::parse(text); }

class FailuresTest : public testing::Test {
 protected:
  void fail(const std::string& client, int times = 1, const char* api = "a") {
    for (int i = 0; i < times; ++i) counter_.count(api, ip(client), limit_, now_);
  }
  bool refused(const std::string& client, const char* api = "a") {
    return counter_.refused_for(api, ip(client), limit_, now_).has_value();
  }
  FailureCounter counter_;
  FailuresConfig limit_{60s, 3};
  SteadyTime now_{1000h};
};

TEST_F(FailuresTest, refuse_from_the_last_allowed_attempt_to_the_end_of_the_window) {
  fail("192.0.2.1", 2);
  now_ += 59'999ms;
  EXPECT_FALSE(refused("192.0.2.1"));
  fail("192.0.2.1");
  EXPECT_EQ(counter_.refused_for("a", ip("192.0.2.1"), limit_, now_), 1ms);
  now_ += 1ms;
  EXPECT_FALSE(refused("192.0.2.1"));
  fail("192.0.2.1", 2);
  EXPECT_FALSE(refused("192.0.2.1"));
}

TEST_F(FailuresTest, of_one_client_and_one_api_concern_no_other) {
  fail("192.0.2.1", 3);
  EXPECT_TRUE(refused("192.0.2.1"));
  EXPECT_FALSE(refused("192.0.2.2"));
  EXPECT_FALSE(refused("192.0.2.1", "b"));
}

TEST_F(FailuresTest, an_ipv6_client_counts_by_its_64) {
  fail("2001:db8::1");
  fail("2001:db8::2");
  fail("2001:db8::3");
  EXPECT_TRUE(refused("2001:db8::4"));
  EXPECT_FALSE(refused("2001:db8:0:1::4"));
}

TEST_F(FailuresTest, no_bound_refuses_nobody) {
  limit_.attempts = 0;
  fail("192.0.2.1", 1000);
  EXPECT_FALSE(refused("192.0.2.1"));
  EXPECT_EQ(counter_.size(), 0U);
}

TEST_F(FailuresTest, a_flood_of_addresses_is_bounded_and_does_not_free_the_latest) {
  for (std::uint32_t i = 0; i < FailureCounter::kMaxAddresses + 1000; ++i) {
    counter_.count("a", IpAddress::v4(i), limit_, now_ + std::chrono::microseconds(i));
  }
  EXPECT_LE(counter_.size(), FailureCounter::kMaxAddresses);
  now_ += 1s;
  fail("203.0.113.9", 3);
  EXPECT_TRUE(refused("203.0.113.9"));
  now_ += 70s;
  fail("203.0.113.10");
  EXPECT_EQ(counter_.size(), 1U);
}

TEST_F(FailuresTest, may_be_counted_by_all_workers_at_once) {
  limit_.attempts = 4000;
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) {
        counter_.count("a", ip("192.0.2.1"), limit_, now_);
        (void)counter_.refused_for("a", ip("192.0.2.1"), limit_, now_);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_TRUE(refused("192.0.2.1"));
}

}  // namespace
}  // namespace tollgate
