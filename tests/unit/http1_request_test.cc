// What a request head comes out as. Which heads are refused is told by the text cases in
// tests/cases/http1.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "proxy/http1/message.h"

namespace tollgate::http1 {
namespace {

constexpr std::string_view kPlain =
    "POST /graphql?a=1&b=%2F HTTP/1.1\r\n"
    "Host: api.example.com:8080\r\n"
    "content-LENGTH: 12\r\n"
    "X-Custom: \t two words \t\r\n"
    "Empty:\r\n"
    "\r\n";

Request accepted(std::string_view bytes, const HeadLimits& limits = {}) {
  Request request;
  const auto progress = parse_request(bytes, limits, request);
  EXPECT_TRUE(progress.has_value()) << progress.error().what;
  EXPECT_EQ(progress, Progress::kComplete);
  return request;
}

HeadError refused(std::string_view bytes, const HeadLimits& limits = {}) {
  Request request;
  const auto progress = parse_request(bytes, limits, request);
  EXPECT_FALSE(progress.has_value());
  return progress ? HeadError{} : progress.error();
}

std::string with_field(std::string_view field) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(field) + "\r\n\r\n";
}

TEST(Http1Request, a_head_comes_out_as_views_of_its_parts) {
  const std::string bytes = std::string(kPlain) + "body";
  const Request request = accepted(bytes);
  EXPECT_EQ(request.head.method, Method::kPost);
  EXPECT_EQ(request.head.method_name, "POST");
  EXPECT_EQ(request.head.target, "/graphql?a=1&b=%2F");
  EXPECT_EQ(request.head.path, "/graphql");
  EXPECT_EQ(request.head.query, "a=1&b=%2F");
  EXPECT_EQ(request.head.host, "api.example.com:8080");
  EXPECT_EQ(request.head.minor_version, 1);
  EXPECT_EQ(request.head_bytes, kPlain.size());
  EXPECT_EQ(request.framing, Framing::kLength);
  EXPECT_EQ(request.content_length, 12U);
  ASSERT_EQ(request.head.headers.size(), 4U);
  EXPECT_EQ(request.head.headers[1].name, "content-LENGTH");
  EXPECT_EQ(request.head.headers[1].id, HeaderId::kContentLength);
  EXPECT_EQ(request.head.headers[2].value, "two words");
  EXPECT_EQ(request.head.headers[2].id, HeaderId::kOther);
  EXPECT_EQ(request.head.headers[3].value, "");
}

TEST(Http1Request, every_shorter_piece_of_a_head_is_incomplete) {
  Request request;
  for (std::size_t length = 0; length < kPlain.size(); ++length) {
    EXPECT_EQ(parse_request(kPlain.substr(0, length), {}, request), Progress::kIncomplete)
        << length;
  }
}

TEST(Http1Request, a_request_object_is_used_again_without_a_trace_of_the_last_head) {
  Request request;
  ASSERT_EQ(parse_request(kPlain, {}, request), Progress::kComplete);
  ASSERT_EQ(parse_request("GET / HTTP/1.0\r\n\r\n", {}, request), Progress::kComplete);
  EXPECT_TRUE(request.head.headers.empty());
  EXPECT_EQ(request.head.host, "");
  EXPECT_EQ(request.framing, Framing::kNone);
  EXPECT_EQ(request.content_length, 0U);
}

TEST(Http1Request, an_error_in_the_first_line_is_told_as_soon_as_that_line_is_there) {
  EXPECT_EQ(refused("GET /a#b HTTP/1.1\r\n").status, 400);
  EXPECT_EQ(refused("GET / HTTP/3.0\r\n").status, 505);
  EXPECT_EQ(refused("\x16\x03\x01").status, 400);  // a TLS hello: not even a method
}

TEST(Http1Request, a_request_line_without_a_version_is_closed_without_an_answer) {
  EXPECT_EQ(refused("GET /\r\n").status, 0);
}

TEST(Http1Request, a_head_may_fill_its_limit_to_the_last_byte) {
  const std::size_t size = kPlain.size();
  EXPECT_EQ(accepted(kPlain, {.max_bytes = size}).head_bytes, size);
  const HeadError error = refused(kPlain, {.max_bytes = size - 1});
  EXPECT_EQ(error.status, 431);
  EXPECT_EQ(error.what, "a request head larger than the limit");
}

TEST(Http1Request, an_incomplete_head_that_is_larger_than_the_limit_is_refused_at_once) {
  Request request;
  const std::string line = "GET /" + std::string(100, 'a');
  EXPECT_EQ(parse_request(line, {.max_bytes = line.size()}, request), Progress::kIncomplete);
  EXPECT_EQ(refused(line, {.max_bytes = line.size() - 1}).status, 431);
}

TEST(Http1Request, a_body_behind_the_head_does_not_count_towards_the_limit) {
  const std::string bytes = std::string(kPlain) + std::string(1000, 'x');
  EXPECT_EQ(accepted(bytes, {.max_bytes = kPlain.size()}).head_bytes, kPlain.size());
}

TEST(Http1Request, as_many_fields_as_the_limit_are_accepted_and_one_more_is_not) {
  EXPECT_EQ(accepted(kPlain, {.max_fields = 4}).fields.size(), 4U);
  const HeadError error = refused(kPlain, {.max_fields = 3});
  EXPECT_EQ(error.status, 431);
  EXPECT_EQ(error.what, "more header fields than the limit");
}

TEST(Http1Request, the_path_of_an_absolute_form_without_one_is_a_slash_within_the_bytes) {
  const std::string_view bytes = "GET http://a HTTP/1.1\r\nHost: A\r\n\r\n";
  const Request request = accepted(bytes);
  EXPECT_EQ(request.head.target, "/");
  EXPECT_GE(request.head.target.data(), bytes.data());
  EXPECT_LT(request.head.target.data(), bytes.data() + bytes.size());
}

TEST(Http1Request, upgrade_needs_both_fields_and_a_protocol_other_than_http) {
  EXPECT_TRUE(accepted(with_field("Connection: Upgrade\r\nUpgrade: websocket")).upgrade);
  EXPECT_FALSE(accepted(with_field("Upgrade: websocket")).upgrade);
  EXPECT_FALSE(accepted(with_field("Connection: Upgrade")).upgrade);
  EXPECT_FALSE(accepted(with_field("Connection: Upgrade\r\nUpgrade: h2c")).upgrade);
  EXPECT_FALSE(accepted(with_field("Connection: Upgrade\r\nUpgrade: websocket, h2c")).upgrade);
  EXPECT_FALSE(accepted(with_field("Connection: Upgrade\r\nUpgrade: HTTP/2.0")).upgrade);
}

TEST(Http1Request, every_field_that_tollgate_knows_is_found_in_any_case) {
  for (const auto& [name, id] :
       {std::pair{"HOST", HeaderId::kHost},
        {"te", HeaderId::kTe},
        {"AUTHORIZATION", HeaderId::kAuthorization},
        {"Access-Control-Request-Method", HeaderId::kAccessControlRequestMethod},
        {"x-Forwarded-FOR", HeaderId::kXForwardedFor},
        {"X-Forwarded-Fox", HeaderId::kOther},
        {"Hos", HeaderId::kOther}}) {
    const std::string bytes = "GET / HTTP/1.0\r\n" + std::string(name) + ": a\r\n\r\n";
    EXPECT_EQ(accepted(bytes).fields.at(0).id, id) << name;
  }
}

TEST(Http1Request, a_control_character_is_found_at_every_place_of_a_value_among_any_others) {
  for (const char filler : {'a', ' ', '\t', '\x7e', '\x80', '\xff'}) {
    for (int byte = 0; byte < 256; ++byte) {
      const bool allowed = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
      for (std::size_t place = 0; place < 20; ++place) {
        std::string value(20, filler);
        value[place] = static_cast<char>(byte);
        Request request;
        EXPECT_EQ(parse_request(with_field("X: x" + value + "x"), {}, request).has_value(), allowed)
            << byte << " at " << place << " among " << static_cast<int>(filler);
      }
    }
  }
}

TEST(Http1Request, a_connection_field_that_names_an_unknown_field_is_marked) {
  EXPECT_TRUE(accepted(with_field("Connection: close, X-Mine")).connection_names_others);
  EXPECT_FALSE(accepted(with_field("Connection: close, TE, HTTP2-Settings, keep-alive"))
                   .connection_names_others);
}

}  // namespace
}  // namespace tollgate::http1
