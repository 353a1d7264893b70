#include "tests/support/exchange.h"

namespace tollgate {
namespace {

class KeyFilterTest : public FilterTest {
 protected:
  Verdict verdict_of(const std::string& fields) { return check_key(call("GET /", fields)); }
};

TEST_F(KeyFilterTest, a_valid_key_passes_and_is_known_from_then_on) {
  EXPECT_TRUE(verdict_of(with_key("erp")).passed());
  EXPECT_EQ(exchange_.key->name, "erp");
}

TEST_F(KeyFilterTest, a_missing_key_is_told_where_it_belongs) {
  const Verdict verdict = verdict_of("");
  expect_deny(verdict, Reason::kKeyMissing);
  EXPECT_NE(verdict.note().detail.find("curl -H 'API-Authorization: <your key>'"),
            std::string::npos);
  EXPECT_EQ(verdict.note().authenticate,
            "API-Authorization realm=\"orders\", header=\"API-Authorization\"");
  expect_deny(verdict_of("API-Authorization:\r\n"), Reason::kKeyMissing);
}

TEST_F(KeyFilterTest, an_unknown_key_is_refused_and_a_mistyped_one_told_so) {
  expect_deny(verdict_of("API-Authorization: nonsense\r\n"), Reason::kKeyUnknown);
  std::string mistyped = make_secret("acme");
  mistyped.back() = mistyped.back() == 'x' ? 'y' : 'x';
  const Verdict verdict = verdict_of("API-Authorization: " + mistyped + "\r\n");
  expect_deny(verdict, Reason::kKeyUnknown);
  EXPECT_NE(verdict.note().detail.find("mistyped"), std::string::npos);
  EXPECT_EQ(verdict.note().detail.find(mistyped), std::string::npos);
}

TEST_F(KeyFilterTest, a_word_before_the_key_is_told_to_be_left_out) {
  const Verdict verdict = verdict_of("API-Authorization: Bearer " + make_secret("acme") + "\r\n");
  expect_deny(verdict, Reason::kKeyUnknown);
  EXPECT_NE(verdict.note().detail.find("without \"Bearer\""), std::string::npos);
}

TEST_F(KeyFilterTest, disabled_and_expired_keys_are_refused) {
  keys_[0].disabled = true;
  expect_deny(verdict_of(with_key("erp")), Reason::kKeyDisabled);
  keys_[0].disabled = false;
  keys_[0].expires = *parse_date("2026-11-25");
  EXPECT_TRUE(verdict_of(with_key("erp")).passed());
  keys_[0].expires = *parse_date("2026-11-24");
  expect_deny(verdict_of(with_key("erp")), Reason::kKeyExpired);
}

TEST_F(KeyFilterTest, what_is_no_key_is_not_kept_for_as_long_as_the_connection) {
  expect_deny(verdict_of("API-Authorization: " + std::string(10'000, 'x') + "\r\n"),
              Reason::kKeyUnknown);
  EXPECT_EQ(memory_.secret, "");
  EXPECT_TRUE(verdict_of(with_key("erp")).passed());
  EXPECT_EQ(memory_.secret, "secret of erp");
}

TEST_F(KeyFilterTest, a_key_is_for_its_apis_alone) {
  keys_[0].apis = {"other"};
  const Verdict verdict = verdict_of(with_key("erp"));
  expect_deny(verdict, Reason::kKeyNotForApi);
  EXPECT_EQ(verdict.note().detail,
            "The key erp is not meant for the API orders. Send one that is, or ask the API's "
            "operator to let this one in.");
  keys_[0].apis = {"other", "orders"};
  EXPECT_TRUE(verdict_of(with_key("erp")).passed());
}

TEST_F(KeyFilterTest, a_key_is_used_from_its_addresses_alone) {
  keys_[0].allow_ips = {*IpRange::parse("192.0.2.0/24")};
  EXPECT_TRUE(verdict_of(with_key("erp")).passed());
  keys_[0].allow_ips = {*IpRange::parse("198.51.100.0/24")};
  expect_deny(verdict_of(with_key("erp")), Reason::kIpNotAllowed);
  keys_[0].allow_ips.emplace();
  expect_deny(verdict_of(with_key("erp")), Reason::kIpNotAllowed);
  keys_[0].allow_ips = {*IpRange::parse("0.0.0.0/0")};
  Exchange& unknown = call("GET /", with_key("erp"));
  unknown.client.reset();
  expect_deny(check_key(unknown), Reason::kIpNotAllowed);
}

TEST_F(KeyFilterTest, a_credential_must_be_unambiguous) {
  expect_deny(verdict_of(with_key("erp") + with_key("erp")), Reason::kBadRequest);
  api_.auth.headers = {{CredentialForm::kHeader, "X-My-Key"}};
  expect_deny(verdict_of("X-My-Key: secret of erp\r\nX_My_Key: other\r\n"), Reason::kBadRequest);
  expect_deny(verdict_of("X-My-Key: secret of erp\r\nConnection: x-my-key\r\n"),
              Reason::kBadRequest);
  EXPECT_TRUE(verdict_of("X-My-Key: secret of erp\r\nX-My-Kez: other\r\n").passed());
}

TEST_F(KeyFilterTest, an_open_call_needs_no_key_but_must_be_unambiguous) {
  const auto open_call = [&](const std::string& fields) {
    Exchange& exchange = call("GET /", fields);
    exchange.open = true;
    return check_key(exchange);
  };
  EXPECT_TRUE(open_call("").passed());
  EXPECT_TRUE(open_call("API-Authorization: wrong\r\n").passed());
  EXPECT_TRUE(open_call(with_key("erp")).passed());
  EXPECT_EQ(exchange_.key, nullptr);
  expect_deny(open_call(with_key("erp") + with_key("erp")), Reason::kBadRequest);
  api_.auth.headers = {{CredentialForm::kHeader, "X-My-Key"}};
  expect_deny(open_call("X_My_Key: secret of erp\r\n"), Reason::kBadRequest);
}

TEST_F(KeyFilterTest, places_are_tried_in_order) {
  api_.auth.headers = {{CredentialForm::kBearer, "Authorization"},
                       {CredentialForm::kHeader, "API-Authorization"}};
  api_.auth.cookies = {"key"};
  EXPECT_TRUE(verdict_of("Authorization: bearer secret of erp\r\n").passed());
  expect_deny(verdict_of("Authorization: Bearer wrong\r\n" + with_key("erp")), Reason::kKeyUnknown);
  EXPECT_TRUE(verdict_of("Authorization: Basic abc\r\n" + with_key("erp")).passed());
  EXPECT_TRUE(verdict_of("Cookie: a=1; key=secret of erp; b=2\r\n").passed());
  expect_deny(verdict_of("Cookie: key=secret of erp; key=other\r\n"), Reason::kBadRequest);
  EXPECT_NE(verdict_of("").note().authenticate.find("Bearer realm=\"orders\""), std::string::npos);
}

TEST_F(KeyFilterTest, where_no_key_is_required_one_that_is_sent_must_be_good) {
  api_.auth.required = false;
  EXPECT_TRUE(verdict_of("").passed());
  expect_deny(verdict_of("API-Authorization: wrong\r\n"), Reason::kKeyUnknown);
}

TEST_F(KeyFilterTest, a_secret_is_hashed_once_per_connection_and_anew_after_a_reload) {
  const KeyIndex index(keys_, 1);
  const auto filter = make_key(api_, index, failures_);
  EXPECT_TRUE(filter->check(call("GET /", with_key("erp"))).passed());
  EXPECT_EQ(memory_.key, index.find_by_name("erp"));
  memory_.key = nullptr;  // what is remembered is what counts
  expect_deny(filter->check(call("GET /", with_key("erp"))), Reason::kKeyUnknown);
  const KeyIndex reloaded(keys_, 2);
  EXPECT_TRUE(make_key(api_, reloaded, failures_)->check(call("GET /", with_key("erp"))).passed());
}

TEST_F(KeyFilterTest, unknown_and_disabled_keys_count_as_failures_and_missing_ones_do_not) {
  api_.auth.failures = {1min, 2};
  const auto filter = make_failures(api_, failures_);
  for (int i = 0; i < 5; ++i) (void)verdict_of("");
  EXPECT_TRUE(filter->check(call("GET /")).passed());
  (void)verdict_of("API-Authorization: wrong\r\n");
  EXPECT_TRUE(filter->check(call("GET /")).passed());
  keys_[0].disabled = true;
  (void)verdict_of(with_key("erp"));
  const Verdict verdict = filter->check(call("GET /", with_key("erp")));
  expect_deny(verdict, Reason::kTooManyFailures);
  EXPECT_TRUE(verdict.note().detail.starts_with("2 failed attempts came from your address"));
  EXPECT_EQ(verdict.note().retry_after_s, 60U);
}

TEST_F(KeyFilterTest, where_no_key_is_required_failures_do_not_refuse_calls_without_one) {
  api_.auth.failures = {1min, 1};
  api_.auth.required = false;
  (void)verdict_of("API-Authorization: wrong\r\n");
  const auto filter = make_failures(api_, failures_);
  EXPECT_TRUE(filter->check(call("GET /")).passed());
  expect_deny(filter->check(call("GET /", with_key("erp"))), Reason::kTooManyFailures);
  expect_deny(filter->check(call("GET /", with_key("erp") + with_key("erp"))),
              Reason::kTooManyFailures);
}

TEST_F(KeyFilterTest, a_missing_cookie_is_asked_for_as_a_cookie) {
  api_.auth.headers.clear();
  api_.auth.cookies = {"key"};
  const Verdict verdict = verdict_of("");
  EXPECT_NE(verdict.note().detail.find("curl -b 'key=<your key>'"), std::string::npos);
  EXPECT_EQ(verdict.note().detail.find("colon"), std::string::npos);
  EXPECT_EQ(verdict.note().authenticate, "Cookie realm=\"orders\", cookie-name=\"key\"");
}

TEST(KeyIndex, finds_by_any_secret_and_by_name) {
  Key key = make_key_named("erp");
  key.secrets.push_back(hash_secret("another"));
  const KeyIndex index({key, make_key_named("shop")}, 1);
  EXPECT_EQ(index.find("secret of erp")->name, "erp");
  EXPECT_EQ(index.find("another")->name, "erp");
  EXPECT_EQ(index.find("secret of shop")->name, "shop");
  EXPECT_EQ(index.find("secret of nobody"), nullptr);
  EXPECT_EQ(index.find(""), nullptr);
  EXPECT_EQ(index.find_by_name("shop")->name, "shop");
}

}  // namespace
}  // namespace tollgate
