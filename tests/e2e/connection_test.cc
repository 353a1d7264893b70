// Keep-alive, pipelining, and what ends a connection.
#include "tests/support/conversation.h"

namespace tollgate {
namespace {

class Connection : public Conversation {};

TEST_F(Connection, one_connection_carries_many_calls_and_so_does_the_upstreams) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("GET /0 HTTP/1.1"));
  Peer service = upstream_.accept();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(service.read_message().start_line, "GET /" + std::to_string(i) + " HTTP/1.1");
    service.send(ok("answer " + std::to_string(i)));
    EXPECT_EQ(client.read_message().body, "answer " + std::to_string(i));
    client.send(request("GET /" + std::to_string(i + 1) + " HTTP/1.1"));
  }
  EXPECT_FALSE(upstream_.has_connection());
}

TEST_F(Connection, pipelined_calls_are_answered_one_after_another_in_order) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("GET /a HTTP/1.1") +
              request("POST /b HTTP/1.1", "Content-Length: 3\r\n", "abc") +
              request("GET /c HTTP/1.1"));
  Peer service = upstream_.accept();
  EXPECT_EQ(service.read_message().start_line, "GET /a HTTP/1.1");
  EXPECT_TRUE(service.is_silent());
  service.send(ok("A"));
  Peer second = std::move(service);
  const Message b = second.read_message();
  EXPECT_EQ(b.start_line, "POST /b HTTP/1.1");
  EXPECT_EQ(b.body, "abc");
  second.send(ok("B"));
  EXPECT_EQ(second.read_message().start_line, "GET /c HTTP/1.1");
  second.send(ok("C"));
  EXPECT_EQ(client.read_message().body, "A");
  EXPECT_EQ(client.read_message().body, "B");
  EXPECT_EQ(client.read_message().body, "C");
}

TEST_F(Connection, two_thousand_pipelined_refusals_are_all_answered) {
  begin();
  Peer client = proxy_->connect();
  std::string flood;
  constexpr int kCalls = 2000;
  for (int i = 0; i < kCalls; ++i) flood += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  std::thread sender([&] { client.send(flood); });
  int refused = 0;
  Peer reader{Fd(dup(client.fd()))};
  while (refused < kCalls && reader.read_message().status() == 401) ++refused;
  sender.join();
  EXPECT_EQ(refused, kCalls);
}

// More than one turn serves, and no more input that would begin another.
TEST_F(Connection, pipelined_calls_before_the_end_of_sending_are_all_answered) {
  begin();
  Peer client = proxy_->connect();
  std::string calls;
  constexpr int kCalls = 140;
  for (int i = 0; i < kCalls; ++i) calls += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  client.send(calls);
  client.shut_down_writing();
  int refused = 0;
  while (refused < kCalls && client.read_message().status() == 401) ++refused;
  EXPECT_EQ(refused, kCalls);
  EXPECT_EQ(client.wait_for_end(), Peer::End::kClosed);
}

TEST_F(Connection, a_client_that_asks_for_the_end_gets_it_after_the_answer) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1", "Connection: close\r\n"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  service.send(ok("bye"));
  const Message answer = client.read_message();
  EXPECT_EQ(answer.field("connection"), "close");
  EXPECT_EQ(client.wait_for_end(), Peer::End::kClosed);
}

TEST_F(Connection, an_http_1_0_client_is_served_and_closed_unless_it_asks_to_stay) {
  begin();
  Peer client = proxy_->connect();
  client.send("GET / HTTP/1.0\r\n" + kKeyField + "Connection: keep-alive\r\n\r\n");
  Peer service = upstream_.accept();
  EXPECT_EQ(service.read_message().start_line, "GET / HTTP/1.1");
  service.send(ok("one"));
  const Message first = client.read_message();
  EXPECT_EQ(first.body, "one");
  EXPECT_EQ(first.field("connection"), "keep-alive");
  client.send("GET / HTTP/1.0\r\n" + kKeyField + "\r\n");
  (void)service.read_message();
  service.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n");
  const Message second = client.read_message();
  EXPECT_EQ(second.field("transfer-encoding"), "");
  EXPECT_EQ(second.body, "two");
  EXPECT_EQ(client.wait_for_end(), Peer::End::kClosed);
}

TEST_F(Connection, a_client_that_has_closed_its_sending_side_still_gets_its_answer) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1"));
  client.shut_down_writing();
  Peer service = upstream_.accept();
  (void)service.read_message();
  service.send(ok("late"));
  EXPECT_EQ(client.read_message().body, "late");
  EXPECT_EQ(client.wait_for_end(), Peer::End::kClosed);
}

TEST_F(Connection, an_idle_client_is_closed_after_idle_timeout) {
  begin("connections: {idle_timeout: 60s}\n");
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  service.send(ok("x"));
  (void)client.read_message();
  proxy_->advance(59s);
  EXPECT_TRUE(client.is_silent());
  proxy_->advance(1s);
  EXPECT_EQ(client.wait_for_end(), Peer::End::kClosed);
  EXPECT_TRUE(has(proxy_->admin("/metrics"), "overload_total{bound=\"idle_timeout\"} 1"));
}

TEST_F(Connection, a_head_that_takes_too_long_is_answered_with_timeout) {
  begin("connections: {header_timeout: 10s}\n");
  Peer client = proxy_->connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\nX-Slow");
  ASSERT_TRUE(client.is_silent());
  proxy_->advance(9s);
  client.send(": 1");
  ASSERT_TRUE(client.is_silent());
  proxy_->advance(1s);
  const Message answer = client.read_message();
  EXPECT_EQ(answer.status(), 408);
  EXPECT_TRUE(has(answer.body, "\"timeout\"")) << answer.body;
  EXPECT_TRUE(has(answer.body, "within 10s of its first byte. Send the call again")) << answer.body;
  EXPECT_EQ(client.wait_for_end(), Peer::End::kClosed);
}

TEST_F(Connection, a_body_that_stalls_is_answered_with_timeout) {
  begin("connections: {body_timeout: 30s}\n");
  Peer client = proxy_->connect();
  client.send(request("POST / HTTP/1.1", "Content-Length: 10\r\n", "abc"));
  Peer service = upstream_.accept();
  (void)service.read_head();
  EXPECT_EQ(service.read_exactly(3), "abc");
  proxy_->advance(30s);
  const Message answer = client.read_message();
  EXPECT_EQ(answer.status(), 408);
  EXPECT_TRUE(has(answer.body, "nothing of it came for 30s. Send the call again")) << answer.body;
  EXPECT_NE(service.wait_for_end(), Peer::End::kOpen);
}

TEST_F(Connection, beyond_max_connections_a_client_is_turned_away) {
  begin("connections: {max: 2}\n");
  Peer first = proxy_->connect();
  Peer second = proxy_->connect();
  first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  second.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  (void)first.read_message();
  (void)second.read_message();
  Peer third = proxy_->connect();
  const Message answer = third.read_message();
  EXPECT_EQ(answer.status(), 503);
  EXPECT_TRUE(has(answer.body, "\"overloaded\"")) << answer.body;
  EXPECT_EQ(answer.field("x-request-id"), "");
  first.close();
  second.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  (void)second.read_message();
  EXPECT_TRUE(has(proxy_->admin("/metrics"), "overload_total{bound=\"connections\"} 1"));
  Peer fourth = proxy_->connect();
  fourth.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(fourth.read_message().status(), 401);
  EXPECT_FALSE(has(proxy_->access_log(), "overloaded"));
}

TEST_F(Connection, a_head_beyond_its_bounds_is_refused) {
  begin("connections: {max_header_bytes: 4KiB, max_headers: 20}\n");
  Peer big = proxy_->connect();
  big.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(5000, 'x') + "\r\n\r\n");
  EXPECT_TRUE(has(big.read_message().body, "larger than the limit, which is 4096 bytes"));
  Peer many = proxy_->connect();
  std::string fields;
  for (int i = 0; i < 30; ++i) fields += "X-" + std::to_string(i) + ": 1\r\n";
  many.send("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
  const Message answer = many.read_message();
  EXPECT_EQ(answer.status(), 431);
  EXPECT_TRUE(has(answer.body, "\"head_too_large\"")) << answer.body;
  EXPECT_TRUE(has(answer.body, "which is 20 fields")) << answer.body;
  EXPECT_EQ(many.wait_for_end(), Peer::End::kClosed);
}

TEST_F(Connection, malformed_requests_get_400_and_nothing_goes_upstream) {
  begin();
  for (const std::string bad :
       {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
        "GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n", "GET /%2e%2e/b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a%2fb HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nAPI_Authorization: secret-one\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: API-Authorization\r\nAPI-Authorization: "
        "secret-one\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nAPI-Authorization: secret-one\r\nAPI-Authorization: "
        "secret-one\r\n\r\n"}) {
    Peer client = proxy_->connect();
    client.send(bad);
    const Message answer = client.read_message();
    EXPECT_EQ(answer.status(), 400) << bad;
    EXPECT_TRUE(has(answer.body, "\"bad_request\"")) << bad << answer.body;
    EXPECT_EQ(answer.field("x-request-id").size(), 32U) << bad;
  }
  EXPECT_FALSE(upstream_.has_connection());
}

TEST_F(Connection, a_refused_head_is_logged_with_what_was_read_of_it) {
  begin();
  Peer client = proxy_->connect();
  client.send("POST /orders?a HTTP/1.1\r\nHost: a\r\nAPI_Authorization: secret-one\r\n\r\n");
  EXPECT_EQ(client.read_message().status(), 400);
  const std::string line = proxy_->access_log();
  EXPECT_TRUE(has(line, "\"method\":\"POST\"")) << line;
  EXPECT_TRUE(has(line, "\"path\":\"/orders\"")) << line;
  EXPECT_TRUE(has(line, "\"user_agent\":null")) << line;
}

TEST_F(Connection, http_2_by_prior_knowledge_is_told_that_it_is_not_spoken) {
  begin();
  Peer client = proxy_->connect();
  client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  EXPECT_EQ(client.read_message().status(), 505);
}

TEST_F(Connection, a_request_without_a_version_ends_without_a_byte_and_has_the_status_0) {
  begin();
  Peer client = proxy_->connect();
  client.send("GET /\r\n\r\n");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_TRUE(has(proxy_->access_log(), "\"status\":0,\"reason\":\"bad_request\""));
}

TEST_F(Connection, connect_and_trace_are_not_allowed) {
  begin();
  for (const std::string line : {"CONNECT a:443 HTTP/1.1", "TRACE / HTTP/1.1"}) {
    Peer client = proxy_->connect();
    client.send(line + "\r\nHost: " + (line[0] == 'C' ? "a:443" : "a") + "\r\n\r\n");
    const Message answer = client.read_message();
    EXPECT_EQ(answer.status(), 405) << line;
    EXPECT_TRUE(has(answer.field("allow"), "POST"));
    EXPECT_TRUE(has(answer.body, "Use one of the methods that the field Allow names."));
  }
}

TEST_F(Connection, a_graphql_api_refuses_trace_as_it_refuses_all) {
  begin("", "    kind: graphql\n");
  Peer client = proxy_->connect();
  client.send("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n");
  const Message answer = client.read_message();
  EXPECT_EQ(answer.status(), 405);
  EXPECT_TRUE(has(answer.body, "{\"errors\":[")) << answer.body;
}

TEST_F(Connection, trace_does_not_tell_an_api_that_conceals_itself) {
  begin("", "    kind: graphql\n    auth: {conceal: true}\n");
  Peer client = proxy_->connect();
  client.send("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_message().field("content-type"), "application/problem+json");
}

}  // namespace
}  // namespace tollgate
