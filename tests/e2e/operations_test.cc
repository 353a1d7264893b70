// Operations within a WebSocket of a GraphQL API: each is a call of its own.
#include <atomic>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <vector>

#include "tests/support/conversation.h"
#include "tests/support/websocket.h"

namespace tollgate {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class Operations : public Conversation {
 protected:
  static inline const std::string kUpgrade =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: c2l4dGVlbiBieXRlcyBvbg==\r\n";

  void open(const std::string& limits = "requests: {10s: 100}", const std::string& graphql = "",
            const std::string& early = "", const std::string& more = "") {
    begin("plans: {p: {" + limits + "}}\nlimits: {default_plan: p}\n" + more,
          "    kind: graphql\n" + (graphql.empty() ? "" : "    graphql: {" + graphql + "}\n"));
    connect("Sec-WebSocket-Protocol: graphql-transport-ws\r\n", early);
  }
  // The upstream agrees to `protocol`, a whole field line.
  void connect(const std::string& protocol, const std::string& early = "") {
    client_.emplace(proxy_->connect());
    const std::string opening =
        request("GET /graphql HTTP/1.1",
                kUpgrade + "Sec-WebSocket-Extensions: permessage-deflate\r\n" + protocol);
    opening_size_ = opening.size();
    client_->send(opening + early);
    service_.emplace(upstream_.accept());
    opening_ = service_->read_message();
    service_->send(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        protocol + "\r\n");
    EXPECT_EQ(client_->read_head().status(), 101);
  }
  static json subscribe(const std::string& id, const std::string& query) {
    return {{"id", id}, {"type", "subscribe"}, {"payload", {{"query", query}}}};
  }
  // Passes as it was sent.
  void expect_passed(const std::string& frames) {
    client_->send(frames);
    EXPECT_EQ(service_->read_exactly(frames.size()), frames);
  }
  // The next message from Tollgate to the client, of less than 64 KiB.
  json told() {
    const std::string head = client_->read_exactly(2);
    EXPECT_EQ(head[0], '\x81');
    std::size_t size = static_cast<unsigned char>(head[1]);
    if (size == 126) {
      const std::string more = client_->read_exactly(2);
      size = static_cast<std::size_t>(static_cast<unsigned char>(more[0])) << 8U |
             static_cast<unsigned char>(more[1]);
    }
    return json::parse(client_->read_exactly(size));
  }
  json refused(const json& message) {
    client_->send(client_frame(message.dump()));
    json answer = told();
    EXPECT_EQ(answer["type"], "error");
    EXPECT_EQ(answer["id"], message["id"]);
    EXPECT_TRUE(service_->is_silent());
    return answer["payload"];
  }
  // The code of the Close frame that is next; then the connection ends on both sides.
  int closed() {
    const std::string head = client_->read_exactly(4);
    EXPECT_EQ(head[0], '\x88');
    (void)client_->read_exactly(static_cast<unsigned char>(head[1]) - 2U);
    EXPECT_EQ(client_->read_to_end(), "");
    EXPECT_NE(service_->wait_for_end(), Peer::End::kOpen);
    return static_cast<unsigned char>(head[2]) << 8U | static_cast<unsigned char>(head[3]);
  }
  // The log's lines, at the end of a test: the proxy has ended then.
  std::vector<json> logged() {
    proxy_->advance(0ms);
    std::istringstream lines(proxy_->access_log());
    std::vector<json> read;
    for (std::string line; std::getline(lines, line);) read.push_back(json::parse(line));
    return read;
  }

  std::optional<Peer> client_;
  std::optional<Peer> service_;
  Message opening_;
  std::size_t opening_size_ = 0;
};

TEST_F(Operations, an_operation_passes_as_it_is_and_is_charged_and_logged_as_a_call) {
  open();
  const std::string frame = client_frame(subscribe("1", "query Mine{orders(limit: 7){id}}").dump());
  expect_passed(frame);
  proxy_->advance(0ms);
  EXPECT_TRUE(
      has(proxy_->admin("/metrics"),
          "tollgate_charged_total{api=\"orders\",scope=\"key:erp\",measure=\"requests\"} 1\n"));
  const json line = logged().at(0);
  EXPECT_EQ(line["status"], 101);
  EXPECT_EQ(line["key"], "erp");
  EXPECT_EQ(line["path"], "/graphql");
  EXPECT_EQ(line["operation_name"], "Mine");
  EXPECT_EQ(line["complexity"], 7);
  EXPECT_EQ(line["bytes_in"], frame.size());
}

TEST_F(Operations, no_extension_is_agreed_on_that_would_hide_messages) {
  open();
  EXPECT_EQ(opening_.field("sec-websocket-extensions"), "");
  EXPECT_EQ(opening_.field("sec-websocket-protocol"), "graphql-transport-ws");
}

TEST_F(Operations, beyond_the_limit_an_operation_is_refused_and_the_connection_stays) {
  open("requests: {10s: 2}");
  expect_passed(client_frame(subscribe("1", "{a}").dump()));
  const json errors = refused(subscribe("2", "{a}"));
  EXPECT_EQ(errors[0]["extensions"]["reason"], "limit_exceeded");
  EXPECT_EQ(errors[0]["extensions"]["resets_in"], 10);
  service_->send("\x81\x02hi");
  EXPECT_EQ(client_->read_exactly(4), "\x81\x02hi");
  proxy_->advance(10s);
  expect_passed(client_frame(subscribe("3", "{a}").dump()));
  const json line = logged().at(1);
  EXPECT_EQ(line["status"], 429);
  EXPECT_EQ(line["reason"], "limit_exceeded");
}

TEST_F(Operations, what_is_wrong_with_an_operation_is_said_with_its_place) {
  open();
  const json errors = refused(subscribe("1", "{a"));
  EXPECT_EQ(errors[0]["extensions"]["reason"], "graphql_invalid");
  EXPECT_EQ(errors[0]["locations"][0]["column"], 3);
  EXPECT_EQ(refused(subscribe("2", "{a(limit: 99999999){b}}"))[0]["extensions"]["reason"],
            "too_complex");
}

TEST_F(Operations, a_mutation_may_be_sent_and_counts) {
  open("mutations: {10s: 1}");
  expect_passed(client_frame(subscribe("1", "mutation{a}").dump()));
  EXPECT_EQ(refused(subscribe("2", "mutation{a}"))[0]["extensions"]["measure"], "mutations");
}

TEST_F(Operations, the_older_protocol_is_answered_in_its_own_way) {
  open("requests: {10s: 1}");
  json message = subscribe("1", "{a}");
  message["type"] = "start";
  EXPECT_EQ(refused(message)["extensions"]["reason"], "limit_exceeded");
}

TEST_F(Operations, a_query_for_what_is_left_is_answered_here) {
  open("requests: {10s: 5}", "rate_limits_query: true");
  client_->send(client_frame(subscribe("1", "{rateLimits{usedQuota}}").dump()));
  const json answer = told();
  EXPECT_EQ(answer["type"], "next");
  EXPECT_EQ(answer["payload"]["data"]["rateLimits"][0]["usedQuota"], 2);
  EXPECT_EQ(told(), json({{"id", "1"}, {"type", "complete"}}));
  EXPECT_TRUE(service_->is_silent());
}

TEST_F(Operations, what_is_no_operation_passes) {
  open("requests: {10s: 1}");
  expect_passed(client_frame(R"({"type":"connection_init"})"));
  expect_passed(client_frame(R"({"type":"ping","payload":{"query":"{a}","Type":1}})"));
  expect_passed(client_frame("ping", 0x89));
}

TEST_F(Operations, of_a_protocol_that_is_agreed_on_nothing_else_passes) {
  for (const std::string text : {"hello", "/**/{}", R"({"type":"hello"})", "[]"}) {
    open();
    client_->send(client_frame(text));
    EXPECT_EQ(closed(), 4400) << text;
  }
}

TEST_F(Operations, without_a_protocol_what_holds_no_operation_passes) {
  open("requests: {10s: 2}");
  connect("");
  expect_passed(client_frame("bytes of any kind", 0x82));
  expect_passed(client_frame(R"({"type":"hello"})"));
  EXPECT_EQ(refused(subscribe("2", "{a}"))[0]["extensions"]["reason"], "limit_exceeded");
  client_->send(client_frame(R"({"type":"run","payload":{"query":"{a}"}})"));
  EXPECT_EQ(closed(), 4400);
}

TEST_F(Operations, a_message_in_pieces_goes_on_only_as_a_whole) {
  open("requests: {10s: 2}");
  const std::string text = subscribe("1", "{a}").dump();
  const std::string begin = client_frame(text.substr(0, 9), 0x01);
  const std::string ping = client_frame("", 0x89);
  const std::string end = client_frame(text.substr(9), 0x80);
  client_->send(begin + ping + end.substr(0, 8));
  EXPECT_EQ(service_->read_exactly(ping.size()), ping);
  EXPECT_TRUE(service_->is_silent());
  client_->send(end.substr(8));
  EXPECT_EQ(service_->read_exactly(begin.size() + end.size()), begin + end);
  client_->send(begin + end);
  EXPECT_EQ(told()["type"], "error");
}

TEST_F(Operations, operations_sent_before_the_upstream_agreed_are_judged_too) {
  const std::string first = client_frame(subscribe("1", "{a}").dump());
  open("requests: {10s: 2}", "", first + client_frame(subscribe("2", "{a}").dump()));
  EXPECT_EQ(service_->read_exactly(first.size()), first);
  EXPECT_EQ(told()["id"], "2");
  EXPECT_TRUE(service_->is_silent());
}

TEST_F(Operations, a_refusal_waits_for_the_end_of_the_upstreams_message) {
  open("requests: {10s: 1}");
  service_->send(std::string("\x01\x03one", 5));  // the first fragment
  EXPECT_EQ(client_->read_exactly(5), std::string("\x01\x03one", 5));
  client_->send(client_frame(subscribe("1", "{a}").dump()));
  proxy_->advance(0ms);
  EXPECT_TRUE(client_->is_silent());
  service_->send(std::string("\x80\x03two\x81\x01x", 8));
  EXPECT_EQ(client_->read_exactly(5), std::string("\x80\x03two", 5));
  EXPECT_EQ(told()["type"], "error");
  EXPECT_EQ(client_->read_exactly(3), "\x81\x01x");
  EXPECT_EQ(refused(subscribe("2", "{a}"))[0]["extensions"]["reason"], "limit_exceeded");
}

TEST_F(Operations, what_could_hide_an_operation_ends_the_connection) {
  open();
  client_->send(client_frame(R"({"Type":"subscribe","id":"1","payload":{"query":"{a}"}})"));
  EXPECT_EQ(closed(), 4400);
  EXPECT_EQ(logged().back()["reason"], "bad_request");
}

TEST_F(Operations, frames_that_are_none_and_messages_too_large_end_the_connection) {
  open();
  client_->send("\x81\x01x");
  EXPECT_EQ(closed(), 1002);
  open("requests: {10s: 9}", "max_body_bytes: 100");
  client_->send(client_frame(std::string(101, ' ')));
  EXPECT_EQ(closed(), 1009);
  EXPECT_EQ(logged().back()["reason"], "body_too_large");
}

TEST_F(Operations, a_client_that_reads_no_answers_is_not_read_either_and_ends) {
  open("requests: {10s: 1}");
  const std::string frame = client_frame(subscribe("1", "{a}").dump());
  std::string many;
  while (many.size() < std::size_t{64} << 20U) many += frame;
  std::atomic<bool> sent = false;
  std::thread sender([&] {
    client_->send(many);
    sent = true;
  });
  for (int waits = 0; waits < 100 && !sent; ++waits) {
    EXPECT_FALSE(upstream_.has_connection());  // a short wait
    proxy_->advance(30s);
  }
  sender.join();
  EXPECT_TRUE(has(proxy_->admin("/metrics"), "overload_total{bound=\"body_timeout\"} 1"));
}

// Frames of an older draft, or of whatever protocol a server chooses from a list, would be read
// differently here and there.
TEST_F(Operations, an_upgrade_whose_frames_cannot_be_read_is_an_ordinary_call) {
  begin("", "    kind: graphql\n");
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  const std::string key = "Sec-WebSocket-Key: c2l4dGVlbiBieXRlcyBvbg==\r\n";
  for (const std::string& fields :
       {"Upgrade: foo\r\n" + version + key, "Upgrade: websocket, foo\r\n" + version + key,
        "Upgrade: websocket\r\n" + version, "Upgrade: websocket\r\n" + key,
        "Upgrade: websocket\r\n" + version + version + key,
        "Upgrade: websocket\r\nSec-WebSocket-Version: 8\r\n" + key}) {
    Peer client = proxy_->connect();
    client.send(request("GET / HTTP/1.1", "Connection: Upgrade\r\n" + fields));
    Peer service = upstream_.accept();
    EXPECT_EQ(service.read_message().field("upgrade"), "") << fields;
    service.send(ok("plain", "Connection: close\r\n"));
    EXPECT_EQ(client.read_message().body, "plain");
  }
}

TEST_F(Operations, an_upgrade_by_another_method_than_get_is_an_ordinary_call) {
  begin("", "    kind: graphql\n");
  Peer client = proxy_->connect();
  client.send(request("OPTIONS / HTTP/1.1", kUpgrade));
  Peer service = upstream_.accept();
  EXPECT_EQ(service.read_message().field("upgrade"), "");
  service.send(ok("plain"));
  EXPECT_EQ(client.read_message().body, "plain");
}

// A page for people, and the same path for programs.
TEST_F(Operations, an_open_path_opens_no_websocket_without_a_key_and_frees_no_operation) {
  begin("plans: {p: {requests: {10s: 2}}}\nlimits: {default_plan: p}\n",
        "    kind: graphql\n    open: [\"GET /graphql\"]\n");
  Peer stranger = proxy_->connect();
  stranger.send("GET /graphql HTTP/1.1\r\nHost: a\r\n" + kUpgrade + "\r\n");
  EXPECT_EQ(stranger.read_message().status(), 401);
  stranger.send("GET /graphql HTTP/1.1\r\nHost: a\r\n\r\n");
  Peer service = upstream_.accept();
  (void)service.read_message();
  service.send(ok("page", "Connection: close\r\n"));
  EXPECT_EQ(stranger.read_message().body, "page");
  connect("Sec-WebSocket-Protocol: graphql-transport-ws\r\n");
  expect_passed(client_frame(subscribe("1", "{a}").dump()));
  EXPECT_EQ(refused(subscribe("2", "{a}"))[0]["extensions"]["reason"], "limit_exceeded");
}

TEST_F(Operations, bytes_are_counted_once) {
  open();
  const std::string operation = client_frame(subscribe("1", "{a}").dump());
  const std::string other = client_frame(R"({"type":"ping"})");
  expect_passed(operation);
  expect_passed(other);
  client_->close();
  EXPECT_NE(service_->wait_for_end(), Peer::End::kOpen);
  service_->close();
  const std::vector<json> lines = logged();
  EXPECT_EQ(lines.at(0)["bytes_in"], operation.size());
  EXPECT_EQ(lines.at(1)["bytes_in"], opening_size_ + other.size());
}

TEST_F(Operations, half_a_message_has_its_time) {
  open();
  client_->send(client_frame(subscribe("1", "{a}").dump()).substr(0, 20));
  proxy_->advance(29s);
  service_->send(std::string("\x89\x00", 2));  // a sign of life of the upstream changes nothing
  EXPECT_EQ(client_->read_exactly(2), std::string("\x89\x00", 2));
  proxy_->advance(1s);
  EXPECT_NE(client_->wait_for_end(), Peer::End::kOpen);
  EXPECT_TRUE(has(proxy_->admin("/metrics"), "overload_total{bound=\"body_timeout\"} 1"));
}

TEST_F(Operations, half_a_message_has_all_the_time_while_the_upstream_reads_nothing) {
  proxy_ = std::make_unique<Proxy>(
      "apis: [{name: orders, base: /, kind: graphql, upstream: {idle_timeout: 1d, "
      "url: \"http://127.0.0.1:" +
          std::to_string(upstream_.port()) + "\"}}]\n",
      kSimpleKeys);
  connect("Sec-WebSocket-Protocol: graphql-transport-ws\r\n");
  const std::string frame = client_frame(subscribe(std::string(60'000, 'x'), "{a}").dump());
  std::string many;
  while (many.size() < std::size_t{32} << 20U) many += frame;
  std::thread sender([&] { client_->send(many); });
  for (int waits = 0; waits < 10; ++waits) {
    EXPECT_FALSE(upstream_.has_connection());  // a short wait
    proxy_->advance(30s);
  }
  EXPECT_TRUE(service_->read_exactly(many.size()) == many);
  sender.join();
}

TEST_F(Operations, half_a_message_has_all_the_time_while_an_answer_waits_for_its_place) {
  open("requests: {10s: 1}");
  service_->send(std::string("\x01\x03one", 5));  // the first fragment
  EXPECT_EQ(client_->read_exactly(5), std::string("\x01\x03one", 5));
  const std::string next = client_frame(subscribe("2", "{a}").dump());
  client_->send(client_frame(subscribe("1", "{a}").dump()) + next.substr(0, 20));
  proxy_->advance(0ms);
  proxy_->advance(31s);
  service_->send(std::string("\x80\x03two", 5));
  EXPECT_EQ(client_->read_exactly(5), std::string("\x80\x03two", 5));
  EXPECT_EQ(told()["id"], "1");
  proxy_->advance(29s);
  client_->send(next.substr(20));
  EXPECT_EQ(service_->read_exactly(next.size()), next);
  client_->send(next.substr(0, 20));
  proxy_->advance(0ms);
  proxy_->advance(30s);
  EXPECT_NE(client_->wait_for_end(), Peer::End::kOpen);
}

TEST_F(Operations, a_message_that_could_never_be_held_is_too_big) {
  open("requests: {10s: 9}", "", "", "connections: {max_held_bytes: 1000}\n");
  client_->send(client_frame(std::string(501, ' ')));
  EXPECT_EQ(closed(), 1009);
}

TEST_F(Operations, a_refusal_that_waits_for_an_upstream_that_is_gone_ends_the_tunnel) {
  open("requests: {10s: 1}");
  service_->send(std::string("\x01\x03one", 5));  // and never the rest
  EXPECT_EQ(client_->read_exactly(5), std::string("\x01\x03one", 5));
  client_->send(client_frame(subscribe("1", "{a}").dump()));
  proxy_->advance(0ms);
  service_->close();
  EXPECT_NE(client_->wait_for_end(), Peer::End::kOpen);
}

TEST_F(Operations, after_a_close_nothing_is_judged) {
  open("requests: {10s: 2}");
  service_->send(std::string("\x88\x00", 2));
  EXPECT_EQ(client_->read_exactly(2), std::string("\x88\x00", 2));
  const std::string close = client_frame("", 0x88);
  client_->send(client_frame(subscribe("1", "{a}").dump()) + close);
  EXPECT_EQ(service_->read_exactly(close.size()), close);
  client_->send(client_frame("x", 0x89));
  EXPECT_NE(client_->wait_for_end(), Peer::End::kOpen);
  const std::vector<json> lines = logged();
  EXPECT_EQ(lines.size(), 1);  // the opening alone
}

TEST_F(Operations, at_the_end_of_a_drain_the_client_is_told_to_go_elsewhere) {
  open();
  expect_passed(client_frame(subscribe("1", "{a}").dump()));
  const std::vector<json> lines = logged();  // the proxy has ended
  EXPECT_EQ(closed(), 1001);
  EXPECT_EQ(lines.size(), 2);
  EXPECT_EQ(lines.at(1)["status"], 101);
}

}  // namespace
}  // namespace tollgate
