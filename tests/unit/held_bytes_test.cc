#include "proxy/held_bytes.h"

#include <gtest/gtest.h>

namespace tollgate {
namespace {

TEST(HeldBytes, shares_add_up_and_are_given_back_at_their_end) {
  HeldBytes total;
  HeldBytes::Share first;
  EXPECT_TRUE(first.add(total, 60, 100));
  {
    HeldBytes::Share second;
    EXPECT_TRUE(second.add(total, 30, 100));
    EXPECT_TRUE(second.add(total, 10, 100));
    EXPECT_EQ(total.bytes(), 100);
    EXPECT_FALSE(first.add(total, 1, 100));
    EXPECT_EQ(total.bytes(), 100);
  }
  EXPECT_EQ(total.bytes(), 60);
  first.release();
  EXPECT_EQ(total.bytes(), 0);
}

TEST(HeldBytes, no_bound_takes_all) {
  HeldBytes total;
  HeldBytes::Share share;
  EXPECT_TRUE(share.add(total, std::uint64_t{1} << 40, 0));
}

TEST(HeldBytes, a_share_that_is_replaced_gives_back_what_it_held) {
  HeldBytes total;
  HeldBytes::Share share;
  EXPECT_TRUE(share.add(total, 7, 0));
  HeldBytes::Share moved(std::move(share));
  EXPECT_EQ(total.bytes(), 7);
  moved = HeldBytes::Share();
  EXPECT_EQ(total.bytes(), 0);
}

}  // namespace
}  // namespace tollgate
