// What every window store promises, for random plans, costs and arrivals on a clock moved by hand,
// held against a log of every charge. A store is one line in kStores.
#include "filters/windows/window_store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

#include "filters/windows/memory_windows.h"

namespace tollgate {
namespace {

using namespace std::chrono_literals;
using Nanos = std::chrono::nanoseconds;

struct StoreCase {
  const char* name;
  LimitAlgorithm algorithm;
  std::unique_ptr<WindowStore> (*make)(LimitAlgorithm algorithm);
};

void PrintTo(const StoreCase& store, std::ostream* out) { *out << store.name; }

std::unique_ptr<WindowStore> make_memory(LimitAlgorithm algorithm) {
  return MemoryWindows::make({.algorithm = algorithm});
}

constexpr StoreCase kStores[] = {
    {"memory_sliding_window", LimitAlgorithm::kSlidingWindow, make_memory},
    {"memory_token_bucket", LimitAlgorithm::kTokenBucket, make_memory},
};

Amounts amounts(std::uint64_t requests, std::uint64_t complexity, std::uint64_t mutations) {
  Amounts all;
  all[Measure::kRequests] = requests;
  all[Measure::kComplexity] = complexity;
  all[Measure::kMutations] = mutations;
  return all;
}

// Every charge that was made and not given back.
class ChargeLog {
 public:
  void add(SteadyTime at, const Amounts& charged) { charges_.push_back({at, charged}); }
  void take_back_last() { charges_.pop_back(); }
  // Within the span that ends at, and holds, `until`, and does not hold its own beginning.
  [[nodiscard]] std::uint64_t sum(Measure measure, SteadyTime until, Nanos length) const {
    std::uint64_t sum = 0;
    for (auto each = charges_.rbegin(); each != charges_.rend(); ++each) {
      if (until - each->at >= length) break;
      sum += each->amounts[measure];
    }
    return sum;
  }

 private:
  std::vector<PastCharge> charges_;
};

class WindowStoreTest : public testing::TestWithParam<StoreCase> {
 protected:
  void SetUp() override {
    store_ = GetParam().make(GetParam().algorithm);
    environment_ = &store_->scope({LimitScope::kEnvironment, "acme-production", "orders"});
    key_ = &store_->scope({LimitScope::kKey, "acme-erp", "orders"});
  }
  [[nodiscard]] bool is_bucket() const {
    return GetParam().algorithm == LimitAlgorithm::kTokenBucket;
  }
  Payer one(const Limits& limits) const { return {{Payer::Part{key_, &limits}}, 1, {}}; }
  Payer both(const Limits& of_environment, const Limits& of_key) const {
    return {{Payer::Part{environment_, &of_environment}, Payer::Part{key_, &of_key}}, 2, {}};
  }
  bool charge(const Payer& payer, const Amounts& asked) {
    return store_->charge(payer, asked, now_, usage_) == WindowStore::Outcome::kCharged;
  }
  // The longest wait among the windows that refused.
  [[nodiscard]] Nanos longest_wait() const {
    Nanos wait{};
    for (const WindowUsage& row : usage_) {
      if (row.refuses) wait = std::max(wait, row.wait);
    }
    return wait;
  }
  std::vector<std::uint64_t> used(const Payer& payer) {
    Usage usage;
    store_->look(payer, now_, usage);
    std::vector<std::uint64_t> used;
    for (const WindowUsage& row : usage) used.push_back(row.used);
    return used;
  }

  std::unique_ptr<WindowStore> store_;
  Scope* environment_ = nullptr;
  Scope* key_ = nullptr;
  SteadyTime now_{1000h};
  Usage usage_;
};

Limits plan(std::map<Duration, std::uint64_t> requests,
            std::map<Duration, std::uint64_t> complexity = {},
            std::map<Duration, std::uint64_t> mutations = {}) {
  PlanConfig config;
  config.limits = {std::move(requests), std::move(complexity), std::move(mutations)};
  return limits_of(config);
}

// ---- random plans, costs and arrivals

class RandomStoreTest : public WindowStoreTest {
 protected:
  std::uint64_t number(std::uint64_t least, std::uint64_t most) {
    return std::uniform_int_distribution<std::uint64_t>(least, most)(random_);
  }
  template <class T, std::size_t N>
  T any_of(const T (&values)[N]) {
    return values[number(0, N - 1)];
  }

  Limits any_plan() {
    constexpr Duration kLengths[] = {1ms, 37ms, 1s, 10s, 1min, 1h, 24h, 720h};
    constexpr std::uint64_t kLimits[] = {
        0, 1, 2, 7, 60, 1000, 250'000, 30'000'000, (1ULL << 53) - 1};
    PlanConfig config;
    for (auto& windows : config.limits) {
      for (auto n = number(0, 3); n > 0; --n) windows[any_of(kLengths)] = any_of(kLimits);
    }
    return limits_of(config);
  }
  std::uint64_t any_amount(const Limits& limits, Measure measure) {
    if (limits.empty() || number(0, 3) == 0) return number(0, 3);
    const std::uint64_t most = limits[number(0, limits.size() - 1)].most[measure];
    if (most == WindowLimits::kNone) return number(0, 1000);
    return number(
        0, number(0, 9) == 0 ? std::min(most + 1, (std::uint64_t{1} << 53) - 1) : most / 3 + 1);
  }
  Amounts any_amounts(const Limits& limits) {
    Amounts all;
    for (const Measure measure : kMeasures) all[measure] = any_amount(limits, measure);
    for (const Measure measure : {Measure::kRequests, Measure::kMutations}) {
      all[measure] = std::min(all[measure], kMostCounted);
    }
    return all;
  }
  // From nothing, as within one turn of a loop, to about the length of a window.
  Nanos any_gap(const Limits& limits) {
    if (limits.empty() || number(0, 4) == 0) return Nanos(number(0, 2));
    const auto length =
        static_cast<std::uint64_t>(limits[number(0, limits.size() - 1)].length.count());
    constexpr std::uint64_t kParts[] = {1, 2, 3, 7, 50, 99, 100, 101, 1000, 100'000};
    const std::uint64_t gap = length / any_of(kParts);
    return Nanos(number(0, 2) == 0 ? gap : number(0, gap));
  }

  void expect_within_limits(const Limits& limits, const ChargeLog& log) const {
    for (const WindowLimits& window : limits) {
      for (const Measure measure : kMeasures) {
        const std::uint64_t most = window.most[measure];
        if (most == WindowLimits::kNone) continue;
        // What a bucket lets through in a span is its size, and what flows in meanwhile.
        const std::uint64_t bound = is_bucket() ? 2 * most : most;
        ASSERT_LE(log.sum(measure, now_, window.length), bound)
            << word_of(measure) << " within " << window.length.count() << " ns";
      }
    }
  }
  // Whether there was room even if everything counted a hundredth of a window longer.
  [[nodiscard]] static bool had_room(const Limits& limits, const ChargeLog& log,
                                     const Amounts& asked, SteadyTime now) {
    return std::all_of(limits.begin(), limits.end(), [&](const WindowLimits& window) {
      return std::all_of(kMeasures.begin(), kMeasures.end(), [&](Measure measure) {
        const std::uint64_t most = window.most[measure];
        if (most == WindowLimits::kNone || asked[measure] == 0) return true;
        const Nanos held = window.length + window.length / 100;
        return log.sum(measure, now, held) + asked[measure] <= most;
      });
    });
  }

  // Waiting exactly as long as was said succeeds, a moment less does not.
  void expect_honest_wait(const Payer& payer, const Amounts& asked) {
    const Nanos wait = longest_wait();
    if (wait == WindowUsage::kNever) return;
    ASSERT_GT(wait, 0ns);
    const SteadyTime refused_at = now_;
    now_ = refused_at + wait - 1ns;
    ASSERT_FALSE(charge(payer, asked));
    now_ = refused_at + wait;
    ASSERT_TRUE(charge(payer, asked)) << "after " << wait.count() << " ns";
  }

  void run_calls(const Payer& payer, const Limits& all_limits) {
    ChargeLog log;
    for (int call = 0; call < 300; ++call) {
      now_ += any_gap(all_limits);
      const Amounts asked = any_amounts(all_limits);
      const auto before = used(payer);
      if (charge(payer, asked)) {
        log.add(now_, asked);
        for (const WindowUsage& row : usage_) ASSERT_FALSE(row.refuses);
      } else {
        ASSERT_EQ(used(payer), before) << "a refusal changes nothing";
        ASSERT_FALSE(had_room(all_limits, log, asked, now_));
        if (number(0, 2) == 0 && longest_wait() != WindowUsage::kNever) {
          ASSERT_NO_FATAL_FAILURE(expect_honest_wait(payer, asked));
          log.add(now_, asked);
        }
      }
      ASSERT_NO_FATAL_FAILURE(expect_within_limits(all_limits, log));
    }
  }

  std::mt19937_64 random_;
};

TEST_P(RandomStoreTest, no_span_exceeds_a_limit_and_no_call_is_refused_that_has_room) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    SetUp();
    random_.seed(seed);
    const Limits limits = any_plan();
    ASSERT_NO_FATAL_FAILURE(run_calls(one(limits), limits));
  }
}

TEST_P(RandomStoreTest, a_key_within_an_environment_is_held_to_both_or_charged_to_neither) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    SetUp();
    random_.seed(seed);
    const Limits of_environment = any_plan();
    const Limits of_key = any_plan();
    const Payer payer = both(of_environment, of_key);
    ASSERT_NO_FATAL_FAILURE(run_calls(payer, stricter_of(of_environment, of_key)));
  }
}

TEST_P(RandomStoreTest, what_is_given_back_was_never_charged) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    random_.seed(seed);
    const Limits limits = any_plan();
    const auto other = GetParam().make(GetParam().algorithm);
    SetUp();
    const Payer payer = one(limits);
    Scope& scope = other->scope(key_->name());
    const Payer of_other{{Payer::Part{&scope, &limits}}, 1, {}};
    struct Failing {
      Amounts asked;
      SteadyTime charged_at;
    };
    std::deque<Failing> failing;
    for (int call = 0; call < 100; ++call) {
      now_ += any_gap(limits);
      // Some take longer to fail than a window lasts, while others are charged.
      while (!failing.empty() && number(0, 2) == 0) {
        store_->refund(payer, failing.front().asked, failing.front().charged_at);
        failing.pop_front();
      }
      const Amounts asked = any_amounts(limits);
      if (!charge(payer, asked)) continue;
      if (number(0, 2) == 0) {
        failing.push_back({asked, now_});
      } else {
        Usage usage;
        ASSERT_EQ(other->charge(of_other, asked, now_, usage), WindowStore::Outcome::kCharged);
      }
      // A slot that a refunded charge began may hold the others a little longer, never shorter.
      Usage usage;
      other->look(of_other, now_, usage);
      const auto here = used(payer);
      for (std::size_t i = 0; i < usage.size(); ++i) ASSERT_GE(here[i], usage[i].used);
    }
    now_ += 800h;
    for (const std::uint64_t left : used(payer)) ASSERT_EQ(left, 0U);
  }
}

TEST_P(WindowStoreTest, what_comes_back_late_takes_nothing_from_the_charges_of_others) {
  const Limits limits = plan({{2s, 5}}, {}, {});
  const SteadyTime slow = now_;
  ASSERT_TRUE(charge(one(limits), amounts(5, 0, 0)));
  now_ += 2400ms;
  ASSERT_TRUE(charge(one(limits), amounts(5, 0, 0)));
  now_ += 100ms;
  store_->refund(one(limits), amounts(5, 0, 0), slow);
  EXPECT_FALSE(charge(one(limits), amounts(1, 0, 0)));
}

TEST_P(WindowStoreTest, a_lowered_limit_keeps_nobody_out_for_longer_than_its_window) {
  const Limits before = plan({{1h, 100}}, {}, {});
  for (int i = 0; i < 80; ++i) ASSERT_TRUE(charge(one(before), amounts(1, 0, 0)));
  const Limits after = plan({{10s, 5}, {1h, 100}}, {}, {});
  EXPECT_FALSE(charge(one(after), amounts(1, 0, 0)));
  EXPECT_LE(usage_[0].wait, 10s);
  now_ += usage_[0].wait;
  EXPECT_TRUE(charge(one(after), amounts(1, 0, 0)));
}

TEST_P(WindowStoreTest, two_plans_of_one_scope_are_each_held_to_their_own_pace) {
  const Limits small = plan({{10s, 10}}, {}, {});
  const Limits big = plan({{10s, 1000}}, {}, {});
  int let_in = 0;
  for (int i = 0; i < 200; ++i) {
    now_ += 50ms;
    EXPECT_TRUE(charge(one(big), amounts(1, 0, 0)));
    if (charge(one(small), amounts(1, 0, 0))) ++let_in;
  }
  EXPECT_LE(let_in, 20);
}

TEST_P(WindowStoreTest, until_more_is_until_a_lowered_limit_has_room_again) {
  const Limits before = plan({{30s, 20}}, {}, {});
  ASSERT_TRUE(charge(one(before), amounts(1, 0, 0)));
  now_ += 6s;
  ASSERT_TRUE(charge(one(before), amounts(12, 0, 0)));
  const Limits after = plan({{30s, 6}}, {}, {});
  ASSERT_FALSE(charge(one(after), amounts(1, 0, 0)));
  EXPECT_EQ(usage_[0].until_more, usage_[0].wait);
}

// ---- published plans and timelines

// Centra's Growth plan.
Limits growth() {
  return plan({{10s, 60}, {1h, 5000}}, {{10s, 250'000}, {1h, 30'000'000}}, {{10s, 20}, {1h, 1800}});
}

TEST_P(WindowStoreTest, the_growth_plan_lets_sixty_calls_through_in_ten_seconds) {
  const Limits limits = growth();
  for (int i = 0; i < 60; ++i) EXPECT_TRUE(charge(one(limits), amounts(1, 10, 0)));
  EXPECT_FALSE(charge(one(limits), amounts(1, 10, 0)));
  for (const WindowUsage& row : usage_) {
    EXPECT_EQ(row.refuses, row.measure == Measure::kRequests && row.window->length == 10s);
  }
  EXPECT_EQ(longest_wait(), is_bucket() ? Nanos(166'666'667) : Nanos(10s));
}

TEST_P(WindowStoreTest, the_growth_plan_at_full_speed_runs_into_its_hour) {
  const Limits limits = growth();
  std::uint64_t passed = 0;
  const SteadyTime start = now_;
  while (now_ - start < 1h) {
    if (charge(one(limits), amounts(1, 0, 0))) ++passed;
    now_ += 100ms;
  }
  // A bucket of 5,000 that refills by 5,000 within the hour.
  EXPECT_EQ(passed, is_bucket() ? 9999U : 5000U);
}

TEST_P(WindowStoreTest, a_cost_above_a_limit_can_never_pass) {
  const Limits limits = growth();
  EXPECT_FALSE(charge(one(limits), amounts(1, 300'000, 0)));
  EXPECT_EQ(longest_wait(), WindowUsage::kNever);
  EXPECT_EQ(used(one(limits)), std::vector<std::uint64_t>(6, 0));
}

TEST_P(WindowStoreTest, centras_timeline_of_a_bucket_of_four) {
  if (!is_bucket()) GTEST_SKIP() << "of token buckets";
  const Limits limits = plan({{1h, 4}});
  const SteadyTime ten = now_;
  const auto at = [&](Duration after) { now_ = ten + after; };
  const auto left = [&] { return 4 - used(one(limits)).front(); };
  const auto calls = [&](int count) {
    int passed = 0;
    for (int i = 0; i < count; ++i) passed += charge(one(limits), amounts(1, 0, 0)) ? 1 : 0;
    return passed;
  };
  at(15min);
  EXPECT_EQ(calls(1), 1);
  EXPECT_EQ(left(), 3U);
  at(30min);
  EXPECT_EQ(left(), 4U);
  at(45min);
  EXPECT_EQ(calls(2), 2);
  EXPECT_EQ(left(), 2U);
  at(60min);
  EXPECT_EQ(left(), 3U);
  EXPECT_EQ(calls(3), 3);
  EXPECT_EQ(left(), 0U);
  at(75min);
  EXPECT_EQ(left(), 1U);
  at(90min);
  EXPECT_EQ(left(), 2U);
  EXPECT_EQ(calls(1), 1);
  at(105min);
  EXPECT_EQ(left(), 2U);
  EXPECT_EQ(calls(3), 2);
  EXPECT_EQ(longest_wait(), 15min);
}

TEST_P(WindowStoreTest, a_window_says_when_something_and_when_everything_is_free) {
  const Limits limits = plan({{10s, 10}});
  ASSERT_TRUE(charge(one(limits), amounts(4, 0, 0)));
  now_ += 3s;
  ASSERT_TRUE(charge(one(limits), amounts(2, 0, 0)));
  store_->look(one(limits), now_, usage_);
  ASSERT_EQ(usage_.size(), 1U);
  // The bucket has got three back of its four.
  EXPECT_EQ(usage_[0].used, is_bucket() ? 3U : 6U);
  EXPECT_EQ(usage_[0].until_more, is_bucket() ? Nanos(1s) : Nanos(7s));
  EXPECT_EQ(usage_[0].until_all, is_bucket() ? Nanos(3s) : Nanos(10s));
}

// ---- changed plans

TEST_P(WindowStoreTest, a_lowered_limit_holds_at_once_and_keeps_what_was_charged) {
  const Limits before = plan({{10s, 60}});
  const Limits after = plan({{10s, 30}});
  ASSERT_TRUE(charge(one(before), amounts(40, 0, 0)));
  EXPECT_FALSE(charge(one(after), amounts(1, 0, 0)));
  // A bucket is at most empty.
  EXPECT_EQ(usage_[0].used, is_bucket() ? 30U : 40U);
  EXPECT_EQ(usage_[0].remaining(), 0U);
  now_ += longest_wait();
  EXPECT_TRUE(charge(one(after), amounts(1, 0, 0)));
}

TEST_P(WindowStoreTest, a_new_window_begins_with_what_was_charged) {
  const Limits before = plan({{10s, 60}, {1h, 1000}});
  const Limits after = plan({{20s, 30}, {2h, 900}}, {{20s, 100}});
  ASSERT_TRUE(charge(one(before), amounts(25, 90, 0)));
  EXPECT_FALSE(charge(one(after), amounts(6, 0, 0)));
  // A bucket that nothing limited was never filled nor emptied.
  const std::uint64_t complexity = is_bucket() ? 0 : 90;
  EXPECT_EQ(used(one(after)), (std::vector<std::uint64_t>{25, complexity, 25}));
}

TEST_P(WindowStoreTest, a_measure_that_a_plan_begins_to_limit_is_known_already) {
  if (is_bucket()) GTEST_SKIP() << "a bucket has no size before there is a limit";
  const Limits before = plan({{10s, 60}});
  const Limits after = plan({{10s, 60}}, {{10s, 100}});
  ASSERT_TRUE(charge(one(before), amounts(1, 90, 0)));
  EXPECT_FALSE(charge(one(after), amounts(1, 11, 0)));
}

// ---- scopes

TEST_P(WindowStoreTest, keys_groups_and_addresses_have_windows_of_their_own) {
  const Limits limits = plan({{10s, 1}});
  const auto charge_scope = [&](const ScopeName& name, const char* address = "::") {
    return charge({{Payer::Part{&store_->scope(name), &limits}}, 1, *IpAddress::parse(address)},
                  amounts(1, 0, 0));
  };
  EXPECT_TRUE(charge_scope({LimitScope::kKey, "a", "orders"}));
  EXPECT_FALSE(charge_scope({LimitScope::kKey, "a", "orders"}));
  EXPECT_TRUE(charge_scope({LimitScope::kKey, "b", "orders"}));
  EXPECT_TRUE(charge_scope({LimitScope::kKey, "a", "stock"}));
  EXPECT_TRUE(charge_scope({LimitScope::kEnvironment, "a", "orders"}));
  EXPECT_TRUE(charge_scope({LimitScope::kAddress, "", "orders"}, "192.0.2.1"));
  EXPECT_FALSE(charge_scope({LimitScope::kAddress, "", "orders"}, "192.0.2.1"));
  EXPECT_TRUE(charge_scope({LimitScope::kAddress, "", "orders"}, "192.0.2.2"));
}

std::string store_name(const testing::TestParamInfo<StoreCase>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(of, WindowStoreTest, testing::ValuesIn(kStores), store_name);
INSTANTIATE_TEST_SUITE_P(of, RandomStoreTest, testing::ValuesIn(kStores), store_name);

}  // namespace
}  // namespace tollgate
