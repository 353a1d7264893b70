#include "conf/units.h"

#include <gtest/gtest.h>

namespace tollgate {
namespace {

using namespace std::chrono_literals;

TEST(Units, durations_have_a_whole_number_and_a_unit) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("10s"), 10s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("30d"), 720h);
  EXPECT_EQ(parse_duration("0s"), 0s);
  for (const char* wrong :
       {"", "10", "s", "1.5s", "-1s", "+1s", "1 s", "1S", "0x1s", "99999999999999999999s"}) {
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
  }
}

TEST(Units, a_duration_without_a_unit_is_an_error_that_shows_an_example) {
  EXPECT_EQ(parse_duration("10").error(),
            "\"10\" is not a duration: write a whole number and a unit, for example 250ms, 10s, "
            "5m, 1h or "
            "30d");
}

TEST(Units, the_longest_duration_is_ten_years) {
  EXPECT_TRUE(parse_duration("3650d"));
  EXPECT_FALSE(parse_duration("3651d"));
  EXPECT_FALSE(parse_duration("18446744073709551615ms"));
}

TEST(Units, durations_are_written_in_their_largest_unit) {
  for (const char* text : {"250ms", "10s", "5m", "1h", "30d", "90s", "0s"}) {
    EXPECT_EQ(format_duration(*parse_duration(text)), text);
  }
  EXPECT_EQ(format_duration(60s), "1m");
}

TEST(Units, counts_may_have_a_suffix_and_must_be_whole) {
  EXPECT_EQ(parse_count("60"), 60U);
  EXPECT_EQ(parse_count("1.5k"), 1500U);
  EXPECT_EQ(parse_count("30M"), 30'000'000U);
  EXPECT_EQ(parse_count("9007199254740991"), 9007199254740991U);
  for (const char* wrong :
       {"", "k", "1.5", "1.2345k", "-1", "9007199254740992", "1e3", "1.k", "10000000000000M"}) {
    EXPECT_FALSE(parse_count(wrong)) << wrong;
  }
}

TEST(Units, sizes_are_bytes) {
  EXPECT_EQ(parse_size("512"), 512U);
  EXPECT_EQ(parse_size("512B"), 512U);
  EXPECT_EQ(parse_size("64KiB"), 65536U);
  EXPECT_EQ(parse_size("1MiB"), 1048576U);
  EXPECT_EQ(parse_size("1GiB"), 1073741824U);
  for (const char* wrong : {"", "1KB", "1.5MiB", "-1", "KiB", "99999999999GiB"}) {
    EXPECT_FALSE(parse_size(wrong)) << wrong;
  }
}

TEST(Units, dates_are_days_or_instants_in_utc) {
  EXPECT_EQ(parse_date("1970-01-02"), UnixTime(24h));
  EXPECT_EQ(parse_date("1970-01-01T12:00:00Z"), UnixTime(12h));
  EXPECT_TRUE(parse_date("2028-02-29"));
  for (const char* wrong :
       {"", "2027-02-29", "2027-13-01", "27-01-01", "2027-1-1", "2027-01-01T00:00:00",
        "2027-01-01T24:00:00Z", "2027-01-01T00:00:00+01:00", "2027/01/01", "2027-01-01x"}) {
    EXPECT_FALSE(parse_date(wrong)) << wrong;
  }
  for (const char* text : {"2027-12-31", "2027-12-31T23:59:59Z"}) {
    EXPECT_EQ(format_date(*parse_date(text)), text);
  }
}

// Beyond what nanoseconds since 1970 can hold.
TEST(Units, a_date_of_a_far_century_is_still_to_come) {
  const auto now = std::chrono::system_clock::time_point(std::chrono::seconds(1795521600));
  const UnixTime far = *parse_date("2999-06-01");
  EXPECT_FALSE(has_come(far, now));
  EXPECT_TRUE(has_come(*parse_date("2026-11-24"), now));
  EXPECT_EQ(http_date(far), "Sat, 01 Jun 2999 00:00:00 GMT");
}

}  // namespace
}  // namespace tollgate
