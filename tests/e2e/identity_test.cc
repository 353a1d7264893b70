// Who calls, what the upstream is told, what a stranger is told.
#include <nlohmann/json.hpp>

#include "tests/support/conversation.h"

namespace tollgate {
namespace {

class Identity : public Conversation {
 protected:
  Message upstream_sees(Peer& client, const std::string& call) {
    client.send(call);
    Peer service = upstream_.accept();
    Message received = service.read_message();
    service.send(ok("", "Connection: close\r\n"));
    (void)client.read_message();
    return received;
  }
};

TEST_F(Identity, what_a_client_sends_under_tollgates_names_is_dropped) {
  begin();
  Peer client = proxy_->connect();
  const Message seen = upstream_sees(
      client,
      request("GET / HTTP/1.1",
              "Tollgate-Key: boss\r\nTollgate-Environment: prod\r\nTollgate-Complexity: 0\r\n"
              "X-Request-Id: mine\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Proto: https\r\n"));
  EXPECT_EQ(seen.field("tollgate-key"), "erp");
  EXPECT_EQ(seen.field("tollgate-environment"), "");
  EXPECT_EQ(seen.field("tollgate-complexity"), "1");  // what a REST call costs
  EXPECT_EQ(seen.field("x-request-id").size(), 32U);
  EXPECT_EQ(seen.field("x-forwarded-host"), "api.example");
  EXPECT_EQ(seen.field("x-forwarded-proto"), "http");
}

TEST_F(Identity, a_trusted_proxy_speaks_for_its_client) {
  begin("client_address: {trusted_proxies: [127.0.0.1]}\n", "    allow_ips: [203.0.113.0/24]\n");
  Peer client = proxy_->connect();
  const Message seen =
      upstream_sees(client, request("GET / HTTP/1.1",
                                    "X-Forwarded-For: 198.51.100.9, 203.0.113.7\r\n"
                                    "X-Request-Id: kept-1\r\nX-Forwarded-Proto: https\r\n"));
  EXPECT_EQ(seen.field("x-forwarded-for"), "198.51.100.9, 203.0.113.7, 127.0.0.1");
  EXPECT_EQ(seen.field("x-request-id"), "kept-1");
  EXPECT_EQ(seen.field("x-forwarded-proto"), "https");
  client.send(request("GET / HTTP/1.1", "X-Forwarded-For: 203.0.113.7, 198.51.100.9\r\n"));
  const Message refused = client.read_message();
  EXPECT_EQ(refused.status(), 403);
  EXPECT_TRUE(has(refused.body, "198.51.100.9")) << refused.body;
}

TEST_F(Identity, the_header_of_a_stranger_is_never_believed) {
  begin("", "    allow_ips: [203.0.113.0/24]\n");
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1", "X-Forwarded-For: 203.0.113.7\r\n"));
  EXPECT_EQ(client.read_message().status(), 403);
}

TEST_F(Identity, a_trace_context_is_kept_and_a_broken_one_is_replaced) {
  begin();
  Peer client = proxy_->connect();
  const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_EQ(upstream_sees(client, request("GET / HTTP/1.1", "traceparent: " + good + "\r\n"))
                .field("traceparent"),
            good);
  const std::string fresh =
      upstream_sees(client, request("GET / HTTP/1.1", "traceparent: nonsense\r\n"))
          .field("traceparent");
  EXPECT_EQ(fresh.size(), 55U);
}

TEST_F(Identity, an_open_path_needs_no_key_and_nothing_beside_it_is_open) {
  begin("", "    open: [\"GET /healthz\"]\n");
  Peer client = proxy_->connect();
  const Message seen = upstream_sees(client, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(seen.start_line, "GET /healthz HTTP/1.1");
  EXPECT_EQ(seen.field("tollgate-key"), "");
  for (const std::string line :
       {"POST /healthz", "GET /healthz/", "GET /healthzz", "GET /Healthz"}) {
    client.send(line + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read_message().status(), 401) << line;
  }
}

TEST_F(Identity, a_concealed_api_answers_as_if_it_were_not_there) {
  proxy_ = std::make_unique<Proxy>(
      "apis:\n  - name: hidden\n    base: /hidden\n    auth: {conceal: true}\n"
      "    upstream: {url: \"http://127.0.0.1:" +
          std::to_string(upstream_.port()) + "\"}\n",
      kSimpleKeys);
  Peer client = proxy_->connect();
  const auto ask = [&](const std::string& path, const std::string& key) {
    client.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n" + key + "\r\n");
    Message answer = client.read_message();
    answer.fields.erase("x-request-id");
    answer.fields.erase("date");
    return answer;
  };
  const Message nothing = ask("/other", "");
  EXPECT_EQ(nothing.status(), 404);
  for (const std::string key : {"", "API-Authorization: wrong\r\n"}) {
    const Message hidden = ask("/hidden", key);
    EXPECT_EQ(hidden.start_line, nothing.start_line);
    EXPECT_EQ(hidden.fields, nothing.fields);
    EXPECT_EQ(hidden.body, nothing.body);
  }
  client.send("GET /hidden HTTP/1.1\r\nHost: a\r\n" + kKeyField + "\r\n");
  Peer service = upstream_.accept();
  EXPECT_EQ(service.read_message().start_line, "GET /hidden HTTP/1.1");
}

TEST_F(Identity, a_secret_that_comes_along_where_none_is_needed_does_not_reach_the_service) {
  begin("", "    open: [\"GET /healthz\"]\n    auth: {headers: [X-Key, API-Authorization]}\n");
  Peer client = proxy_->connect();
  const Message seen = upstream_sees(
      client, "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Key: s3cret\r\n" + kKeyField + "\r\n");
  EXPECT_EQ(seen.start_line, "GET /healthz HTTP/1.1");
  EXPECT_EQ(seen.field("x-key"), "");
  EXPECT_EQ(seen.field("api-authorization"), "");
  EXPECT_EQ(seen.field("tollgate-key"), "");
}

TEST_F(Identity, too_many_failures_from_one_address_are_refused_until_the_window_ends) {
  begin("", "    auth: {failures: {1m: 3}}\n");
  Peer client = proxy_->connect();
  const auto status_with = [&](const std::string& key) {
    client.send("GET / HTTP/1.1\r\nHost: a\r\nAPI-Authorization: " + key + "\r\n\r\n");
    return client.read_message();
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(status_with("wrong").status(), 401);
  const Message refused = status_with("secret-one");
  EXPECT_EQ(refused.status(), 429);
  EXPECT_EQ(refused.field("retry-after"), "60");
  EXPECT_TRUE(has(refused.body, "\"too_many_failures\"")) << refused.body;
  proxy_->advance(59s);
  Peer again = proxy_->connect();
  again.send(request("GET / HTTP/1.1"));
  EXPECT_EQ(again.read_message().field("retry-after"), "1");
  proxy_->advance(1s);
  again.send(request("GET / HTTP/1.1"));
  EXPECT_TRUE(upstream_.has_connection());
}

TEST_F(Identity, a_graphql_api_refuses_in_graphqls_own_form) {
  proxy_ = std::make_unique<Proxy>(
      "apis:\n  - name: shop\n    base: /graphql\n    kind: graphql\n"
      "    upstream: {url: \"http://127.0.0.1:" +
          std::to_string(upstream_.port()) + "\"}\n",
      kSimpleKeys);
  Peer client = proxy_->connect();
  client.send(
      "POST /graphql HTTP/1.1\r\nHost: a\r\nAccept: application/graphql-response+json\r\n"
      "Content-Length: 0\r\n\r\n");
  const Message answer = client.read_message();
  EXPECT_EQ(answer.status(), 401);
  EXPECT_TRUE(answer.field("content-type").starts_with("application/graphql-response+json"));
  const auto body = nlohmann::json::parse(answer.body);
  EXPECT_EQ(body["errors"][0]["extensions"]["code"], "KEY_MISSING");
}

TEST_F(Identity, every_call_is_in_the_log_and_no_secret_is) {
  begin();
  Peer client = proxy_->connect();
  (void)upstream_sees(client,
                      request("GET /orders?key=secret-one HTTP/1.1", "User-Agent: \"it\\'s\"\r\n"));
  client.send("GET /refused HTTP/1.1\r\nHost: a\r\nAPI-Authorization: wrong-secret\r\n\r\n");
  (void)client.read_message();
  client.close();
  const std::string log = proxy_->access_log();
  EXPECT_FALSE(has(log, "secret-one"));
  EXPECT_FALSE(has(log, "wrong-secret"));
  const std::size_t end = log.find('\n');
  ASSERT_NE(end, std::string::npos);
  const auto first = nlohmann::json::parse(log.substr(0, end));
  EXPECT_EQ(first["path"], "/orders");
  EXPECT_EQ(first["status"], 200);
  EXPECT_EQ(first["key"], "erp");
  EXPECT_EQ(first["client"], "127.0.0.1");
  EXPECT_TRUE(first["reason"].is_null());
  const auto second = nlohmann::json::parse(log.substr(end + 1));
  EXPECT_EQ(second["reason"], "key_unknown");
  EXPECT_EQ(second["status"], 401);
}

TEST_F(Identity, metrics_count_what_happened) {
  begin();
  Peer client = proxy_->connect();
  (void)upstream_sees(client, request("GET / HTTP/1.1"));
  client.send("GET /refused HTTP/1.1\r\nHost: a\r\n\r\n");
  (void)client.read_message();
  proxy_->advance(0s);  // the worker has finished what it was at
  const std::string metrics = proxy_->admin("/metrics");
  EXPECT_TRUE(
      has(metrics, "tollgate_requests_total{api=\"orders\",key=\"erp\",outcome=\"forwarded\"} 1"));
  EXPECT_TRUE(
      has(metrics, "tollgate_requests_total{api=\"orders\",key=\"\",outcome=\"key_missing\"} 1"));
  EXPECT_TRUE(has(metrics, "tollgate_responses_total{api=\"orders\",code=\"401\"} 1"));
  EXPECT_TRUE(has(metrics, "tollgate_client_connections 1"));
  EXPECT_TRUE(has(metrics, "tollgate_upstream_duration_seconds_count{api=\"orders\"} 1"));
}

}  // namespace
}  // namespace tollgate
