// What only windows in memory promise: bounds, memory given back, and what an earlier process kept.
#include "filters/windows/memory_windows.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace tollgate {
namespace {

using namespace std::chrono_literals;

class MemoryWindowsTest : public testing::Test {
 protected:
  void make(MemoryWindowsConfig config) { store_ = MemoryWindows::make(config); }
  Payer of(const IpAddress& address) {
    return {
        {Payer::Part{&store_->scope({LimitScope::kAddress, "", "orders"}), &limits_}}, 1, address};
  }
  Payer of_key() {
    return {{Payer::Part{&store_->scope({LimitScope::kKey, "erp", "orders"}), &limits_}}, 1, {}};
  }
  bool charge(const Payer& payer) {
    Amounts one;
    one[Measure::kRequests] = 1;
    Usage usage;
    return store_->charge(payer, one, now_, usage) == WindowStore::Outcome::kCharged;
  }
  static Limits limits(std::uint64_t requests) {
    PlanConfig plan;
    plan.limits[0] = {{10s, requests}};
    return limits_of(plan);
  }

  Limits limits_ = limits(1);
  SteadyTime now_{1000h};
  std::unique_ptr<MemoryWindows> store_ = MemoryWindows::make({});
};

TEST_F(MemoryWindowsTest, a_million_addresses_share_what_is_beyond_the_bound) {
  make({.max_addresses = 1000});
  std::uint64_t passed = 0;
  for (std::uint32_t i = 0; i < 1'000'000; ++i) passed += charge(of(IpAddress::v4(i))) ? 1 : 0;
  // Each shard holds a share of the bound, and one more set for all others.
  EXPECT_GE(passed, 1000U);
  EXPECT_LE(passed, 1200U);
  EXPECT_LE(store_->addresses(), 1100U);
  EXPECT_FALSE(charge(of(IpAddress::v4(0))));
  now_ += 10s;
  store_->sweep(now_);
  EXPECT_EQ(store_->addresses(), 0U);
  EXPECT_TRUE(charge(of(IpAddress::v4(0))));
}

TEST_F(MemoryWindowsTest, who_shared_windows_keeps_what_was_charged_once_there_is_room) {
  make({.max_addresses = 1});  // one for each shard
  Usage usage;
  for (std::uint32_t i = 0; i < 2000; ++i) store_->look(of(IpAddress::v4(i)), now_, usage);
  std::vector<IpAddress> sharing;
  for (std::uint32_t i = 2000; i < 4000; ++i) {
    if (charge(of(IpAddress::v4(i)))) sharing.push_back(IpAddress::v4(i));
  }
  ASSERT_GT(sharing.size(), 10U);
  EXPECT_EQ(store_->shared_charges(), sharing.size());
  now_ += 5s;
  store_->sweep(now_);  // nothing was charged to the first, so they make room
  EXPECT_EQ(store_->addresses(), 0U);
  for (const IpAddress& address : sharing) EXPECT_FALSE(charge(of(address)));
}

TEST_F(MemoryWindowsTest, nothing_is_left_of_what_counts_no_more) {
  ASSERT_TRUE(charge(of_key()));
  const auto held = [&] {
    int scopes = 0;
    store_->visit(now_, [&](const ScopeRecord&) { ++scopes; });
    return scopes;
  };
  EXPECT_EQ(held(), 1);
  now_ += 10s;
  store_->sweep(now_);
  EXPECT_EQ(held(), 0);
}

TEST_F(MemoryWindowsTest, what_an_earlier_process_kept_still_counts) {
  for (const LimitAlgorithm before :
       {LimitAlgorithm::kSlidingWindow, LimitAlgorithm::kTokenBucket}) {
    for (const LimitAlgorithm after :
         {LimitAlgorithm::kSlidingWindow, LimitAlgorithm::kTokenBucket}) {
      make({.algorithm = before});
      ASSERT_TRUE(charge(of_key()));
      std::vector<ScopeRecord> kept;
      store_->visit(now_, [&](const ScopeRecord& record) { kept.push_back(record); });
      make({.algorithm = after});
      for (const ScopeRecord& record : kept) store_->restore(record, now_);
      EXPECT_FALSE(charge(of_key()));
      now_ += 10s;
      EXPECT_TRUE(charge(of_key()));
      now_ += 10s;
    }
  }
}

TEST_F(MemoryWindowsTest, all_workers_together_are_let_in_as_often_as_the_limit_says) {
  limits_ = limits(10'000);
  const Payer payer = of_key();
  std::atomic<int> passed = 0;
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([&] {
      for (int j = 0; j < 5000; ++j) passed += charge(payer) ? 1 : 0;
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(passed, 10'000);
}

}  // namespace
}  // namespace tollgate
