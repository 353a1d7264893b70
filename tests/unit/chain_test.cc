// The filters that are small, and their order.
#include "filters/chain.h"

#include <set>

#include "filters/json_check.h"
#include "filters/media_type.h"
#include "filters/refusal.h"
#include "filters/router.h"
#include "tests/support/exchange.h"

namespace tollgate {
namespace {

class ChainTest : public FilterTest {
 protected:
  Chain::Outcome run(Exchange& exchange, Chain::Body body = Chain::Body::kNotRead) {
    index_ = std::make_unique<KeyIndex>(keys_, ++generation_);
    const Chain chain(api_, {*index_, failures_});
    return chain.run(exchange, 0, body);
  }

 private:
  std::unique_ptr<KeyIndex> index_;
  std::uint64_t generation_ = 100;
};

const std::string kJson = "Content-Type: application/json; charset=utf-8\r\nContent-Length: 2\r\n";

TEST_F(ChainTest, addresses_come_before_failures_and_those_before_keys) {
  api_.allow_ips = {*IpRange::parse("10.0.0.0/8")};
  expect_deny(run(call("GET /")).verdict, Reason::kIpNotAllowed);
  api_.allow_ips = {*IpRange::parse("192.0.2.0/24")};
  expect_deny(run(call("GET /")).verdict, Reason::kKeyMissing);
  api_.auth.failures = {1min, 1};
  expect_deny(run(call("GET /", "API-Authorization: x\r\n")).verdict, Reason::kKeyUnknown);
  expect_deny(run(call("GET /")).verdict, Reason::kTooManyFailures);
}

TEST_F(ChainTest, a_stranger_is_refused_before_the_body_is_asked_for) {
  expect_deny(run(call("POST /", kJson)).verdict, Reason::kKeyMissing);
  const Chain::Outcome waits = run(call("POST /", kJson + with_key("erp")));
  EXPECT_TRUE(waits.verdict.passed());
  EXPECT_TRUE(waits.awaits_body());
  EXPECT_FALSE(run(call("GET /", with_key("erp"))).awaits_body());
}

TEST_F(ChainTest, json_that_is_none_is_refused_with_its_offset) {
  const Chain::Outcome broken =
      run(call("POST /", kJson + with_key("erp"), "{\"a\":}"), Chain::Body::kRead);
  expect_deny(broken.verdict, Reason::kJsonInvalid);
  EXPECT_EQ(broken.verdict.note().offset, 5U);
  EXPECT_TRUE(
      run(call("POST /", kJson + with_key("erp"), "{}"), Chain::Body::kRead).verdict.passed());
}

TEST_F(ChainTest, only_what_claims_to_be_json_is_read) {
  const std::string key = with_key("erp") + "Content-Length: 2\r\n";
  EXPECT_TRUE(
      run(call("PATCH /", key + "Content-Type: application/merge-patch+json\r\n")).awaits_body());
  EXPECT_FALSE(run(call("POST /", key + "Content-Type: text/plain\r\n")).awaits_body());
  EXPECT_FALSE(run(call("POST /", key)).awaits_body());
  EXPECT_FALSE(run(call("DELETE /", key + "Content-Type: application/json\r\n")).awaits_body());
  EXPECT_FALSE(
      run(call("POST /", key + "Content-Type: application/json\r\nContent-Encoding: gzip\r\n"))
          .awaits_body());
  EXPECT_FALSE(
      run(call("POST /", with_key("erp") + "Content-Type: application/json\r\n")).awaits_body());
  api_.json_body = false;
  EXPECT_FALSE(run(call("POST /", kJson + with_key("erp"))).awaits_body());
}

TEST_F(ChainTest, open_paths_and_forwarded_preflights_need_no_key) {
  api_.open = {{"GET", "/healthz"}};
  EXPECT_TRUE(run(call("GET /healthz?x=1")).verdict.passed());
  EXPECT_TRUE(exchange_.open);
  expect_deny(run(call("GET /healthz/")).verdict, Reason::kKeyMissing);
  const std::string preflight = "Origin: https://a\r\nAccess-Control-Request-Method: POST\r\n";
  expect_deny(run(call("OPTIONS /", preflight)).verdict, Reason::kKeyMissing);
  api_.auth.preflight = Preflight::kForward;
  EXPECT_TRUE(run(call("OPTIONS /", preflight)).verdict.passed());
  expect_deny(run(call("OPTIONS /", "Origin: https://a\r\n")).verdict, Reason::kKeyMissing);
  api_.allow_ips = {*IpRange::parse("10.0.0.0/8")};
  expect_deny(run(call("GET /healthz")).verdict, Reason::kIpNotAllowed);
}

TEST_F(ChainTest, a_concealed_api_refuses_strangers_as_if_it_were_not_there) {
  api_.auth.conceal = true;
  for (const std::string& fields : {std::string(), std::string("API-Authorization: x\r\n")}) {
    const Chain::Outcome hidden = run(call("GET /", fields));
    expect_deny(hidden.verdict, Reason::kNoApi);
    EXPECT_EQ(hidden.verdict.note().detail, no_api_note().detail);
    EXPECT_EQ(hidden.verdict.note().authenticate, "");
    EXPECT_TRUE(hidden.verdict.note().concealed);
  }
  expect_deny(run(call("POST /", kJson + with_key("erp"), "x"), Chain::Body::kRead).verdict,
              Reason::kJsonInvalid);
}

TEST(Router, the_longest_base_wins_on_whole_segments) {
  std::vector<ApiConfig> apis(4);
  apis[0].base = "/";
  apis[1].base = "/shop";
  apis[2].base = "/shop/admin";
  apis[3].base = "/shop";
  apis[3].host = "api.example.com";
  const Router router(apis);
  EXPECT_EQ(router.find("a", "GET", "/x"), 0);
  EXPECT_EQ(router.find("a", "GET", "/shop"), 1);
  EXPECT_EQ(router.find("a", "GET", "/shop/x"), 1);
  EXPECT_EQ(router.find("a", "GET", "/shopping"), 0);
  EXPECT_EQ(router.find("a", "GET", "/shop/admin/x"), 2);
  EXPECT_EQ(router.find("api.example.com", "GET", "/shop"), 3);
  EXPECT_EQ(router.find("a", "GET", "*"), -1);
  std::vector<ApiConfig> one(1);
  one[0].base = "/graphql";
  one[0].host = "h";
  EXPECT_EQ(Router(one).find("other", "GET", "/graphql"), -1);
  EXPECT_EQ(Router(one).find("h", "GET", "/Graphql"), -1);
}

TEST(Router, an_open_path_outside_its_base_is_found_with_its_method_alone) {
  std::vector<ApiConfig> apis(3);
  apis[0].base = "/";
  apis[1].base = "/graphql";
  apis[1].open = {{"GET", "/healthz"}, {"GET", "/graphql/healthz"}};
  apis[2].base = "/other";
  apis[2].host = "api.example.com";
  apis[2].open = {{"GET", "/healthz"}};
  const Router router(apis);
  EXPECT_EQ(router.find("a", "GET", "/healthz"), 1);
  EXPECT_EQ(router.find("a", "HEAD", "/healthz"), 0);
  EXPECT_EQ(router.find("a", "GET", "/healthz/"), 0);
  EXPECT_EQ(router.find("a", "GET", "/graphql/healthz"), 1);
  EXPECT_EQ(router.find("api.example.com", "GET", "/healthz"), 2);
}

TEST(Router, a_host_is_the_same_in_any_case_with_a_dot_and_a_port) {
  std::vector<ApiConfig> apis(1);
  apis[0].base = "/";
  apis[0].host = "api.example.com";
  const Router router(apis);
  for (const char* host : {"api.example.com", "API.Example.com", "api.example.com.",
                           "api.example.com:8080", "API.EXAMPLE.COM.:8080"}) {
    EXPECT_EQ(router.find(host, "GET", "/"), 0) << host;
  }
  for (const char* host : {"api.example.com..", "xapi.example.com", "example.com", ""}) {
    EXPECT_EQ(router.find(host, "GET", "/"), -1) << host;
  }
}

TEST(JsonCheck, finds_the_byte_where_json_ends_to_be_json) {
  for (const char* good :
       {"{}", " [1, 2.5e3, \"\\u00e9\", null] ", "12345678901234567890123", "\"\xc3\xa9\""}) {
    EXPECT_FALSE(json_error_offset(good)) << good;
  }
  EXPECT_EQ(json_error_offset("{\"a\":}"), 5U);
  EXPECT_EQ(json_error_offset(""), 0U);
  EXPECT_EQ(json_error_offset("[1] x"), 4U);
  EXPECT_EQ(json_error_offset("[1"), 2U);
  EXPECT_EQ(json_error_offset(std::string_view("{}\0x", 4)), 2U);
  EXPECT_EQ(json_error_offset(std::string_view("[1\0", 3)), 2U);
  EXPECT_TRUE(json_error_offset("\"\xff\""));
  EXPECT_TRUE(json_error_offset("\"\\ud800\""));
  EXPECT_FALSE(json_error_offset(std::string(5000, '[') + std::string(5000, ']')));
  EXPECT_TRUE(json_error_offset(std::string(100000, '[')));
}

TEST_F(ChainTest, a_preflight_has_no_body) {
  api_.auth.preflight = Preflight::kForward;
  const auto filter = make_open_paths(api_);
  const std::string preflight =
      "Origin: https://shop.example\r\nAccess-Control-Request-Method: POST\r\n";
  const auto is_open = [&](const std::string& more) {
    Exchange& exchange = call("OPTIONS /", preflight + more);
    EXPECT_TRUE(filter->check(exchange).passed());
    return exchange.open;
  };
  EXPECT_TRUE(is_open(""));
  EXPECT_TRUE(is_open("Content-Length: 0\r\n"));
  EXPECT_FALSE(is_open("Content-Length: 5\r\n"));
  EXPECT_FALSE(is_open("Transfer-Encoding: chunked\r\n"));
}

TEST_F(ChainTest, any_of_several_content_types_may_claim_json) {
  const auto filter = make_json_body(api_);
  EXPECT_EQ(filter
                ->needs_body(call("POST /",
                                  "Content-Length: 1\r\nContent-Type: text/plain\r\n"
                                  "Content-Type: application/json\r\n",
                                  "x"))
                .kind,
            BodyNeed::Kind::kWhole);
}

TEST(MediaType, is_read_without_parameters_and_case) {
  EXPECT_TRUE(is_json("Application/JSON ; charset=utf-8"));
  EXPECT_TRUE(is_json("application/problem+json"));
  EXPECT_FALSE(is_json("application/jsonp"));
  for (const char* none :
       {"application/x-www-form-urlencoded,+json", "text/plain, a/b+json", "+json", "a/+json/b",
        "a b/c+json", "application/x+json x", "\"a\"/b+json", "/a+json"}) {
    EXPECT_FALSE(is_json(none)) << none;
  }
}

class RefusalTest : public FilterTest {};

TEST_F(RefusalTest, a_rest_api_answers_with_problem_details) {
  Note note;
  note.detail = "Say \"why\".";
  note.retry_after_s = 7;
  const Refusal refusal =
      render_refusal(ApiKind::kRest, call("GET /").request, Reason::kTooManyFailures, note);
  EXPECT_EQ(refusal.status, 429);
  EXPECT_EQ(refusal.status_text, "Too Many Requests");
  EXPECT_EQ(refusal.content_type, "application/problem+json");
  EXPECT_EQ(refusal.headers, "Retry-After: 7\r\n");
  EXPECT_EQ(refusal.body,
            R"({"type":"urn:tollgate:reason:too_many_failures","title":"Too many failed attempts",)"
            R"("status":429,"detail":"Say \"why\".","reason":"too_many_failures",)"
            R"("retryAfterSeconds":7})");
}

TEST_F(RefusalTest, a_graphql_api_answers_with_errors_in_the_type_that_the_client_wants) {
  Note note;
  note.detail = "why";
  const auto type_for = [&](const std::string& accept) {
    const std::string field = accept.empty() ? "" : "Accept: " + accept + "\r\n";
    return render_refusal(ApiKind::kGraphql, call("POST /", field).request, Reason::kKeyMissing,
                          note)
        .content_type;
  };
  EXPECT_EQ(type_for(""), "application/json; charset=utf-8");
  EXPECT_EQ(type_for("*/*"), "application/json; charset=utf-8");
  EXPECT_EQ(type_for("application/graphql-response+json"),
            "application/graphql-response+json; charset=utf-8");
  const Refusal refusal = render_refusal(ApiKind::kGraphql, nullptr, Reason::kKeyMissing, note);
  EXPECT_EQ(refusal.body, R"({"errors":[{"message":"why",)"
                          R"("extensions":{"code":"KEY_MISSING","reason":"key_missing"}}]})");
}

TEST_F(RefusalTest, nothing_from_the_wire_breaks_the_answer) {
  Note note;
  note.detail = "bytes \xff and \"quotes\"";
  note.authenticate = "x\r\nInjected: 1";
  const Refusal refusal = render_refusal(ApiKind::kRest, nullptr, Reason::kKeyMissing, note);
  EXPECT_EQ(refusal.headers, "");
  EXPECT_NE(refusal.body.find("\xef\xbf\xbd"), std::string::npos);
}

TEST(Reason, every_row_has_its_own_word_and_the_code_is_the_word_in_capitals) {
  std::set<std::string_view> words;
  for (const ReasonRow& row : reason_rows()) {
    EXPECT_TRUE(words.insert(row.word).second) << row.word;
    std::string code(row.word);
    for (char& c : code) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    EXPECT_EQ(row.code, code);
    EXPECT_GE(row.status, 400);
    EXPECT_FALSE(row.when.empty());
    EXPECT_EQ(&row_of(row.reason), &row);
  }
  EXPECT_EQ(words.size(), kReasonCount);
}

}  // namespace
}  // namespace tollgate
