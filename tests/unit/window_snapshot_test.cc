// Windows as bytes, and back.
#include "filters/windows/window_snapshot.h"

#include <gtest/gtest.h>

namespace tollgate {
namespace {

using namespace std::chrono_literals;
using WallTime = std::chrono::system_clock::time_point;

SnapshotMoment moment(SteadyTime steady, WallTime wall, const std::string& boot = "boot-1") {
  return {{steady, wall}, boot};
}

const SteadyTime kWritten{1000h};
const WallTime kWall{500'000h};

PastCharge charge(std::chrono::nanoseconds age, std::uint64_t complexity) {
  PastCharge charge{kWritten - age, {}};
  charge.amounts[Measure::kRequests] = 1;
  charge.amounts[Measure::kComplexity] = complexity;
  return charge;
}

std::string written() {
  WindowSnapshotWriter writer(moment(kWritten, kWall));
  writer.add({{LimitScope::kEnvironment, "acme-production", "orders"},
              {},
              {{10s, {charge(8s, 240), charge(1s, (1ULL << 53) - 1)}}, {1h, {charge(50min, 1)}}}});
  writer.add({{LimitScope::kAddress, "", "orders"},
              *IpAddress::parse("2001:db8::"),
              {{720h, {charge(719h, 3)}}}});
  return std::move(writer).finish();
}

TEST(WindowSnapshot, comes_back_as_it_was) {
  const auto read = read_window_snapshot(written(), moment(kWritten, kWall));
  ASSERT_TRUE(read) << read.error();
  ASSERT_EQ(read->size(), 2U);
  const ScopeRecord& environment = (*read)[0];
  EXPECT_EQ(environment.name.label(), "environment:acme-production");
  EXPECT_EQ(environment.name.group, "orders");
  ASSERT_EQ(environment.windows.size(), 2U);
  EXPECT_EQ(environment.windows[0].length, 10s);
  ASSERT_EQ(environment.windows[0].past.size(), 2U);
  EXPECT_EQ(environment.windows[0].past[0].at, kWritten - 8s);
  EXPECT_EQ(environment.windows[0].past[1].amounts[Measure::kComplexity], (1ULL << 53) - 1);
  EXPECT_EQ((*read)[1].address, *IpAddress::parse("2001:db8::"));
}

TEST(WindowSnapshot, within_a_boot_the_monotonic_clock_tells_what_has_passed) {
  const auto read = read_window_snapshot(written(), moment(kWritten + 3s, kWall + 5000h));
  ASSERT_TRUE(read);
  ASSERT_EQ((*read)[0].windows[0].past.size(), 1U);  // of 8 and of 1 seconds, three later
  EXPECT_EQ((*read)[0].windows[0].past[0].at, kWritten - 1s);
}

TEST(WindowSnapshot, after_a_boot_the_wall_clock_does) {
  const SteadyTime now{5min};
  const auto read = read_window_snapshot(written(), moment(now, kWall + 3s, "boot-2"));
  ASSERT_TRUE(read);
  ASSERT_EQ((*read)[0].windows[0].past.size(), 1U);
  EXPECT_EQ((*read)[0].windows[0].past[0].at, now - 4s);
}

TEST(WindowSnapshot, a_clock_that_went_back_frees_nothing) {
  const auto read = read_window_snapshot(written(), moment(SteadyTime(5min), kWall - 9h, "boot-2"));
  ASSERT_TRUE(read);
  EXPECT_EQ((*read)[0].windows[0].past.size(), 2U);
}

TEST(WindowSnapshot, what_is_cut_or_changed_anywhere_is_refused) {
  const std::string whole = written();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read_window_snapshot(whole.substr(0, size), moment(kWritten, kWall))) << size;
    std::string changed = whole;
    changed[size] = static_cast<char>(changed[size] ^ 1);
    EXPECT_FALSE(read_window_snapshot(changed, moment(kWritten, kWall))) << size;
  }
}

TEST(WindowSnapshot, a_foreign_file_is_named_as_such) {
  const auto foreign = read_window_snapshot("# a shopping list\n", moment(kWritten, kWall));
  EXPECT_EQ(foreign.error(), "is no snapshot of windows");
  const auto newer = read_window_snapshot("tollgate-windows 2\n", moment(kWritten, kWall));
  EXPECT_EQ(newer.error(), "is a snapshot of another version of Tollgate");
}

}  // namespace
}  // namespace tollgate
