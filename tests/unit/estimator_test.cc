// Texts that come again: priced the same each time, and kept from the second time on.
#include "filters/graphql/estimator.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "filters/graphql/json_reader.h"

namespace tollgate::graphql {
namespace {

constexpr std::string_view kSchema =
    "type Query { items(first: Int): [Item] other: Item } type Item { id: ID name: String }";

class EstimatorTest : public testing::Test {
 protected:
  EstimatorTest() : model_(*CostModel::make(kSchema, {}, 100, 1)) {}

  std::uint64_t price(const std::string& text, std::string_view variables = "{}") {
    const auto given = reader_.read(variables);
    const auto cost = estimator_.estimate(*model_, bounds_, text, "", *given);
    if (!cost) ADD_FAILURE() << cost.error().message;
    return cost ? cost->estimate.complexity : 0;
  }
  std::size_t kept() const { return estimator_.cache().bytes(); }

  const std::unique_ptr<const CostModel> model_;
  GraphqlConfig bounds_;
  JsonReader reader_;
  Estimator estimator_;
};

const std::string kText = "query($n: Int) { items(first: $n) { id name } }";

TEST_F(EstimatorTest, a_text_is_kept_when_it_comes_again) {
  price(kText);
  EXPECT_EQ(kept(), 0U);
  price(kText);
  const std::size_t bytes = kept();
  EXPECT_GT(bytes, kText.size());
  price(kText);
  EXPECT_EQ(kept(), bytes);
}

TEST_F(EstimatorTest, a_text_costs_the_same_whether_it_is_kept_or_not) {
  const std::uint64_t ten = price(kText, R"({"n": 10})");
  const std::uint64_t twenty = price(kText, R"({"n": 20})");
  EXPECT_GT(twenty, ten);
  EXPECT_EQ(price(kText, R"({"n": 10})"), ten);
  EXPECT_EQ(price(kText, R"({"n": 20})"), twenty);
}

TEST_F(EstimatorTest, each_answer_of_a_condition_has_its_own_price) {
  const std::string text =
      "query($with: Boolean!) { items { id } other @include(if: $with) { id } }";
  const std::uint64_t with = price(text, R"({"with": true})");
  const std::uint64_t without = price(text, R"({"with": false})");
  EXPECT_GT(with, without);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(price(text, R"({"with": true})"), with);
    EXPECT_EQ(price(text, R"({"with": false})"), without);
  }
}

// Two texts may leave the same mark, once in billions.
TEST_F(EstimatorTest, texts_that_come_once_take_no_places) {
  price(kText);
  price(kText);
  const std::size_t bytes = kept();
  for (int i = 0; i < 3000; ++i) price("query Once" + std::to_string(i) + " { items { id } }");
  EXPECT_GE(kept(), bytes);
  EXPECT_LT(kept(), 3 * bytes);
}

TEST_F(EstimatorTest, a_text_is_kept_though_others_come_between) {
  price(kText);
  for (int i = 0; i < 64; ++i) price("query Once" + std::to_string(i) + " { items { id } }");
  price(kText);
  EXPECT_GT(kept(), 0U);
}

TEST_F(EstimatorTest, texts_that_all_come_again_have_a_bound) {
  const std::string long_text = "{ items { id } }" + std::string(20'000, ' ');
  for (int i = 0; i < 600; ++i) {
    const std::string text = "query Twice" + std::to_string(i) + long_text;
    price(text);
    price(text);
  }
  EXPECT_GT(kept(), PlanCache::kMostBytes / 2);
  EXPECT_LE(kept(), PlanCache::kMostBytes);
}

}  // namespace
}  // namespace tollgate::graphql
