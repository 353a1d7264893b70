#include "proxy/date_text.h"

#include <gtest/gtest.h>

namespace tollgate {
namespace {

using namespace std::chrono_literals;

TEST(DateText, changes_with_the_second) {
  DateText date;
  const auto second = std::chrono::sys_seconds(784111777s);
  EXPECT_EQ(date.at(second), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.at(second + 999ms), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.at(second + 1s), "Sun, 06 Nov 1994 08:49:38 GMT");
  EXPECT_EQ(date.at(std::chrono::sys_seconds(0s)), "Thu, 01 Jan 1970 00:00:00 GMT");
}

}  // namespace
}  // namespace tollgate
