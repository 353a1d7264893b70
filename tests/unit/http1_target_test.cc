// Authorities and targets at their seams; the many forms stand in tests/cases/http1/target.txt and
// host.txt.
#include "proxy/http1/target.h"

#include <gtest/gtest.h>

#include <string>

namespace tollgate::http1 {
namespace {

TEST(Http1Target, every_byte_that_a_path_does_not_allow_is_refused) {
  const std::string allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/?";
  for (int byte = 0; byte < 256; ++byte) {
    const std::string target = std::string("/a") + static_cast<char>(byte) + "b";
    EXPECT_EQ(parse_target(target, Method::kGet).has_value(),
              allowed.find(static_cast<char>(byte)) != std::string::npos)
        << byte;
  }
}

TEST(Http1Target, every_byte_that_a_query_does_not_allow_is_refused) {
  const std::string allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/?[]{}|";
  for (int byte = 0; byte < 256; ++byte) {
    const std::string target = std::string("/?a") + static_cast<char>(byte) + "b";
    EXPECT_EQ(parse_target(target, Method::kGet).has_value(),
              allowed.find(static_cast<char>(byte)) != std::string::npos)
        << byte;
  }
}

TEST(Http1Target, every_encoded_byte_in_a_path_is_judged_by_what_it_stands_for) {
  for (int byte = 0; byte < 256; ++byte) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    const std::string target = {'/', 'a', '%', kDigits[static_cast<std::size_t>(byte / 16)],
                                kDigits[static_cast<std::size_t>(byte % 16)]};
    const bool dangerous = byte < 0x20 || byte == 0x7f || byte == '/' || byte == '\\';
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    const bool needless = kPlain.find(static_cast<char>(byte)) != std::string_view::npos;
    EXPECT_EQ(parse_target(target, Method::kGet).has_value(), !dangerous && !needless) << target;
  }
}

TEST(Http1Target, every_spelling_of_a_dot_segment_is_refused) {
  for (const std::string first : {".", "%2e", "%2E"}) {
    for (const std::string second : {"", ".", "%2e", "%2E"}) {
      for (const std::string behind : {"", "/", "/a", ";", ";a=b", "%3b", "?a"}) {
        const std::string target = "/a/" + first + second + behind;
        const auto parsed = parse_target(target, Method::kGet);
        ASSERT_FALSE(parsed.has_value()) << target;
        EXPECT_EQ(parsed.error(), "a dot segment in the path");
      }
    }
  }
}

TEST(Http1Target, an_authority_has_a_host_and_maybe_a_port) {
  EXPECT_TRUE(is_authority("a"));
  EXPECT_TRUE(is_authority("[::1]:65535"));
  EXPECT_FALSE(is_authority(""));
  EXPECT_FALSE(is_authority(":1"));
  EXPECT_FALSE(is_authority("a:"));
  EXPECT_FALSE(is_authority("[::1"));
  EXPECT_FALSE(is_authority(std::string_view("[::1\0]", 6)));
}

}  // namespace
}  // namespace tollgate::http1
