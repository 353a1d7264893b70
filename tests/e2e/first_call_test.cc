// The main road: a call with a valid key goes through, everything else is refused and says why.
#include <gtest/gtest.h>

#include "tests/support/proxy.h"

namespace tollgate {
namespace {

TEST(FirstCall, a_call_with_a_valid_key_goes_through_without_the_key) {
  ScriptedUpstream upstream;
  const auto proxy = Proxy::simple(upstream.port());
  Peer client = proxy->connect();
  client.send("GET /orders/1?x=1 HTTP/1.1\r\nHost: api.example\r\n" + kKeyField +
              "X-Mine: 1\r\n\r\n");
  Peer service = upstream.accept();
  const Message request = service.read_message();
  EXPECT_EQ(request.start_line, "GET /orders/1?x=1 HTTP/1.1");
  EXPECT_EQ(request.field("host"), "api.example");
  EXPECT_EQ(request.field("api-authorization"), "");
  EXPECT_EQ(request.field("x-mine"), "1");
  EXPECT_EQ(request.field("tollgate-key"), "erp");
  EXPECT_EQ(request.field("x-forwarded-for"), "127.0.0.1");
  EXPECT_EQ(request.field("x-forwarded-proto"), "http");
  EXPECT_EQ(request.field("x-forwarded-host"), "api.example");
  service.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Theirs: 2\r\n\r\nhello");
  const Message answer = client.read_message();
  EXPECT_EQ(answer.start_line, "HTTP/1.1 200 OK");
  EXPECT_EQ(answer.field("x-theirs"), "2");
  EXPECT_EQ(answer.body, "hello");
}

TEST(FirstCall, a_call_without_a_key_is_refused_and_nothing_reaches_the_upstream) {
  ScriptedUpstream upstream;
  const auto proxy = Proxy::simple(upstream.port());
  Peer client = proxy->connect();
  client.send("GET /orders/1 HTTP/1.1\r\nHost: api.example\r\n\r\n");
  const Message answer = client.read_message();
  EXPECT_EQ(answer.status(), 401);
  EXPECT_NE(answer.body.find("\"key_missing\""), std::string::npos) << answer.body;
  EXPECT_NE(answer.field("www-authenticate").find("API-Authorization"), std::string::npos);
  EXPECT_FALSE(upstream.has_connection());
  client.send("GET /orders/1 HTTP/1.1\r\nHost: api.example\r\nAPI-Authorization: wrong\r\n\r\n");
  EXPECT_EQ(client.read_message().status(), 401);
}

}  // namespace
}  // namespace tollgate
