// Limits over the wire: what is charged, what is refused and how, what an answer says is left.
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/support/conversation.h"

namespace tollgate {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class Limits : public Conversation {
 protected:
  // `plan` is the default plan.
  void begin_limited(const std::string& plan, const std::string& more_api = "",
                     const std::string& more_limits = "") {
    begin("plans: {p: {" + plan + "}}\nlimits: {default_plan: p" + more_limits + "}\n", more_api);
  }
  // Forwarded; the service answers so.
  Message call(const std::string& target = "/", const std::string& answer = ok("done")) {
    Peer client = proxy_->connect();
    client.send(request("GET " + target + " HTTP/1.1", "Connection: close\r\n"));
    Peer service = upstream_.accept();
    (void)service.read_message();
    service.send(answer);
    return client.read_message();
  }
  // Answered by Tollgate.
  Message own(const std::string& target = "/") {
    Peer client = proxy_->connect();
    client.send(request("GET " + target + " HTTP/1.1", "Connection: close\r\n"));
    Message answer = client.read_message();
    EXPECT_FALSE(upstream_.has_connection());
    return answer;
  }
  // The turn that answered counts once it has sent: it ends first.
  std::string counted_metrics() {
    proxy_->advance(0ms);
    return proxy_->admin("/metrics");
  }
  json limits(const std::string& target = "/.tollgate/limits") {
    const Message answer = own(target);
    EXPECT_EQ(answer.status(), 200) << answer.body;
    return json::parse(answer.body);
  }
};

TEST_F(Limits, an_answer_says_what_is_left_only_where_it_is_known_who_pays) {
  begin_limited("requests: {10s: 5}", "    open: [\"GET /open\"]\n");
  Peer stranger = proxy_->connect();
  stranger.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(stranger.read_message().field("ratelimit"), "");
  EXPECT_EQ(call("/open").field("ratelimit"), "");
  EXPECT_EQ(call().field("ratelimit"), "\"requests-10s\";r=4;t=10");
  EXPECT_EQ(own("/.tollgate/nope").field("ratelimit"), "\"requests-10s\";r=4;t=10");
}

TEST_F(Limits, a_call_beyond_the_limit_is_refused_and_says_when_to_come_back) {
  begin_limited("requests: {10s: 2, 1h: 100}");
  const Message first = call();
  EXPECT_EQ(first.field("ratelimit-policy"),
            "\"requests-10s\";q=2;w=10, \"requests-1h\";q=100;w=3600");
  EXPECT_EQ(first.field("ratelimit"), "\"requests-10s\";r=1;t=10, \"requests-1h\";r=99;t=3600");
  proxy_->advance(4s);
  EXPECT_EQ(call().status(), 200);
  const Message refused = own();
  EXPECT_EQ(refused.status(), 429);
  EXPECT_EQ(refused.field("retry-after"), "6");
  const json problem = json::parse(refused.body);
  EXPECT_EQ(problem["reason"], "limit_exceeded");
  EXPECT_EQ(problem["measure"], "requests");
  EXPECT_EQ(problem["window"], "10s");
  EXPECT_EQ(problem["limit"], 2);
  EXPECT_EQ(problem["used"], 2);
  EXPECT_EQ(problem["asked"], 1);
  EXPECT_EQ(problem["resets_in"], 6);
  proxy_->advance(5999ms);
  EXPECT_EQ(own().status(), 429);
  proxy_->advance(1ms);
  EXPECT_EQ(call().status(), 200);
  const std::string metrics = counted_metrics();
  EXPECT_TRUE(
      has(metrics,
          "tollgate_charged_total{api=\"orders\",scope=\"key:erp\",measure=\"requests\"} 3\n"));
  EXPECT_TRUE(has(metrics,
                  "tollgate_limit_exceeded_total{api=\"orders\",scope=\"key:erp\","
                  "measure=\"requests\",window=\"10s\",mode=\"enforce\"} 2\n"));
  EXPECT_TRUE(has(metrics,
                  "tollgate_limit_utilization_ratio{scope=\"key:erp\",group=\"orders\","
                  "measure=\"requests\",window=\"10s\"} 1\n"));
}

TEST_F(Limits, a_graphql_refusal_names_every_window_that_had_no_room) {
  begin_limited("requests: {10s: 1}, complexity: {1h: 8}", "    kind: graphql\n");
  const auto send = [&](Peer& client) {
    const std::string body = R"({"query":"{orders(limit:5){id}}"})";
    client.send(request(
        "POST / HTTP/1.1",
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n",
        body));
  };
  Peer client = proxy_->connect();
  send(client);
  Peer service = upstream_.accept();
  (void)service.read_message();
  service.send(ok("{}"));
  EXPECT_EQ(client.read_message().field("tollgate-complexity"), "5");
  send(client);
  const Message refused = client.read_message();
  EXPECT_EQ(refused.status(), 429);
  EXPECT_EQ(refused.field("retry-after"), "3600");
  EXPECT_EQ(refused.field("tollgate-complexity"), "5");
  const json body = json::parse(refused.body);
  EXPECT_EQ(body["extensions"]["complexity"], 5);
  ASSERT_EQ(body["errors"].size(), 2U);
  const json& worst = body["errors"][0]["extensions"];
  EXPECT_EQ(worst["code"], "LIMIT_EXCEEDED");
  EXPECT_EQ(worst["category"], "rateLimit");
  EXPECT_EQ(worst["type"], "QUERY_COMPLEXITY");
  EXPECT_EQ(worst["intervalSeconds"], "ONE_HOUR");
  EXPECT_EQ(worst["quota"], 8);
  EXPECT_EQ(worst["usedQuota"], 5);
  EXPECT_EQ(worst["remainingQuota"], 3);
  EXPECT_EQ(body["errors"][1]["extensions"]["type"], "REQUEST_COUNT");
  EXPECT_EQ(
      body["errors"][1]["message"],
      "The key erp has used 1 of the 1 request that it may use within 10s, and this call costs "
      "1 request. Try again in 3600 s.");
  EXPECT_EQ(body["errors"][1]["extensions"]["intervalSeconds"], "TEN_SECONDS");
}

TEST_F(Limits, a_query_for_rate_limits_alone_is_answered_with_its_own_charge_included) {
  begin_limited("requests: {10s: 5, 1h: 100}, complexity: {10s: 50}, mutations: {2m: 3}",
                "    kind: graphql\n    graphql: {rate_limits_query: true}\n");
  const auto ask = [&](const std::string& query) {
    Peer client = proxy_->connect();
    const std::string body = json{{"query", query}}.dump();
    client.send(request("POST / HTTP/1.1",
                        "Connection: close\r\nContent-Type: application/json\r\nContent-Length: " +
                            std::to_string(body.size()) + "\r\n",
                        body));
    Message answer = client.read_message();
    EXPECT_FALSE(upstream_.has_connection());
    return answer;
  };
  const Message first =
      ask("{ rateLimits { type intervalSeconds quota usedQuota remainingQuota } }");
  EXPECT_EQ(first.status(), 200);
  EXPECT_EQ(first.field("content-type"), "application/json; charset=utf-8");
  EXPECT_EQ(first.field("tollgate-complexity"), "10");
  EXPECT_EQ(first.field("ratelimit"),
            "\"requests-10s\";r=4;t=10, \"complexity-10s\";r=40;t=10, "
            "\"mutations-2m\";r=3;t=0, \"requests-1h\";r=99;t=3600");
  const auto row = [](const char* type, const char* interval, int quota, int used) {
    return json{{"type", type},
                {"intervalSeconds", interval},
                {"quota", quota},
                {"usedQuota", used},
                {"remainingQuota", quota - used}};
  };
  EXPECT_EQ(json::parse(first.body),
            (json{{"data",
                   {{"rateLimits", json::array({row("REQUEST_COUNT", "TEN_SECONDS", 5, 1),
                                                row("REQUEST_COUNT", "ONE_HOUR", 100, 1),
                                                row("QUERY_COMPLEXITY", "TEN_SECONDS", 50, 10),
                                                row("MUTATION_COUNT", "SECONDS_120", 3, 0)})}}},
                  {"extensions", {{"complexity", 10}}}}));
  const Message twice =
      ask("{ a: rateLimits { usedQuota } ... on Query { b: rateLimits { t: type } } }");
  EXPECT_EQ(twice.field("tollgate-complexity"), "20");
  EXPECT_EQ(json::parse(twice.body)["data"]["a"][2], (json{{"usedQuota", 30}}));
  EXPECT_EQ(json::parse(twice.body)["data"]["b"][0], (json{{"t", "REQUEST_COUNT"}}));
  EXPECT_EQ(ask("{ rateLimits { quotas } }").status(), 400);
  EXPECT_EQ(
      ask("{ a: rateLimits { type } b: rateLimits { type } c: rateLimits { type } }").status(),
      429);
}

TEST_F(Limits, a_call_that_costs_more_than_a_limit_is_too_complex_and_never_to_be_tried_again) {
  begin_limited("complexity: {10s: 4}",
                "    rest: {costs: [{match: \"GET /*\", complexity: 5}]}\n");
  const Message refused = own();
  EXPECT_EQ(refused.status(), 400);
  EXPECT_EQ(refused.field("retry-after"), "");
  const json problem = json::parse(refused.body);
  EXPECT_EQ(problem["reason"], "too_complex");
  EXPECT_EQ(problem["window"], "10s");
  EXPECT_EQ(problem["limit"], 4);
  EXPECT_EQ(problem["asked"], 5);
}

TEST_F(Limits, what_is_left_is_told_at_tollgates_own_path_for_the_price_of_a_request) {
  begin_limited("requests: {10s: 3}, complexity: {1h: 9}");
  (void)call();
  const json left = limits();
  EXPECT_EQ(left["plan"], "p");
  EXPECT_EQ(left["scope"], "key");
  ASSERT_EQ(left["windows"].size(), 2U);
  const json& requests = left["windows"][0];
  EXPECT_EQ(requests["measure"], "requests");
  EXPECT_EQ(requests["limit"], 3);
  EXPECT_EQ(requests["used"], 2);
  EXPECT_EQ(requests["remaining"], 1);
  EXPECT_EQ(requests["resets_in"], 10);
  EXPECT_EQ(left["windows"][1]["used"], 1);  // of the call alone
}

TEST_F(Limits, a_call_that_did_not_reach_its_service_is_given_back) {
  const std::uint16_t nobody = ScriptedUpstream().port();
  proxy_ = Proxy::simple(nobody, "plans: {p: {requests: {10s: 2}}}\nlimits: {default_plan: p}\n");
  const Message unreachable = own();
  EXPECT_EQ(unreachable.status(), 502);
  EXPECT_EQ(unreachable.field("ratelimit"), "\"requests-10s\";r=2;t=0");
  EXPECT_EQ(limits()["windows"][0]["used"], 1);
}

// Else whoever spoils each body at its end has what it does at the service for nothing.
TEST_F(Limits, a_call_that_the_service_has_had_is_paid_for_whatever_becomes_of_its_body) {
  begin(
      "plans: {p: {requests: {10s: 9}}}\nlimits: {default_plan: p}\n"
      "connections: {max_body_bytes: 8, body_timeout: 1s}\n");
  const auto spoil = [&](const std::string& rest, int status) {
    Peer client = proxy_->connect();
    client.send(request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n", "2\r\nhi\r\n"));
    Peer service = upstream_.accept();
    (void)service.read_until("hi\r\n");
    client.send(rest);
    if (rest.empty()) proxy_->advance(1s);
    EXPECT_EQ(client.read_message().status(), status);
  };
  spoil("zz\r\n", 400);
  spoil("9\r\n123456789\r\n", 413);
  spoil("0\r\nTrailer\r\n\r\n", 400);
  spoil("", 408);
  EXPECT_EQ(limits()["windows"][0]["used"], 5);  // and the question itself
}

TEST_F(Limits, an_answer_of_5xx_is_given_back_where_the_operator_says_so) {
  begin_limited("requests: {10s: 5}", "", ", refund: upstream_5xx");
  const std::string broken = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(call("/", broken).field("ratelimit"), "\"requests-10s\";r=5;t=0");
  EXPECT_EQ(call().field("ratelimit"), "\"requests-10s\";r=4;t=10");
}

// Else whoever begins calls early and ends them late is let in twice over.
TEST_F(Limits, a_call_whose_body_takes_long_counts_from_when_it_is_let_in) {
  begin_limited("requests: {10s: 1}");
  const std::string body = R"({"a":1})";
  Peer slow = proxy_->connect();
  slow.send(request("POST / HTTP/1.1", "Content-Type: application/json\r\nContent-Length: 7\r\n",
                    body.substr(0, 3)));
  proxy_->advance(9s);
  slow.send(body.substr(3));
  Peer service = upstream_.accept();
  (void)service.read_message();
  service.send(ok("{}", "Connection: close\r\n"));
  EXPECT_EQ(slow.read_message().status(), 200);
  proxy_->advance(2s);
  EXPECT_EQ(own().field("retry-after"), "8");
}

TEST_F(Limits, a_websocket_is_charged_when_it_opens_and_is_told_what_is_left) {
  begin_limited("requests: {10s: 1}");
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  service.send(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  const Message opened = client.read_head();
  EXPECT_EQ(opened.status(), 101);
  EXPECT_EQ(opened.field("ratelimit"), "\"requests-10s\";r=0;t=10");
  EXPECT_EQ(own().status(), 429);
}

TEST_F(Limits, who_has_had_a_part_of_the_answer_has_paid_for_it) {
  begin_limited("requests: {10s: 5}");
  Peer client = proxy_->connect();
  client.send(request("GET /events HTTP/1.1"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  service.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
  (void)client.read_until("data: 1");
  proxy_->write_keys("keys: []\n");
  EXPECT_TRUE(proxy_->reload());  // cuts it, with a reason
  (void)client.read_to_end();
  EXPECT_TRUE(
      has(counted_metrics(),
          "tollgate_charged_total{api=\"orders\",scope=\"key:erp\",measure=\"requests\"} 1\n"));
}

TEST_F(Limits, shadow_mode_counts_and_lets_through_and_says_nothing) {
  begin_limited("requests: {10s: 1}", "    limits: {mode: shadow}\n");
  EXPECT_EQ(call().status(), 200);
  const Message second = call();
  EXPECT_EQ(second.status(), 200);
  EXPECT_EQ(second.field("ratelimit"), "");
  EXPECT_TRUE(has(counted_metrics(), "window=\"10s\",mode=\"shadow\"} 1\n"));
}

TEST_F(Limits, clients_are_prepared_for_the_day_from_which_limits_hold) {
  begin_limited("requests: {10s: 1}", "    limits: {enforce_from: 2999-05-01}\n");
  const Message first = call();
  EXPECT_EQ(first.field("tollgate-enforce-from"), "2999-05-01");
  EXPECT_EQ(first.field("tollgate-would-refuse"), "");
  const Message second = call();
  EXPECT_EQ(second.status(), 200);
  EXPECT_EQ(second.field("tollgate-would-refuse"), "limit_exceeded");
}

TEST_F(Limits, a_reload_that_lowers_a_plan_holds_at_once_and_forgets_nothing) {
  begin_limited("requests: {10s: 5}");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(call().status(), 200);
  std::string config = proxy_->folder().read("tollgate.yaml");
  config.replace(config.find("{10s: 5}"), 8, "{10s: 3}");
  proxy_->write_config(config);
  ASSERT_TRUE(proxy_->reload());
  EXPECT_EQ(own().status(), 429);
}

// Prometheus drops a whole scrape that has a series twice.
std::vector<std::string> series_that_are_twice(const std::string& metrics) {
  std::set<std::string> seen;
  std::vector<std::string> twice;
  std::istringstream lines(metrics);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    std::string series = line.substr(0, line.rfind(' '));
    if (!seen.insert(series).second) twice.push_back(std::move(series));
  }
  return twice;
}

TEST_F(Limits, an_api_that_changes_its_group_has_new_windows_and_the_same_series) {
  begin_limited("requests: {10s: 5}", "    limits: {group: one}\n");
  EXPECT_EQ(call().field("ratelimit"), "\"requests-10s\";r=4;t=10");
  std::string config = proxy_->folder().read("tollgate.yaml");
  config.replace(config.find("group: one"), 10, "group: two");
  proxy_->write_config(config);
  ASSERT_TRUE(proxy_->reload());
  EXPECT_EQ(call().field("ratelimit"), "\"requests-10s\";r=4;t=10");
  const std::string metrics = counted_metrics();
  EXPECT_EQ(series_that_are_twice(metrics), std::vector<std::string>());
  EXPECT_TRUE(
      has(metrics,
          "tollgate_charged_total{api=\"orders\",scope=\"key:erp\",measure=\"requests\"} 2\n"));
}

TEST_F(Limits, addresses_that_several_plans_hold_are_shown_once_under_the_strictest) {
  begin(
      "plans: {p: {requests: {10s: 8}}, q: {requests: {10s: 4, 1h: 9}}}\n"
      "limits: {default_plan: p}\n",
      "    limits: {scope: address}\n");
  std::string keys = proxy_->folder().read("keys.yaml");
  proxy_->write_keys(
      keys + "  - {name: other, plan: q, secrets: [\"sha256:" + std::string(64, 'a') + "\"]}\n");
  ASSERT_TRUE(proxy_->reload());
  EXPECT_EQ(call().field("ratelimit"), "\"requests-10s\";r=7;t=10");
  const std::string metrics = counted_metrics();
  EXPECT_EQ(series_that_are_twice(metrics), std::vector<std::string>());
  EXPECT_TRUE(has(metrics,
                  "tollgate_limit_utilization_ratio{scope=\"address\",group=\"orders\","
                  "measure=\"requests\",window=\"10s\"} 0.25\n"));
  EXPECT_TRUE(has(metrics,
                  "tollgate_limit_utilization_ratio{scope=\"address\",group=\"orders\","
                  "measure=\"requests\",window=\"1h\"} 0"));
}

TEST_F(Limits, an_api_that_ends_says_so_and_then_is_gone) {
  begin("",
        "    deprecation: {since: 2020-01-01, sunset: 2999-06-01, link: "
        "\"https://example.com/m\"}\n");
  const Message answer = call();
  EXPECT_EQ(answer.field("deprecation"), "@1577836800");
  EXPECT_EQ(answer.field("sunset"), "Sat, 01 Jun 2999 00:00:00 GMT");
  EXPECT_EQ(answer.field("link"), "<https://example.com/m>; rel=\"deprecation\"");
  begin("", "    deprecation: {sunset: 2020-06-01, refuse_after_sunset: true}\n");
  const Message gone = own();
  EXPECT_EQ(gone.status(), 410);
  EXPECT_EQ(json::parse(gone.body)["reason"], "sunset");
}

TEST_F(Limits, windows_survive_a_restart) {
  begin_limited("requests: {1h: 2}", "", ", store: {snapshot: windows.snap}");
  EXPECT_EQ(call().status(), 200);
  proxy_->restart();
  EXPECT_EQ(call().field("ratelimit").substr(0, 19), "\"requests-1h\";r=0;t");
  EXPECT_EQ(own().status(), 429);
}

TEST_F(Limits, a_snapshot_that_is_somebody_elses_file_is_left_alone) {
  begin_limited("requests: {1h: 2}", "", ", store: {snapshot: keys.yaml}");
  EXPECT_EQ(call().status(), 200);
  proxy_->advance(2s);
  EXPECT_TRUE(has(proxy_->admin("/metrics"), "window_snapshots_total{result=\"failure\"} 1"));
  proxy_->restart();
  EXPECT_EQ(proxy_->folder().read("keys.yaml"), kSimpleKeys);
  EXPECT_EQ(call().status(), 200);
}

TEST_F(Limits, windows_that_cannot_be_saved_are_counted_and_calls_go_on) {
  begin_limited("requests: {1h: 2}", "", ", store: {snapshot: gone/windows.snap}");
  // The file is written by a thread of its own, some time after the clock has moved.
  const auto shown_after = [&](std::chrono::seconds time, const std::string& line) {
    proxy_->advance(time);
    for (int looks = 0; looks < 20'000; ++looks) {
      if (has(proxy_->admin("/metrics"), "window_snapshots_total{result=" + line)) return true;
    }
    return false;
  };
  EXPECT_TRUE(shown_after(2s, "\"failure\"} 1"));
  EXPECT_EQ(call().status(), 200);
  std::filesystem::create_directory(proxy_->folder().file("gone"));
  EXPECT_TRUE(shown_after(2s, "\"success\"} 1"));
  proxy_->restart();
  EXPECT_EQ(call().field("ratelimit").substr(0, 19), "\"requests-1h\";r=0;t");
}

}  // namespace
}  // namespace tollgate
