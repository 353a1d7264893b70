// WebSocket and other upgrades, server-sent events, and what ends them.
#include "tests/support/conversation.h"

namespace tollgate {
namespace {

class Streaming : public Conversation {
 protected:
  // A tunnel through the proxy, both ends of it.
  struct Tunnel {
    Peer client;
    Peer service;
  };
  Tunnel open_tunnel(const std::string& early = "") {
    Peer client = proxy_->connect();
    client.send(request("GET /socket HTTP/1.1",
                        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: abc\r\n") +
                early);
    Peer service = upstream_.accept();
    const Message received = service.read_message();
    EXPECT_EQ(received.field("upgrade"), "websocket");
    EXPECT_EQ(received.field("sec-websocket-key"), "abc");
    EXPECT_TRUE(service.is_silent());
    service.send(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Accept: xyz\r\n\r\nhello");
    const Message answer = client.read_head();
    EXPECT_EQ(answer.status(), 101);
    EXPECT_EQ(answer.field("upgrade"), "websocket");
    EXPECT_EQ(answer.field("connection"), "upgrade");
    EXPECT_EQ(answer.field("sec-websocket-accept"), "xyz");
    EXPECT_EQ(client.read_exactly(5), "hello");
    return {std::move(client), std::move(service)};
  }
  static std::string keys(const std::string& more) { return std::string(kSimpleKeys) + more; }
};

TEST_F(Streaming, an_upgrade_is_a_tunnel_once_the_upstream_agrees) {
  begin();
  Tunnel tunnel = open_tunnel("early bytes");
  EXPECT_EQ(tunnel.service.read_exactly(11), "early bytes");
  tunnel.client.send("up");
  EXPECT_EQ(tunnel.service.read_exactly(2), "up");
  tunnel.service.send("down");
  EXPECT_EQ(tunnel.client.read_exactly(4), "down");
  tunnel.client.shut_down_writing();
  EXPECT_EQ(tunnel.service.wait_for_end(), Peer::End::kClosed);
  tunnel.service.send("last words");
  tunnel.service.close();
  EXPECT_EQ(tunnel.client.read_to_end(), "last words");
}

TEST_F(Streaming, an_upgrade_that_the_upstream_declines_is_an_ordinary_call) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  service.send(ok("no socket here"));
  EXPECT_EQ(client.read_message().body, "no socket here");
  client.send(request("GET /next HTTP/1.1"));
  EXPECT_EQ(service.read_message().start_line, "GET /next HTTP/1.1");
}

TEST_F(Streaming, an_upgrade_without_a_key_is_refused) {
  begin();
  Peer client = proxy_->connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_EQ(client.read_message().status(), 401);
}

TEST_F(Streaming, h2c_is_not_handed_on) {
  begin();
  Peer client = proxy_->connect();
  client.send(
      request("GET / HTTP/1.1",
              "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n"));
  Peer service = upstream_.accept();
  const Message received = service.read_message();
  EXPECT_EQ(received.field("upgrade"), "");
  EXPECT_EQ(received.field("http2-settings"), "");
  EXPECT_EQ(received.field("connection"), "");
}

TEST_F(Streaming, a_silent_tunnel_is_closed_after_idle_timeout_and_a_busy_one_is_not) {
  begin();
  Tunnel tunnel = open_tunnel();
  proxy_->advance(59s);
  tunnel.client.send("x");
  EXPECT_EQ(tunnel.service.read_exactly(1), "x");
  proxy_->advance(59s);
  EXPECT_TRUE(tunnel.client.is_silent());
  proxy_->advance(1s);
  EXPECT_NE(tunnel.client.wait_for_end(), Peer::End::kOpen);
  EXPECT_NE(tunnel.service.wait_for_end(), Peer::End::kOpen);
}

TEST_F(Streaming, a_tunnel_whose_client_does_not_read_ends_and_is_counted) {
  proxy_ = std::make_unique<Proxy>(
      "apis: [{name: orders, base: /, upstream: {idle_timeout: 1d, url: \"http://127.0.0.1:" +
          std::to_string(upstream_.port()) + "\"}}]\n",
      kSimpleKeys);
  Tunnel tunnel = open_tunnel();
  std::atomic<bool> sent = false;
  std::thread sender([&] {
    tunnel.service.send(std::string(64U << 20, 'x'));
    sent = true;
  });
  // The deadline runs from when nothing moves any more, which a busy machine takes its time for.
  for (int waits = 0; waits < 100 && !sent; ++waits) {
    EXPECT_FALSE(upstream_.has_connection());  // a short wait
    proxy_->advance(30s);
  }
  tunnel.service.shut_down_writing();
  sender.join();
  proxy_->advance(0s);
  const std::string metrics = proxy_->admin("/metrics");
  EXPECT_TRUE(has(metrics, "overload_total{bound=\"body_timeout\"} 1")) << metrics;
  EXPECT_TRUE(has(metrics, "responses_total{api=\"orders\",code=\"101\"} 1"));
}

TEST_F(Streaming, events_arrive_one_by_one_as_they_are_sent) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("GET /events HTTP/1.1", "Accept: text/event-stream\r\n"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  service.send(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(client.read_head().field("content-type"), "text/event-stream");
  for (int i = 0; i < 3; ++i) {
    service.send("9\r\ndata: " + std::to_string(i) + "\n\n\r\n");
    EXPECT_TRUE(has(client.read_until("\n\n\r\n"), "data: " + std::to_string(i)));
  }
  client.shut_down_writing();
  EXPECT_NE(service.wait_for_end(), Peer::End::kOpen);
}

TEST_F(Streaming, a_disabled_key_ends_its_open_tunnel_and_stream_and_leaves_others_alone) {
  begin();
  Tunnel tunnel = open_tunnel();
  Peer reader = proxy_->connect();
  reader.send(request("GET /events HTTP/1.1"));
  Peer events = upstream_.accept();
  (void)events.read_message();
  events.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
  (void)reader.read_until("data: 1");
  EXPECT_TRUE(proxy_->reload());
  EXPECT_TRUE(tunnel.client.is_silent());
  proxy_->write_keys(keys("    disabled: true\n"));
  EXPECT_TRUE(proxy_->reload());
  EXPECT_NE(tunnel.client.wait_for_end(), Peer::End::kOpen);
  EXPECT_NE(tunnel.service.wait_for_end(), Peer::End::kOpen);
  (void)reader.read_to_end();
  EXPECT_NE(events.wait_for_end(), Peer::End::kOpen);
}

TEST_F(Streaming, a_removed_key_ends_its_open_tunnel) {
  begin();
  Tunnel tunnel = open_tunnel();
  proxy_->write_keys("keys: []\n");
  EXPECT_TRUE(proxy_->reload());
  EXPECT_NE(tunnel.client.wait_for_end(), Peer::End::kOpen);
}

// A call that waits for its upstream, and its upstream.
class Opening : public Streaming {
 protected:
  void ask(const std::string& fields = "", const std::string& early = "") {
    begin();
    client_.emplace(proxy_->connect());
    client_->send(request("GET /slow HTTP/1.1", fields) + early);
    service_.emplace(upstream_.accept());
    (void)service_->read_message();
  }
  void set_keys(const std::string& keys) {
    proxy_->write_keys(keys);
    EXPECT_TRUE(proxy_->reload());
    proxy_->advance(0s);  // the worker has looked at its calls
  }
  static inline const std::string kUpgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  static inline const std::string kAgreed =
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

  std::optional<Peer> client_;
  std::optional<Peer> service_;
};

TEST_F(Opening, a_tunnel_of_a_key_that_is_disabled_meanwhile_ends_at_once) {
  ask(kUpgrade, "early bytes");
  set_keys(keys("    disabled: true\n"));
  service_->send(kAgreed);
  EXPECT_EQ(service_->read_to_end(), "");
  EXPECT_NE(service_->wait_for_end(), Peer::End::kOpen);
  (void)client_->read_to_end();
  EXPECT_NE(client_->wait_for_end(), Peer::End::kOpen);
  EXPECT_TRUE(has(proxy_->access_log(), "\"key_disabled\""));
}

TEST_F(Opening, a_stream_of_a_key_that_is_removed_meanwhile_ends_at_once) {
  ask();
  set_keys("keys: []\n");
  service_->send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
  EXPECT_NE(service_->wait_for_end(), Peer::End::kOpen);
  (void)client_->read_to_end();
  EXPECT_NE(client_->wait_for_end(), Peer::End::kOpen);
}

TEST_F(Opening, a_tunnel_of_a_key_that_is_good_again_stays) {
  ask(kUpgrade);
  set_keys(keys("    disabled: true\n"));
  set_keys(keys(""));
  service_->send(kAgreed);
  EXPECT_EQ(client_->read_head().status(), 101);
  client_->send("up");
  EXPECT_EQ(service_->read_exactly(2), "up");
}

TEST_F(Opening, an_answer_that_is_whole_is_no_stream) {
  ask();
  set_keys(keys("    disabled: true\n"));
  service_->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nall\r\n0\r\n\r\n");
  EXPECT_EQ(client_->read_message().body, "all");
}

TEST_F(Streaming, neither_an_open_path_nor_a_preflight_opens_a_tunnel) {
  begin("", "    open: [\"GET /healthz\"]\n    auth: {preflight: forward}\n");
  for (const std::string& head :
       {std::string("GET /healthz HTTP/1.1\r\nHost: a\r\n"),
        std::string("OPTIONS / HTTP/1.1\r\nHost: a\r\nOrigin: https://shop.example\r\n"
                    "Access-Control-Request-Method: POST\r\n")}) {
    Peer client = proxy_->connect();
    client.send(head + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    EXPECT_EQ(client.read_message().status(), 401) << head;
    // What is not handed on changes nothing: clients of Java ask for HTTP/2 with every first call.
    Peer probe = proxy_->connect();
    probe.send(
        head +
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n\r\n");
    Peer service = upstream_.accept();
    EXPECT_EQ(service.read_message().field("upgrade"), "") << head;
    service.send(ok("", "Connection: close\r\n"));
    EXPECT_EQ(probe.read_message().status(), 200) << head;
  }
}

}  // namespace
}  // namespace tollgate
