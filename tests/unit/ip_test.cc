#include "conf/ip.h"

#include <gtest/gtest.h>

#include <array>

namespace tollgate {
namespace {

IpAddress ip(const char* text) { return *IpAddress::parse(text); }

TEST(IpAddress, a_mapped_address_is_the_ipv4_address) {
  EXPECT_EQ(ip("::ffff:203.0.113.7"), ip("203.0.113.7"));
  EXPECT_TRUE(ip("::ffff:203.0.113.7").is_v4());
  EXPECT_EQ(ip("::ffff:203.0.113.7").text(), "203.0.113.7");
}

TEST(IpAddress, is_written_in_its_shortest_form) {
  EXPECT_EQ(ip("2001:DB8:0:0::1").text(), "2001:db8::1");
}

TEST(IpAddress, takes_nothing_but_an_address) {
  for (const char* wrong : {"", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "1.2.3.4:80",
                            "[::1]", "fe80::1%eth0", " 1.2.3.4", "localhost", "::1::"}) {
    EXPECT_FALSE(IpAddress::parse(wrong)) << wrong;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("::1\0x", 5)));
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0x", 9)));
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0", 8)));
}

TEST(IpAddress, ipv6_clients_count_by_their_64) {
  EXPECT_EQ(ip("2001:db8:1:2:3:4:5:6").counted_as(), ip("2001:db8:1:2::"));
  EXPECT_EQ(ip("203.0.113.7").counted_as(), ip("203.0.113.7"));
}

TEST(IpRange, contains_what_shares_its_prefix) {
  const auto range = IpRange::parse("10.16.0.0/12");
  ASSERT_TRUE(range);
  EXPECT_TRUE(range->contains(ip("10.31.255.255")));
  EXPECT_FALSE(range->contains(ip("10.32.0.0")));
  EXPECT_TRUE(range->contains(ip("::ffff:10.16.0.1")));
  EXPECT_TRUE(IpRange::parse("2001:db8::/33")->contains(ip("2001:db8:7fff::1")));
  EXPECT_FALSE(IpRange::parse("2001:db8::/33")->contains(ip("2001:db8:8000::1")));
  EXPECT_TRUE(IpRange::parse("0.0.0.0/0")->contains(ip("255.255.255.255")));
}

TEST(IpRange, of_one_family_holds_nothing_of_the_other) {
  EXPECT_FALSE(IpRange::parse("::/0")->contains(ip("1.2.3.4")));
  EXPECT_FALSE(IpRange::parse("0.0.0.0/0")->contains(ip("::1")));
  EXPECT_TRUE(IpRange::parse("::ffff:0:0/96")->contains(ip("1.2.3.4")));
}

TEST(IpRange, an_address_is_a_range_of_one) {
  EXPECT_TRUE(IpRange::parse("1.2.3.4")->contains(ip("1.2.3.4")));
  EXPECT_FALSE(IpRange::parse("1.2.3.4")->contains(ip("1.2.3.5")));
}

TEST(IpRange, bits_behind_the_prefix_are_an_error_that_shows_what_was_meant) {
  EXPECT_EQ(IpRange::parse("10.1.2.3/8").error(),
            "\"10.1.2.3/8\" has bits set behind its prefix: did you mean 10.0.0.0/8?");
}

TEST(IpRange, is_read_back_from_its_text) {
  for (const char* text : {"10.0.0.0/8", "1.2.3.4", "2001:db8::/32", "::/0", "0.0.0.0/0"}) {
    EXPECT_EQ(IpRange::parse(text)->text(), text);
  }
  for (const char* wrong :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "10.0.0.0/8/8", "a/8"}) {
    EXPECT_FALSE(IpRange::parse(wrong)) << wrong;
  }
}

TEST(IpAddressHash, spreads_neighbours_over_all_its_bits) {
  for (const unsigned shift : {0U, 6U, 26U, 58U}) {
    std::array<int, 64> counts{};
    for (std::uint32_t i = 0; i < 6400; ++i) {
      ++counts[IpAddressHash()(IpAddress::v4(0x0A000000 + i)) >> shift & 63];
    }
    for (const int count : counts) {
      EXPECT_GT(count, 50) << shift;
      EXPECT_LT(count, 160) << shift;
    }
  }
}

}  // namespace
}  // namespace tollgate
