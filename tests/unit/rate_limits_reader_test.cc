// Which queries ask for rateLimits alone, and what they want to see.
#include "filters/graphql/rate_limits_reader.h"

#include <gtest/gtest.h>

#include "filters/graphql/json_reader.h"

namespace tollgate::graphql {
namespace {

using Field = RateLimitsQuery::Field;

class RateLimitsReaderTest : public ::testing::Test {
 protected:
  auto read(std::string_view text, std::string_view operation = "") {
    return reader_.read(text, operation, nullptr);
  }
  void expect_other(std::string_view text) {
    const auto query = read(text);
    ASSERT_TRUE(query.has_value()) << text << ": " << query.error().message;
    EXPECT_FALSE(query->has_value()) << text;
  }
  void expect_wrong(std::string_view text, std::string_view message, Place place) {
    const auto query = read(text);
    ASSERT_FALSE(query.has_value()) << text;
    EXPECT_TRUE(query.error().message.starts_with(message)) << query.error().message;
    EXPECT_EQ(query.error().place, place) << text;
  }

  RateLimitsReader reader_;
};

TEST_F(RateLimitsReaderTest, every_field_is_found_in_the_order_of_the_query) {
  const auto query =
      read("{rateLimits{quota type usedQuota intervalSeconds remainingQuota __typename}}");
  ASSERT_TRUE(query.has_value() && query->has_value());
  ASSERT_EQ((*query)->roots.size(), 1U);
  std::vector<Field> fields;
  for (const auto& shown : (*query)->roots[0].fields) fields.push_back(shown.field);
  EXPECT_EQ(fields,
            (std::vector{Field::kQuota, Field::kType, Field::kUsedQuota, Field::kIntervalSeconds,
                         Field::kRemainingQuota, Field::kTypename}));
}

TEST_F(RateLimitsReaderTest, aliases_fragments_and_conditions_count_as_in_execution) {
  const auto query = read(
      "query Q($no: Boolean = false) { mine: rateLimits { ...F left: remainingQuota } ...R }\n"
      "fragment F on RateLimit { kind: type quota @include(if: $no) }\n"
      "fragment R on Query { mine: rateLimits { ... { usedQuota } } again: rateLimits { type } }");
  ASSERT_TRUE(query.has_value() && query->has_value());
  ASSERT_EQ((*query)->roots.size(), 2U);
  const auto& mine = (*query)->roots[0];
  EXPECT_EQ(mine.response, "mine");
  ASSERT_EQ(mine.fields.size(), 3U);
  EXPECT_EQ(mine.fields[0].response, "kind");
  EXPECT_EQ(mine.fields[1].response, "left");
  EXPECT_EQ(mine.fields[2].response, "usedQuota");
  EXPECT_EQ((*query)->roots[1].response, "again");
}

TEST_F(RateLimitsReaderTest, whatever_asks_for_more_or_for_something_else_is_left_alone) {
  expect_other("{orders{id}}");
  expect_other("{rateLimits{type} orders{id}}");
  expect_other("{rateLimits: orders{type}}");
  expect_other("{rateLimits{type} __typename}");
  expect_other("mutation{rateLimits{type}}");
  expect_other("subscription{rateLimits{type}}");
  expect_other("{rateLimits @skip(if: true) {type}}");
  expect_other("{a: node{rateLimits{type}}}");
}

TEST_F(RateLimitsReaderTest, of_several_operations_the_one_that_is_named_counts) {
  const std::string_view text = "query A{rateLimits{type}} query B{orders{id}}";
  EXPECT_TRUE(read(text, "A").value().has_value());
  EXPECT_FALSE(read(text, "B").value().has_value());
  EXPECT_FALSE(read(text, "C").has_value());
}

TEST_F(RateLimitsReaderTest, what_validation_would_find_is_an_error_with_its_place) {
  expect_wrong("{rateLimits}", "Field \"rateLimits\" of type \"[RateLimit!]!\" must have", {1, 2});
  expect_wrong("{\n  rateLimits { typ }\n}", "Cannot query field \"typ\" on type \"RateLimit\"",
               {2, 16});
  expect_wrong("{rateLimits{type{name}}}", "Field \"type\" must not have a selection", {1, 13});
  expect_wrong("{rateLimits(where: {}){type}}", "Unknown argument \"where\" on field", {1, 13});
  expect_wrong("{rateLimits{quota(a: 1)}}", "Unknown argument \"a\" on field \"RateLimit.quota\"",
               {1, 19});
  expect_wrong("{rateLimits{... on Order {type}}}",
               "Fragment cannot be spread here as objects of type \"RateLimit\" can never be of "
               "type \"Order\".",
               {1, 27});
}

}  // namespace
}  // namespace tollgate::graphql
