// Who pays for a call, and what they are held to.
#include "filters/payers.h"

#include <gtest/gtest.h>

#include "filters/windows/memory_windows.h"
#include "tests/support/exchange.h"

namespace tollgate {
namespace {

class PayersTest : public FilterTest {
 protected:
  PayersTest() {
    plan("growth", 100);
    plan("small", 7);
    plan("spare", 3);
    api_.limits.group = "orders";
    keys_ = {make_key_named("erp")};
  }
  void plan(const std::string& name, std::uint64_t requests) {
    config_.plans[name].limits[0] = {{10s, requests}};
  }
  // "environment:prod 100, key:erp 7", of a call with the first key, or with none.
  std::string payer() {
    index_ = std::make_unique<KeyIndex>(keys_, 1);
    payers_ = std::make_unique<Payers>(config_, api_, *index_, *store_);
    Exchange& exchange = call("GET /");
    exchange.key = anonymous_ ? nullptr : &index_->keys().front();
    const Payer found = payers_->payer_of(exchange);
    std::string text;
    for (std::size_t i = 0; i < found.count; ++i) {
      const Payer::Part& part = found.parts[i];
      if (!text.empty()) text += ", ";
      text += part.scope->name().label() + " " +
              std::to_string(part.limits->front().most[Measure::kRequests]);
    }
    return text;
  }

  Config config_;
  bool anonymous_ = false;
  std::unique_ptr<MemoryWindows> store_ = MemoryWindows::make({});

 private:
  std::unique_ptr<KeyIndex> index_;
  std::unique_ptr<Payers> payers_;
};

TEST_F(PayersTest, nobody_is_limited_without_a_plan) { EXPECT_EQ(payer(), ""); }

TEST_F(PayersTest, a_key_without_an_environment_pays_for_itself) {
  config_.limits.default_plan = "growth";
  EXPECT_EQ(payer(), "key:erp 100");
  keys_[0].plan = "small";
  EXPECT_EQ(payer(), "key:erp 7");
}

TEST_F(PayersTest, keys_of_an_environment_pay_together) {
  keys_[0].environment = "prod";
  config_.limits.default_plan = "growth";
  EXPECT_EQ(payer(), "environment:prod 100");
  config_.environments["prod"].plan = "small";
  EXPECT_EQ(payer(), "environment:prod 7");
}

TEST_F(PayersTest, an_environment_without_a_plan_has_that_of_its_keys) {
  keys_[0].environment = "prod";
  keys_.push_back(make_key_named("shop"));
  keys_[1].environment = "prod";
  keys_[1].plan = "small";
  EXPECT_EQ(payer(), "environment:prod 7");
}

TEST_F(PayersTest, a_key_with_another_plan_than_its_environment_is_held_to_both) {
  keys_[0].environment = "prod";
  keys_[0].plan = "spare";
  config_.environments["prod"].plan = "growth";
  EXPECT_EQ(payer(), "environment:prod 100, key:erp 3");
}

TEST_F(PayersTest, a_share_of_the_environments_plan_is_exact_and_never_nothing) {
  keys_[0].environment = "prod";
  config_.environments["prod"].plan = "growth";
  for (std::uint64_t percent = 1; percent <= 100; ++percent) {
    config_.environments["prod"].key_share = percent;
    EXPECT_EQ(payer(), "environment:prod 100, key:erp " + std::to_string(percent));
  }
  config_.environments["prod"] = {"spare", 10};
  EXPECT_EQ(payer(), "environment:prod 3, key:erp 1");
  keys_[0].plan = "small";  // the stricter of both holds
  config_.environments["prod"] = {"growth", 5};
  EXPECT_EQ(payer(), "environment:prod 100, key:erp 5");
}

TEST_F(PayersTest, the_scope_says_whose_windows_they_are) {
  keys_[0].environment = "prod";
  config_.environments["prod"].plan = "growth";
  api_.limits.scope = LimitScope::kKey;
  EXPECT_EQ(payer(), "key:erp 100");
  config_.environments["prod"].key_share = 60;
  EXPECT_EQ(payer(), "key:erp 60");
  keys_[0].plan = "small";
  EXPECT_EQ(payer(), "key:erp 7");
  api_.limits.scope = LimitScope::kAddress;
  EXPECT_EQ(payer(), "address 7");
  api_.limits.mode = LimitMode::kOff;
  EXPECT_EQ(payer(), "");
}

TEST_F(PayersTest, who_needs_no_key_pays_by_address) {
  anonymous_ = true;
  config_.limits.default_plan = "small";
  EXPECT_EQ(payer(), "address 7");
}

}  // namespace
}  // namespace tollgate
