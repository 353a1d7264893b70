// What a response head comes out as. Which heads are refused is told by the text cases in
// tests/cases/http1.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "proxy/http1/message.h"

namespace tollgate::http1 {
namespace {

constexpr std::string_view kPlain =
    "HTTP/1.1 200 All is well\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 2\r\n"
    "\r\n";

Response accepted(std::string_view bytes, Method method = Method::kGet) {
  Response response;
  const auto progress = parse_response(bytes, {}, method, response);
  EXPECT_TRUE(progress.has_value()) << progress.error().what;
  EXPECT_EQ(progress, Progress::kComplete);
  return response;
}

TEST(Http1Response, a_head_comes_out_as_views_of_its_parts) {
  const std::string bytes = std::string(kPlain) + "{}";
  const Response response = accepted(bytes);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.minor_version, 1);
  EXPECT_EQ(response.reason_phrase, "All is well");
  EXPECT_EQ(response.head_bytes, kPlain.size());
  EXPECT_EQ(response.framing, Framing::kLength);
  EXPECT_EQ(response.content_length, 2U);
  EXPECT_TRUE(response.keep_alive);
  ASSERT_EQ(response.fields.size(), 2U);
  EXPECT_EQ(response.fields[0].id, HeaderId::kContentType);
  EXPECT_EQ(response.fields[0].value, "application/json");
}

TEST(Http1Response, every_shorter_piece_of_a_head_is_incomplete) {
  Response response;
  for (std::size_t length = 0; length < kPlain.size(); ++length) {
    EXPECT_EQ(parse_response(kPlain.substr(0, length), {}, Method::kGet, response),
              Progress::kIncomplete)
        << length;
  }
}

TEST(Http1Response, the_answer_to_head_has_a_length_but_no_body) {
  const Response response = accepted(kPlain, Method::kHead);
  EXPECT_EQ(response.framing, Framing::kNone);
  EXPECT_TRUE(response.has_content_length);
  EXPECT_EQ(response.content_length, 2U);
  EXPECT_TRUE(response.keep_alive);
}

TEST(Http1Response, without_a_length_the_body_ends_with_the_connection) {
  const Response response = accepted("HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(response.framing, Framing::kUntilClose);
  EXPECT_FALSE(response.keep_alive);
}

TEST(Http1Response, a_response_object_is_used_again_without_a_trace_of_the_last_head) {
  Response response;
  ASSERT_EQ(parse_response(kPlain, {}, Method::kGet, response), Progress::kComplete);
  ASSERT_EQ(parse_response("HTTP/1.1 204\r\n\r\n", {}, Method::kGet, response),
            Progress::kComplete);
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.reason_phrase, "");
  EXPECT_TRUE(response.fields.empty());
  EXPECT_FALSE(response.has_content_length);
}

TEST(Http1Response, bytes_that_are_not_http_are_refused_without_waiting_for_a_line) {
  Response response;
  const auto progress = parse_response("SSH-2.0-Open", {}, Method::kGet, response);
  ASSERT_FALSE(progress.has_value());
  EXPECT_EQ(progress.error().status, 502);
}

TEST(Http1Response, a_head_beyond_the_limits_is_an_error_of_the_upstream) {
  Response response;
  for (const HeadLimits& limits :
       {HeadLimits{.max_bytes = kPlain.size() - 1}, HeadLimits{.max_fields = 1}}) {
    const auto progress = parse_response(kPlain, limits, Method::kGet, response);
    ASSERT_FALSE(progress.has_value());
    EXPECT_EQ(progress.error().status, 502);
  }
}

}  // namespace
}  // namespace tollgate::http1
