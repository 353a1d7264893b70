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

}  // namespace
}  // namespace tollgate
