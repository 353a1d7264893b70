// A call as the filters see it, made from the text of a request, with a clock moved by hand.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "conf/secret.h"
#include "filters/chain.h"
#include "filters/exchange.h"
#include "filters/filters.h"
#include "filters/graphql/workspace.h"
#include "proxy/http1/message.h"

namespace tollgate {

// A key with the secret "secret of NAME".
inline Key make_key_named(const std::string& name) {
  Key key;
  key.name = name;
  key.secrets = {hash_secret("secret of " + name)};
  return key;
}

class FilterTest : public testing::Test {
 protected:
  // The fields of a request, each with its CRLF: "X: 1\r\n".
  Exchange& call(const std::string& request_line, const std::string& fields = "",
                 const std::string& body = "") {
    text_ = request_line + " HTTP/1.1\r\nHost: api.example\r\n" + fields + "\r\n";
    const auto parsed = http1::parse_request(text_, {}, request_);
    EXPECT_TRUE(parsed && *parsed == http1::Progress::kComplete) << text_;
    body_ = body;
    exchange_ = Exchange();
    exchange_.request = &request_.head;
    exchange_.now = now_;
    exchange_.peer = *IpAddress::parse("192.0.2.1");
    exchange_.client = exchange_.peer;
    exchange_.credential = &memory_;
    exchange_.graphql = &workspace_;
    exchange_.body = body_;
    return exchange_;
  }
  static std::string with_key(const std::string& name) {
    return "API-Authorization: secret of " + name + "\r\n";
  }
  // The key filter, or another, judged against `keys_`.
  Verdict check_key(Exchange& exchange) {
    index_ = std::make_unique<KeyIndex>(keys_, ++generation_);
    filter_ = make_key(api_, *index_, failures_);
    return filter_->check(exchange);
  }
  static void expect_deny(const Verdict& verdict, Reason reason) {
    ASSERT_FALSE(verdict.passed());
    EXPECT_EQ(row_of(verdict.reason()).word, row_of(reason).word) << verdict.note().detail;
  }

  ApiConfig api_ = [] {
    ApiConfig api;
    api.name = "orders";
    api.base = "/";
    return api;
  }();
  std::vector<Key> keys_{make_key_named("erp")};
  FailureCounter failures_;
  Instant now_{std::chrono::steady_clock::time_point(1000h),
               std::chrono::system_clock::time_point(std::chrono::seconds(1795521600))};
  CredentialMemory memory_;
  graphql::Workspace workspace_;
  Exchange exchange_;

 private:
  std::string text_;
  std::string body_;
  http1::Request request_;
  std::unique_ptr<KeyIndex> index_;
  FilterPtr filter_;  // the exchange views its configuration
  std::uint64_t generation_ = 0;
};

}  // namespace tollgate
