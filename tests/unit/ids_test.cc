#include "proxy/ids.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tollgate {
namespace {

TEST(IdSource, makes_traceparents_that_the_specification_allows_and_no_two_alike) {
  IdSource ids;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    std::string trace(kTraceparentLength, ' ');
    ids.write_traceparent(trace.data());
    EXPECT_TRUE(is_traceparent(trace)) << trace;
    EXPECT_TRUE(seen.insert(trace).second);
    std::string id(kRequestIdLength, ' ');
    ids.write_request_id(id.data());
    EXPECT_TRUE(is_request_id(id)) << id;
    EXPECT_TRUE(seen.insert(id).second);
  }
}

TEST(Traceparent, is_kept_only_in_a_form_that_may_be_handed_on) {
  EXPECT_TRUE(is_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
  EXPECT_TRUE(is_traceparent("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"));
  EXPECT_FALSE(is_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"));
  EXPECT_FALSE(is_traceparent("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
  EXPECT_FALSE(is_traceparent("00-00000000000000000000000000000000-00f067aa0ba902b7-01"));
  EXPECT_FALSE(is_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"));
  EXPECT_FALSE(is_traceparent("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"));
  EXPECT_FALSE(is_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"));
  EXPECT_FALSE(is_traceparent(""));
}

TEST(RequestId, is_kept_only_if_it_is_visible_and_short) {
  EXPECT_TRUE(is_request_id("req-1"));
  EXPECT_FALSE(is_request_id(""));
  EXPECT_FALSE(is_request_id("a b"));
  EXPECT_FALSE(is_request_id("a\tb"));
  EXPECT_FALSE(is_request_id(std::string(129, 'a')));
}

}  // namespace
}  // namespace tollgate
