#include "proxy/head_writer.h"

#include <gtest/gtest.h>

#include <string>

namespace tollgate {
namespace {

// A request as it came in and what becomes of it.
class HeadWriterTest : public testing::Test {
 protected:
  std::string forward(std::string_view received) {
    const auto parsed = http1::parse_request(received, {}, request_);
    EXPECT_TRUE(parsed && *parsed == http1::Progress::kComplete);
    exchange_.request = &request_.head;
    std::string out;
    write_request_head(out, request_,
                       {.api = api_,
                        .exchange = exchange_,
                        .head_bytes = received.substr(0, request_.head_bytes),
                        .peer = "192.0.2.1",
                        .peer_trust = trust_,
                        .scheme = scheme_,
                        .certificate = certificate_,
                        .request_id = "id-1",
                        .traceparent = "trace-1",
                        .begins_trace = begins_trace_,
                        .body = {request_.framing, request_.content_length},
                        .expect_continue = request_.expects_continue});
    return out;
  }
  std::string answer(std::string_view received, ResponseEdits edits) {
    http1::Response response;
    const auto parsed = http1::parse_response(received, {}, Method::kGet, response);
    EXPECT_TRUE(parsed && *parsed == http1::Progress::kComplete);
    edits.head_bytes = received.substr(0, response.head_bytes);
    std::string out;
    write_response_head(out, response, edits);
    return out;
  }

  ApiConfig api_;
  Exchange exchange_;
  Trust trust_ = Trust::kStranger;
  std::string scheme_ = "http";
  std::string certificate_;
  bool begins_trace_ = false;
  http1::Request request_;
};

const std::string kAdded =
    "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\n"
    "X-Request-Id: id-1\r\ntraceparent: trace-1\r\n\r\n";

TEST_F(HeadWriterTest, what_the_client_sent_goes_on_as_it_is) {
  EXPECT_EQ(forward("GET /a?b HTTP/1.1\r\nHost: a\r\nX-One:1\r\nx-two:  2 \r\n\r\n"),
            "GET /a?b HTTP/1.1\r\nHost: a\r\nX-One:1\r\nx-two:  2 \r\n" + kAdded);
}

TEST_F(HeadWriterTest, hop_by_hop_fields_and_those_that_connection_names_are_taken_out) {
  EXPECT_EQ(forward("GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Drop\r\nKeep-Alive: 5\r\n"
                    "X-Drop: 1\r\nTE: trailers\r\nX-Stay: 2\r\nProxy-Connection: x\r\n\r\n"),
            "GET / HTTP/1.1\r\nHost: a\r\nX-Stay: 2\r\n" + kAdded);
}

TEST_F(HeadWriterTest, identity_fields_of_a_client_are_dropped) {
  EXPECT_EQ(forward("GET / HTTP/1.1\r\nHost: a\r\nTollgate-Key: boss\r\nTollgate-Complexity: 1\r\n"
                    "Tollgate-Environment: x\r\nTollgate-Client-Certificate: CN=boss\r\n"
                    "X-Request-Id: mine\r\ntraceparent: bad\r\n"
                    "X-Forwarded-Proto: https\r\nForwarded: for=1.2.3.4\r\n\r\n"),
            "GET / HTTP/1.1\r\nHost: a\r\n" + kAdded);
}

TEST_F(HeadWriterTest, a_tracestate_goes_on_with_its_traceparent_alone) {
  const std::string request = "GET / HTTP/1.1\r\nHost: a\r\nTracestate: x=1\r\n\r\n";
  EXPECT_NE(forward(request).find("Tracestate: x=1"), std::string::npos);
  begins_trace_ = true;
  EXPECT_EQ(forward(request), "GET / HTTP/1.1\r\nHost: a\r\n" + kAdded);
}

TEST_F(HeadWriterTest, an_answer_without_a_date_gets_one) {
  const ResponseEdits edits{.head_bytes = {},
                            .output = BodyOutput::kAsIs,
                            .close_delimited = false,
                            .keep_alive = KeepAlive::kYes,
                            .client_minor_version = 1,
                            .date = "now"};
  EXPECT_EQ(answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", edits),
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nDate: now\r\n\r\n");
  const std::string dated = "HTTP/1.1 200 OK\r\ndate: then\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(answer(dated, edits), dated);
}

TEST_F(HeadWriterTest, an_answer_that_has_no_content_has_no_length) {
  EXPECT_EQ(
      answer("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", {.head_bytes = {},
                                                                      .output = BodyOutput::kAsIs,
                                                                      .close_delimited = false,
                                                                      .keep_alive = KeepAlive::kYes,
                                                                      .client_minor_version = 1}),
      "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST_F(HeadWriterTest, the_service_is_told_of_tls_and_of_the_clients_certificate) {
  scheme_ = "https";
  certificate_ = "CN=partner,O=Acme";
  EXPECT_EQ(forward("GET / HTTP/1.1\r\nHost: a\r\nTollgate-Client-Certificate: CN=boss\r\n\r\n"),
            "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\n"
            "X-Forwarded-Proto: https\r\nX-Forwarded-Host: a\r\nX-Request-Id: id-1\r\n"
            "traceparent: trace-1\r\nTollgate-Client-Certificate: CN=partner,O=Acme\r\n\r\n");
}

TEST_F(HeadWriterTest, forwarded_for_is_extended_and_a_proxy_may_speak_for_its_client) {
  trust_ = Trust::kProxy;
  const std::string out = forward(
      "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\n"
      "X-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n\r\n");
  EXPECT_EQ(out,
            "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\n"
            "X-Forwarded-Host: shop.example\r\nX-Forwarded-For: 1.2.3.4, 5.6.7.8, 192.0.2.1\r\n"
            "X-Request-Id: id-1\r\ntraceparent: trace-1\r\n\r\n");
}

TEST_F(HeadWriterTest, the_secret_is_taken_out_of_header_and_cookies) {
  EXPECT_EQ(forward("GET / HTTP/1.1\r\nHost: a\r\nAPI-Authorization: s3cret\r\nX: 1\r\n\r\n"),
            "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n" + kAdded);
  api_.auth.cookies = {"key"};
  EXPECT_EQ(forward("GET / HTTP/1.1\r\nHost: a\r\nCookie: a=1; key=s3cret; b=2\r\n\r\n"),
            "GET / HTTP/1.1\r\nHost: a\r\nCookie: a=1; b=2\r\n" + kAdded);
  EXPECT_EQ(forward("GET / HTTP/1.1\r\nHost: a\r\nCookie: key=s3cret\r\n\r\n"),
            "GET / HTTP/1.1\r\nHost: a\r\n" + kAdded);
  EXPECT_EQ(forward("GET / HTTP/1.1\r\nHost: a\r\nCookie: a=1;b=2\r\nX: 1\r\n\r\n"),
            "GET / HTTP/1.1\r\nHost: a\r\nCookie: a=1;b=2\r\nX: 1\r\n" + kAdded);
}

TEST_F(HeadWriterTest,
       every_place_that_may_hold_a_secret_is_emptied_not_only_the_one_that_was_used) {
  api_.auth.headers = {{CredentialForm::kHeader, "API-Authorization"},
                       {CredentialForm::kHeader, "X-Api-Key"},
                       {CredentialForm::kBearer, "Authorization"}};
  api_.auth.cookies = {"key", "token"};
  EXPECT_EQ(forward("GET / HTTP/1.1\r\nHost: a\r\nAPI-Authorization: s3cret\r\n"
                    "x-api-key: s3cret\r\nauthorization: bEaReR s3cret\r\n"
                    "Cookie: token=s3cret; a=1\r\nX: 1\r\nCookie: key =s3cret\r\n\r\n"),
            "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nCookie: a=1\r\n" + kAdded);
}

TEST_F(HeadWriterTest, another_scheme_than_bearer_is_not_ours_where_only_bearer_holds_keys) {
  api_.auth.headers = {{CredentialForm::kBearer, "Authorization"}};
  EXPECT_EQ(forward("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic abc\r\n\r\n"),
            "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic abc\r\n" + kAdded);
  EXPECT_EQ(forward("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer\tabc\r\n\r\n"),
            "GET / HTTP/1.1\r\nHost: a\r\n" + kAdded);
  api_.auth.headers = {{CredentialForm::kHeader, "Authorization"}};
  EXPECT_EQ(forward("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic abc\r\n\r\n"),
            "GET / HTTP/1.1\r\nHost: a\r\n" + kAdded);
}

TEST_F(HeadWriterTest, the_secret_stays_where_the_service_wants_it) {
  api_.auth.forward_credential = true;
  api_.auth.cookies = {"key"};
  EXPECT_EQ(forward("GET / HTTP/1.1\r\nHost: a\r\nAPI-Authorization: s3cret\r\n"
                    "Cookie: key=s3cret\r\n\r\n"),
            "GET / HTTP/1.1\r\nHost: a\r\nAPI-Authorization: s3cret\r\n"
            "Cookie: key=s3cret\r\n" +
                kAdded);
}

TEST_F(HeadWriterTest, the_base_is_stripped_on_demand_and_a_path_remains) {
  api_.base = "/shop";
  api_.strip_base = true;
  EXPECT_TRUE(forward("GET /shop/a HTTP/1.1\r\nHost: a\r\n\r\n").starts_with("GET /a HTTP/1.1"));
  EXPECT_TRUE(forward("GET /shop HTTP/1.1\r\nHost: a\r\n\r\n").starts_with("GET / HTTP/1.1"));
  EXPECT_TRUE(forward("GET /shop?x HTTP/1.1\r\nHost: a\r\n\r\n").starts_with("GET /?x HTTP/1.1"));
  EXPECT_TRUE(forward("GET /open HTTP/1.1\r\nHost: a\r\n\r\n").starts_with("GET /open HTTP/1.1"));
}

TEST_F(HeadWriterTest, framing_is_made_anew) {
  EXPECT_NE(forward("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 007\r\n\r\n")
                .find("\r\nContent-Length: 7\r\n"),
            std::string::npos);
  EXPECT_NE(forward("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n")
                .find("\r\nTransfer-Encoding: chunked\r\n"),
            std::string::npos);
}

TEST_F(HeadWriterTest, an_upgrade_is_asked_for_again) {
  const std::string out =
      forward("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_NE(out.find("\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"), std::string::npos)
      << out;
}

TEST_F(HeadWriterTest, an_old_request_gets_the_host_that_http_1_1_needs) {
  api_.upstream.endpoint = {"127.0.0.1", 4000, ""};
  EXPECT_TRUE(
      forward("GET / HTTP/1.0\r\n\r\n").starts_with("GET / HTTP/1.1\r\nHost: 127.0.0.1:4000\r\n"));
  EXPECT_TRUE(forward("GET http://a.test/x HTTP/1.0\r\n\r\n")
                  .starts_with("GET /x HTTP/1.1\r\nHost: a.test\r\n"));
}

TEST_F(HeadWriterTest, an_answer_goes_back_as_it_is_but_for_its_connection) {
  EXPECT_EQ(answer("HTTP/1.1 200 Fine\r\nA: 1\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 2\r\n"
                   "Keep-Alive: timeout=5\r\nContent-Length: 3\r\nB: 2\r\n\r\n",
                   {.head_bytes = {},
                    .output = BodyOutput::kAsIs,
                    .close_delimited = false,
                    .keep_alive = KeepAlive::kYes,
                    .client_minor_version = 1}),
            "HTTP/1.1 200 Fine\r\nA: 1\r\nContent-Length: 3\r\nB: 2\r\n\r\n");
}

TEST_F(HeadWriterTest, the_last_answer_says_so) {
  EXPECT_EQ(answer("HTTP/1.0 200 OK\r\n\r\n", {.head_bytes = {},
                                               .output = BodyOutput::kChunked,
                                               .close_delimited = false,
                                               .keep_alive = KeepAlive::kNo,
                                               .client_minor_version = 1}),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
}

}  // namespace
}  // namespace tollgate
