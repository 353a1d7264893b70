// Reload and drain: what changes, what must not be lost.
#include <future>
#include <nlohmann/json.hpp>

#include "tests/support/conversation.h"

namespace tollgate {
namespace {

class Reload : public Conversation {};

TEST_F(Reload, a_disabled_key_is_refused_at_once_on_a_kept_alive_connection) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  service.send(ok("yes"));
  (void)client.read_message();
  proxy_->write_keys(std::string(kSimpleKeys) + "    disabled: true\n");
  ASSERT_TRUE(proxy_->reload());
  client.send(request("GET / HTTP/1.1"));
  const Message answer = client.read_message();
  EXPECT_EQ(answer.status(), 401);
  EXPECT_TRUE(has(answer.body, "\"key_disabled\"")) << answer.body;
}

TEST_F(Reload, a_running_call_is_untouched) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  proxy_->write_keys(std::string(kSimpleKeys) + "    disabled: true\n");
  ASSERT_TRUE(proxy_->reload());
  service.send(ok("finished"));
  EXPECT_EQ(client.read_message().body, "finished");
}

TEST_F(Reload, broken_files_change_nothing_and_say_so) {
  begin();
  proxy_->write_keys("keys: [{name: \"\"}]\nkees: 1\n");
  EXPECT_FALSE(proxy_->reload());
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  service.send(ok("still"));
  EXPECT_EQ(client.read_message().body, "still");
  EXPECT_TRUE(has(proxy_->admin("/status"), "keys.yaml:"));
  const std::string metrics = proxy_->admin("/metrics");
  EXPECT_TRUE(has(metrics, "config_last_reload_successful 0"));
  EXPECT_TRUE(has(metrics, "config_reloads_total{result=\"failure\"} 1"));
  proxy_->write_keys(kSimpleKeys);
  EXPECT_TRUE(proxy_->reload());
  EXPECT_TRUE(has(proxy_->admin("/metrics"), "config_last_reload_successful 1"));
}

TEST_F(Reload, what_waits_for_the_next_start_is_on_the_status) {
  begin("limits: {algorithm: sliding_window}\n");
  const auto pending = [&] {
    return nlohmann::json::parse(proxy_->admin("/status"))["config"]["pending_restart"];
  };
  EXPECT_EQ(pending(), nlohmann::json::array());
  const std::string config = proxy_->folder().read("tollgate.yaml");
  std::string changed = config;
  changed.replace(changed.find("sliding_window"), 14, "token_bucket");
  proxy_->write_config(changed);
  ASSERT_TRUE(proxy_->reload());
  EXPECT_EQ(pending(), nlohmann::json::array({"limits.algorithm"}));
  proxy_->write_config(config);
  ASSERT_TRUE(proxy_->reload());
  EXPECT_EQ(pending(), nlohmann::json::array());
}

TEST_F(Reload, the_metrics_say_when_the_keys_in_force_expire) {
  begin();
  const char* const kName = "key_expires_timestamp_seconds";
  EXPECT_FALSE(has(proxy_->admin("/metrics"), kName));
  const std::string expiring = std::string(kSimpleKeys) + "    expires: 2100-01-01\n";
  proxy_->write_keys(expiring);
  ASSERT_TRUE(proxy_->reload());
  EXPECT_TRUE(has(proxy_->admin("/metrics"),
                  "tollgate_key_expires_timestamp_seconds{key=\"erp\"} 4102444800\n"))
      << proxy_->admin("/metrics");
  proxy_->write_keys(expiring + "    disabled: true\n");
  ASSERT_TRUE(proxy_->reload());
  EXPECT_FALSE(has(proxy_->admin("/metrics"), kName));
}

TEST_F(Reload, a_new_upstream_takes_the_next_call_and_the_old_one_ends_its_own) {
  begin();
  ScriptedUpstream other;
  Peer client = proxy_->connect();
  client.send(request("GET /old HTTP/1.1"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  proxy_->write_config(
      "apis:\n  - name: orders\n    base: /\n    upstream: {url: \"http://127.0.0.1:" +
      std::to_string(other.port()) + "\"}\n");
  ASSERT_TRUE(proxy_->reload());
  service.send(ok("old"));
  EXPECT_EQ(client.read_message().body, "old");
  EXPECT_NE(service.wait_for_end(), Peer::End::kOpen);
  client.send(request("GET /new HTTP/1.1"));
  Peer fresh = other.accept();
  EXPECT_EQ(fresh.read_message().start_line, "GET /new HTTP/1.1");
  fresh.send(ok("new"));
  EXPECT_EQ(client.read_message().body, "new");
}

TEST_F(Reload, a_file_that_a_refused_reload_missed_is_taken_once_it_is_there) {
  begin();
  proxy_->write_config(
      "keys: {file: later.yaml}\napis:\n  - name: later\n    base: /\n"
      "    upstream: {url: \"http://127.0.0.1:1\"}\n");
  EXPECT_FALSE(proxy_->reload());
  proxy_->folder().write("later.yaml", "keys: []\n");
  bool reloaded = false;
  for (int looks = 0; looks < 20'000 && !reloaded; ++looks) {
    reloaded = has(proxy_->admin("/status"), "\"name\": \"later\"");
  }
  EXPECT_TRUE(reloaded);
}

TEST_F(Reload, a_changed_file_is_taken_without_being_asked) {
  begin();
  proxy_->write_keys(std::string(kSimpleKeys) + "    disabled: true\n");
  // Each look takes a moment of the control loop, which sees the file within a second.
  bool reloaded = false;
  for (int looks = 0; looks < 20'000 && !reloaded; ++looks) {
    reloaded = has(proxy_->admin("/status"), "\"disabled\": true");
  }
  EXPECT_TRUE(reloaded);
  proxy_->advance(0s);
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1"));
  EXPECT_EQ(client.read_message().status(), 401);
}

// Asks as the key "erp" until the answer has this status.
bool answered_in_the_end(const Proxy& proxy, const std::string& field, int status) {
  for (int looks = 0; looks < 5'000; ++looks) {
    Peer client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n" + field + "\r\n");
    if (client.read_message().status() == status) return true;
  }
  return false;
}

TEST_F(Reload, a_secret_in_a_file_of_its_own_is_watched_too) {
  const std::string api =
      "apis:\n  - {name: a, base: /, upstream: {url: \"http://127.0.0.1:1\"},\n"
      "     auth: {failures: {1m: 0}}}\n";
  proxy_ = std::make_unique<Proxy>(api);
  proxy_->write_keys("keys:\n  - {name: erp, secrets: [\"file:erp.secret\"]}\n");
  EXPECT_FALSE(proxy_->reload());
  proxy_->folder().write("erp.secret", "first-secret\n");
  EXPECT_TRUE(answered_in_the_end(*proxy_, "API-Authorization: first-secret\r\n", 502));
  proxy_->folder().write("erp.secret", "second-secret\n");
  EXPECT_TRUE(answered_in_the_end(*proxy_, "API-Authorization: second-secret\r\n", 502));
  EXPECT_TRUE(answered_in_the_end(*proxy_, "API-Authorization: first-secret\r\n", 401));
}

// Stands in for a worker that is slow to take a reload.
TEST_F(Reload, a_stream_ends_only_once_its_key_is_refused_by_every_worker) {
  begin("workers: 2\n");
  std::vector<std::pair<Peer, Peer>> streams;
  for (int i = 0; i < 16; ++i) {
    Peer client = proxy_->connect();
    client.send(request("GET / HTTP/1.1"));
    Peer service = upstream_.accept();
    (void)service.read_message();
    service.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
    EXPECT_EQ(client.read_head().status(), 200);
    streams.emplace_back(std::move(client), std::move(service));
  }
  std::promise<void> held;
  std::promise<void> released;
  proxy_->on_worker([&] {
    held.set_value();
    released.get_future().wait();
  });
  held.get_future().wait();
  proxy_->write_keys("keys: []\n");
  bool reloaded = false;
  for (int looks = 0; looks < 20'000 && !reloaded; ++looks) {
    reloaded = has(proxy_->admin("/metrics"), "config_reloads_total{result=\"success\"} 1");
  }
  EXPECT_TRUE(reloaded);
  for (auto& [client, service] : streams) EXPECT_TRUE(client.is_silent());
  released.set_value();
  for (auto& [client, service] : streams) EXPECT_NE(client.wait_for_end(), Peer::End::kOpen);
  for (int i = 0; i < 8; ++i) {
    Peer client = proxy_->connect();
    client.send(request("GET / HTTP/1.1"));
    EXPECT_EQ(client.read_message().status(), 401);
  }
}

class Drain : public Conversation {};

TEST_F(Drain, a_running_call_is_answered_and_the_process_ends) {
  begin();
  Peer client = proxy_->connect();
  Peer idle = proxy_->connect();
  idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  (void)idle.read_message();
  client.send(request("GET / HTTP/1.1"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  proxy_->drain();
  EXPECT_EQ(idle.wait_for_end(), Peer::End::kClosed);
  EXPECT_EQ(proxy_->admin_answer("/readyz").status(), 503);
  EXPECT_EQ(proxy_->admin_answer("/healthz").status(), 200);
  service.send(ok("still answered"));
  const Message answer = client.read_message();
  EXPECT_EQ(answer.body, "still answered");
  EXPECT_EQ(answer.field("connection"), "close");
  EXPECT_EQ(client.wait_for_end(), Peer::End::kClosed);
  client.close();
  proxy_->wait_until_ended();
}

TEST_F(Drain, everyone_who_has_connected_is_answered) {
  begin();
  std::promise<void> held;
  std::promise<void> released;
  proxy_->on_worker([&] {
    held.set_value();
    released.get_future().wait();
  });
  held.get_future().wait();
  std::vector<Peer> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(proxy_->connect());
    clients.back().send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  proxy_->drain();
  while (proxy_->admin_answer("/readyz").status() == 200) {
  }
  released.set_value();
  int answered = 0;
  for (Peer& client : clients) answered += client.read_message().status() == 401 ? 1 : 0;
  EXPECT_EQ(answered, 100);
}

TEST_F(Drain, what_does_not_end_is_cut_after_the_timeout) {
  begin("drain: {timeout: 25s}\n");
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  proxy_->drain();
  EXPECT_EQ(proxy_->admin_answer("/readyz").status(), 503);
  proxy_->advance(25s);
  proxy_->wait_until_ended();
  EXPECT_NE(client.wait_for_end(), Peer::End::kOpen);
}

}  // namespace
}  // namespace tollgate
