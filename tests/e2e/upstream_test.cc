// The upstream's side: pooling, retries, timeouts, hostile answers, names, Unix sockets.
#include "tests/support/conversation.h"

namespace tollgate {
namespace {

class Upstream : public Conversation {
 protected:
  // An idle upstream connection, as a call leaves it.
  Peer leave_idle_connection(Peer& client) {
    client.send(request("GET /warm HTTP/1.1"));
    Peer service = upstream_.accept();
    (void)service.read_message();
    service.send(ok("warm"));
    (void)client.read_message();
    return service;
  }
  // What the client gets when the upstream sends these bytes and closes.
  Message answer_to(const std::string& bytes) {
    Peer client = proxy_->connect();
    client.send(request("GET / HTTP/1.1"));
    Peer service = upstream_.accept();
    (void)service.read_message();
    service.send(bytes);
    service.shut_down_writing();
    return client.read_message();
  }
};

TEST_F(Upstream, an_idempotent_call_is_retried_when_a_pooled_connection_has_died) {
  begin();
  Peer client = proxy_->connect();
  Peer service = leave_idle_connection(client);
  client.send(request("GET /again HTTP/1.1"));
  (void)service.read_message();
  service.close();
  Peer fresh = upstream_.accept();
  EXPECT_EQ(fresh.read_message().start_line, "GET /again HTTP/1.1");
  fresh.send(ok("second try"));
  EXPECT_EQ(client.read_message().body, "second try");
}

TEST_F(Upstream, a_put_is_retried_with_its_body) {
  begin();
  Peer client = proxy_->connect();
  Peer service = leave_idle_connection(client);
  client.send(
      request("PUT /again HTTP/1.1", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"));
  (void)service.read_message();
  service.close();
  Peer fresh = upstream_.accept();
  EXPECT_EQ(fresh.read_message().body, "abc");
  fresh.send(ok("second try"));
  EXPECT_EQ(client.read_message().body, "second try");
}

TEST_F(Upstream, a_post_is_never_sent_twice) {
  begin();
  Peer client = proxy_->connect();
  Peer service = leave_idle_connection(client);
  client.send(request("POST /once HTTP/1.1", "Content-Length: 1\r\n", "x"));
  (void)service.read_message();
  service.close();
  const Message answer = client.read_message();
  EXPECT_EQ(answer.status(), 502);
  EXPECT_TRUE(has(answer.body, "\"upstream_invalid\"")) << answer.body;
  EXPECT_TRUE(has(answer.body, "without an answer. It may have carried the call out all the same"))
      << answer.body;
  EXPECT_FALSE(upstream_.has_connection());
}

TEST_F(Upstream, a_get_on_a_new_connection_is_not_retried) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  service.close();
  EXPECT_EQ(client.read_message().status(), 502);
  EXPECT_FALSE(upstream_.has_connection());
}

TEST_F(Upstream, a_pooled_connection_that_closed_quietly_is_not_used) {
  begin();
  Peer client = proxy_->connect();
  Peer service = leave_idle_connection(client);
  service.close();
  (void)proxy_->admin("/healthz");
  client.send(request("POST / HTTP/1.1", "Content-Length: 1\r\n", "x"));
  Peer fresh = upstream_.accept();
  (void)fresh.read_message();
  fresh.send(ok("fresh"));
  EXPECT_EQ(client.read_message().body, "fresh");
}

TEST_F(Upstream, bytes_that_nobody_asked_for_close_the_pooled_connection) {
  begin();
  Peer client = proxy_->connect();
  Peer service = leave_idle_connection(client);
  service.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
  EXPECT_NE(service.wait_for_end(), Peer::End::kOpen);
  client.send(request("GET / HTTP/1.1"));
  Peer fresh = upstream_.accept();
  (void)fresh.read_message();
  fresh.send(ok("good"));
  EXPECT_EQ(client.read_message().body, "good");
}

TEST_F(Upstream, a_pooled_connection_is_closed_after_keepalive) {
  begin();
  Peer client = proxy_->connect();
  Peer service = leave_idle_connection(client);
  proxy_->advance(4s);
  EXPECT_EQ(service.wait_for_end(), Peer::End::kClosed);
}

TEST_F(Upstream, an_answer_that_says_close_is_believed) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  service.send(ok("last", "Connection: close\r\n"));
  EXPECT_EQ(client.read_message().field("connection"), "");
  EXPECT_NE(service.wait_for_end(), Peer::End::kOpen);
}

TEST_F(Upstream, that_refuses_connections_is_unreachable) {
  std::uint16_t port = 0;
  { port = ScriptedUpstream().port(); }
  proxy_ = Proxy::simple(port);
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1"));
  const Message answer = client.read_message();
  EXPECT_EQ(answer.status(), 502);
  EXPECT_TRUE(has(answer.body, "\"upstream_unreachable\"")) << answer.body;
  EXPECT_TRUE(has(answer.body, "refused. Send the call again, after a pause")) << answer.body;
  EXPECT_TRUE(has(answer.body, "tell the API's operator the X-Request-Id")) << answer.body;
  EXPECT_TRUE(has(proxy_->admin("/metrics"), "upstream_connect_failures_total{api=\"orders\"} 2"));
  // The client's connection is still good.
  client.send(request("GET / HTTP/1.1"));
  EXPECT_EQ(client.read_message().status(), 502);
}

TEST_F(Upstream, that_does_not_answer_in_time_is_a_timeout) {
  begin("", "    # bounds\n");
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  proxy_->advance(29s);
  EXPECT_TRUE(client.is_silent());
  proxy_->advance(1s);
  const Message answer = client.read_message();
  EXPECT_EQ(answer.status(), 504);
  EXPECT_TRUE(has(answer.body, "\"upstream_timeout\"")) << answer.body;
  EXPECT_TRUE(has(answer.body, "in time (30s). It may have carried the call out all the same"))
      << answer.body;
  EXPECT_TRUE(has(answer.body, "tell the API's operator the X-Request-Id")) << answer.body;
  EXPECT_NE(service.wait_for_end(), Peer::End::kOpen);
  EXPECT_TRUE(has(proxy_->access_log(), "\"upstream_ms\":30000"));
}

TEST_F(Upstream, that_falls_silent_within_its_answer_is_cut_visibly) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  service.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  EXPECT_TRUE(has(client.read_until("abc\r\n"), "abc"));
  proxy_->advance(60s);
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_NE(service.wait_for_end(), Peer::End::kOpen);
}

TEST_F(Upstream, hostile_heads_become_upstream_invalid) {
  begin();
  const std::string flood = [] {
    std::string head = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 2000; ++i) head += "X-" + std::to_string(i) + ": 1\r\n";
    return head + "\r\n";
  }();
  for (const std::string& bad :
       {std::string(
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
        std::string("SSH-2.0-OpenSSH_9.2\r\n"), std::string("\x16\x03\x01\x02"),
        std::string("HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n"), std::string("HTTP/1.1 99 Low\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Le"), std::string(), flood,
        std::string("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")}) {
    const Message answer = answer_to(bad);
    EXPECT_EQ(answer.status(), 502) << bad.substr(0, 60);
    EXPECT_TRUE(has(answer.body, "\"upstream_invalid\"")) << bad.substr(0, 60) << answer.body;
  }
}

TEST_F(Upstream, endless_interim_answers_end) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  for (int i = 0; i < 100; ++i) service.send("HTTP/1.1 103 Early Hints\r\n\r\n");
  Message answer = client.read_message();
  int interim = 0;
  for (; answer.status() == 103 && interim < 100; ++interim) answer = client.read_message();
  EXPECT_LE(interim, 16);
  EXPECT_EQ(answer.status(), 502);
}

TEST_F(Upstream, a_cut_answer_never_looks_complete) {
  begin();
  EXPECT_TRUE(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc").cut);
  EXPECT_TRUE(answer_to("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc").cut);
  EXPECT_TRUE(
      answer_to("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n").cut);
}

TEST_F(Upstream, a_cut_answer_to_an_old_client_ends_with_a_reset) {
  begin();
  Peer client = proxy_->connect();
  client.send("GET / HTTP/1.0\r\n" + kKeyField + "\r\n");
  Peer service = upstream_.accept();
  (void)service.read_message();
  service.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  (void)client.read_head();
  EXPECT_EQ(client.read_exactly(3), "abc");
  service.close();
  EXPECT_EQ(client.wait_for_end(), Peer::End::kReset);
}

TEST_F(Upstream, waiting_calls_get_the_connection_that_comes_free_and_time_out_busy) {
  proxy_ = std::make_unique<Proxy>(
      "apis:\n  - name: orders\n    base: /\n    upstream:\n      url: \"http://127.0.0.1:" +
          std::to_string(upstream_.port()) + "\"\n      max_connections: 1\n",
      kSimpleKeys);
  Peer first = proxy_->connect();
  first.send(request("GET /1 HTTP/1.1"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  Peer second = proxy_->connect();
  second.send(request("GET /2 HTTP/1.1"));
  EXPECT_FALSE(upstream_.has_connection());
  service.send(ok("1"));
  EXPECT_EQ(first.read_message().body, "1");
  EXPECT_EQ(service.read_message().start_line, "GET /2 HTTP/1.1");
  first.send(request("GET /3 HTTP/1.1"));
  EXPECT_TRUE(first.is_silent());
  proxy_->advance(2s);
  const Message busy = first.read_message();
  EXPECT_EQ(busy.status(), 503);
  EXPECT_TRUE(has(busy.body, "\"overloaded\"")) << busy.body;
}

TEST_F(Upstream, a_client_that_goes_away_takes_its_upload_with_it) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("POST / HTTP/1.1", "Content-Length: 1000\r\n", "abc"));
  Peer service = upstream_.accept();
  (void)service.read_head();
  EXPECT_EQ(service.read_exactly(3), "abc");
  client.reset();
  EXPECT_NE(service.wait_for_end(), Peer::End::kOpen);
}

TEST_F(Upstream, an_authority_is_no_path_and_open_paths_may_lie_outside_the_base) {
  const Proxy proxy(
      "apis:\n  - name: orders\n    base: /shop\n    strip_base: true\n"
      "    upstream: {url: \"http://127.0.0.1:" +
          std::to_string(upstream_.port()) + "\"}\n    open: [\"GET /healthz\"]\n",
      kSimpleKeys);
  Peer client = proxy.connect();
  client.send(request("GET /shop//evil/x HTTP/1.1"));
  const Message refused = client.read_message();
  EXPECT_EQ(refused.status(), 404);
  EXPECT_TRUE(has(refused.body, "\"no_api\"")) << refused.body;
  client.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  Peer service = upstream_.accept();
  EXPECT_TRUE(service.read_message().start_line.starts_with("GET /healthz HTTP/1.1"));
  service.send(ok("well"));
  EXPECT_EQ(client.read_message().body, "well");
  client.send("POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(client.read_message().status(), 404);
}

TEST_F(Upstream, a_unix_socket_serves_on_both_sides) {
  const TempFolder folder;
  ScriptedUpstream local(folder.file("service.sock"));
  const Proxy proxy("listen: [{address: \"unix:" + folder.file("front.sock") +
                        "\"}]\napis:\n  - name: orders\n    base: /\n    upstream: {url: \"unix:" +
                        folder.file("service.sock") + "\"}\n",
                    kSimpleKeys);
  Peer client = Peer::connect_unix(folder.file("front.sock"));
  client.send(request("GET /u HTTP/1.1"));
  Peer service = local.accept();
  const Message received = service.read_message();
  EXPECT_EQ(received.start_line, "GET /u HTTP/1.1");
  EXPECT_EQ(received.field("x-forwarded-for"), "127.0.0.1");
  service.send(ok("local"));
  EXPECT_EQ(client.read_message().body, "local");
}

TEST_F(Upstream, a_name_is_resolved) {
  proxy_ = std::make_unique<Proxy>(
      "apis:\n  - name: orders\n    base: /\n    upstream: {url: \"http://localhost:" +
          std::to_string(upstream_.port()) + "\"}\n",
      kSimpleKeys);
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  service.send(ok("found"));
  EXPECT_EQ(client.read_message().body, "found");
}

TEST_F(Upstream, a_name_that_does_not_resolve_is_unreachable) {
  proxy_ = std::make_unique<Proxy>(
      "apis:\n  - name: orders\n    base: /\n    upstream: {url: "
      "\"http://no-such-name.invalid:80\"}\n",
      kSimpleKeys);
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1"));
  const Message answer = client.read_message();
  EXPECT_EQ(answer.status(), 502);
  EXPECT_TRUE(has(answer.body, "no-such-name.invalid")) << answer.body;
}

}  // namespace
}  // namespace tollgate
