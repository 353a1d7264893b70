#include "filters/graphql/explain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "filters/graphql/json_reader.h"

namespace tollgate::graphql {
namespace {

const std::string kShop = R"(
type Query { orders(limit: Int): [Order!]! shops(first: Int, last: Int): ShopConnection! node: Node
             events: [Event] }
type Order { id: ID lines: [Line!]! notes(limit: Int): [Note!]! tags: [String!] }
type Line { id: ID } type Note { id: ID }
type ShopConnection { edges: [ShopEdge] nodes: [Shop] total: Int }
type ShopEdge { node: Shop } type Shop { id: ID owner: Owner }
interface Node { id: ID } interface Owner { name: String }
type User implements Node & Owner { id: ID name: String }
type Team implements Node & Owner { id: ID name: String members(first: Int): [User] }
union Event = Line | Note
)";

class ExplainTest : public ::testing::Test {
 protected:
  Explanation explained(const std::string& query) {
    auto model = CostModel::make(schema_, cost_, 100, 1);
    EXPECT_TRUE(model);
    model_ = std::move(*model);
    const JsonValue* variables = *reader_.read(R"({"n": 7})");
    auto explanation = explain(*model_, query, "", variables, settings_, memory_);
    EXPECT_TRUE(explanation);
    return std::move(*explanation);
  }
  // Without the first line, which is the same figures as the JSON has.
  std::string tree(const std::string& query) {
    const std::string text = explain_as_text(explained(query));
    return "\n" + text.substr(text.find('\n') + 1);
  }
  // The lines on fields that the schema does not have.
  std::string remarks(const std::string& query) {
    std::istringstream lines(explain_as_text(explained(query)));
    std::string found = "\n";
    for (std::string line; std::getline(lines, line);) {
      if (line.find("the schema") != std::string::npos) found += line + "\n";
    }
    return found;
  }
  std::string advice(const std::string& query) {
    const std::string text = explain_as_text(explained(query));
    const std::size_t begin = text.find("Cheaper");
    return begin == std::string::npos ? "" : "\n" + text.substr(text.find('\n', begin) + 1);
  }

  std::string schema_ = kShop;
  CostConfig cost_;
  ExplainSettings settings_;

 private:
  std::unique_ptr<const CostModel> model_;
  JsonReader reader_;
  ExplainMemory memory_;
};

TEST_F(ExplainTest, a_tree_shows_what_each_field_comes_to_and_marks_the_dearest_branch) {
  EXPECT_EQ(
      tree("{ orders(limit: 3) { id lines { id } } node { id } none: orders(limit: 0) { id } }"),
      R"(
> 33  orders Order  = 3 × (1 + 10)
   0    id ID
> 10    lines Line  = 10 × (1 + 0)
   0      id ID
   1  node Node
   0    id ID
   0  none: orders Order
   0    id ID
Cheaper: ask for fewer of these, or select less of each:
  orders: 3, as "limit" says; each costs 11
  orders.lines: 10, which no argument changes; each costs 1
)");
}

TEST_F(ExplainTest, what_is_counted_once_is_no_product) {
  EXPECT_EQ(tree("{ shops { total } node { id } }"), R"(
> 1  shops ShopConnection
  0    total Int
  1  node Node
  0    id ID
)");
  EXPECT_EQ(tree("{ shops(first: 1) { nodes { owner { name } } } }"), R"(
> 3  shops ShopConnection  = 1 + 2
> 2    nodes Shop  = 1 + 1
> 1      owner Owner
  0        name String
)");
}

TEST_F(ExplainTest, what_costs_nothing_because_its_list_is_empty_shows_why) {
  EXPECT_EQ(tree("{ orders(limit: 0) { lines { id } } }"), R"(
   0  orders Order  = 0 × (1 + 10)
  10    lines Line  = 10 × (1 + 0)
   0      id ID
)");
}

TEST_F(ExplainTest, a_possible_type_is_named_where_it_makes_a_difference) {
  EXPECT_EQ(tree("{ node { id ... on Team { members(first: 2) { id } } } }"), R"(
> 3  node Node as Team  = 1 + 2
  0    id ID
> 2    members User  = 2 × (1 + 0)
  0      id ID
Cheaper: ask for fewer of these, or select less of each:
  node.members: 2, as "first" says; each costs 1
)");
  cost_.types = {{"User", 3}};
  EXPECT_EQ(tree("{ node { id } }"), R"(
> 3  node Node as User
  0    id ID
)");
}

TEST_F(ExplainTest, introspection_weighs_what_it_costs) {
  EXPECT_EQ(tree("{ __schema { types { name } } }"), "\n> 100  __schema\n");
  const auto json =
      nlohmann::json::parse(explain_as_json(explained("{ __schema { types { name } } }")));
  const auto& field = json["tree"][0];
  EXPECT_EQ(field["count"], 1);
  EXPECT_EQ(field["weight"], 100);
  EXPECT_EQ(field["cost"], 100);
  EXPECT_FALSE(field.contains("once"));
}

TEST_F(ExplainTest, advice_names_the_argument_that_sizes_a_list) {
  EXPECT_EQ(advice("query($n: Int) { orders(limit: $n) { notes { id } } }"), R"(
  orders: 7, as "limit" says; each costs 11
  orders.notes: 10, as "limit" is not given; each costs 1
)");
}

TEST_F(ExplainTest, advice_names_the_connection_that_hands_its_size_down) {
  EXPECT_EQ(advice("{ mine: shops(last: 4) { edges { node { id } } } }"), R"(
  mine.edges: 4, as "last" of mine says; each costs 2
)");
  EXPECT_EQ(advice("{ shops { nodes { id } } }"), R"(
  shops.nodes: 10, as "first" of shops is not given; each costs 1
)");
  cost_.connections = ConnectionsModel::kMultiplied;
  EXPECT_EQ(advice("{ shops(last: 4) { edges { node { id } } } }"), R"(
  shops: 4, as "last" says; each costs 2
)");
}

TEST_F(ExplainTest, advice_knows_sizes_that_are_handed_down_further) {
  cost_.fields["Query.shops"].sized_fields = {"edges.node.owner"};
  schema_.replace(schema_.find("owner: Owner"), 12, "owner: [Owner]");
  EXPECT_EQ(advice("{ shops(first: 5) { edges { node { owner { name } } } } }"), R"(
  shops.edges: 10, which no argument changes; each costs 7
  shops.edges.node.owner: 5, as "first" of shops says; each costs 1
)");
}

TEST_F(ExplainTest, without_a_schema_the_arguments_alone_tell) {
  schema_.clear();
  EXPECT_EQ(advice("{ shops(first: 5) { edges { a(limit: 3) { b } } } }"), R"(
  shops.edges: 5, as "first" of shops says; each costs 4
  shops.edges.a: 3, as "limit" says; each costs 1
)");
  cost_.fields["Query.shops"].assumed_size = 6;
  EXPECT_EQ(advice("{ shops { a } }"), R"(
  shops: 6; each costs 1
)");
}

TEST_F(ExplainTest, a_query_that_tollgate_answers_costs_ten_points_a_root_field) {
  schema_ =
      "type Query { rateLimits: [RateLimit!]! id: ID } type RateLimit { type: Type } type Type { "
      "a: "
      "Int }";
  EXPECT_EQ(explained("{ rateLimits { type { a } } }").estimate.complexity, 20);
  settings_.rate_limits_query = true;
  EXPECT_EQ(tree("{ b: rateLimits { type } a: rateLimits { quota: type } }"), R"(
> 10  b: rateLimits RateLimit
   0    type Type
  10  a: rateLimits RateLimit
   0    quota: type Type
)");
  EXPECT_EQ(explained("{ rateLimits { type } id }").estimate.complexity, 20);
}

TEST_F(ExplainTest, what_the_schema_has_not_is_remarked_upon) {
  EXPECT_EQ(remarks("{ ordrs { id } orders(limit: 1) { nme __typename lines { x: idd } } "
                    "__schema { a } }"),
            R"(
ordrs: the schema's Query has no field ordrs; the service will refuse it
orders.nme: the schema's Order has no field nme; the service will refuse it
orders.lines.x: the schema's Line has no field idd; the service will refuse it
)");
  EXPECT_EQ(remarks("{ orders { id } node { ... on User { name } } }"), "\n");
  schema_.clear();
  EXPECT_EQ(remarks("{ ordrs { id } }"), "\n");
}

TEST_F(ExplainTest, of_many_fields_that_the_schema_has_not_the_first_are_named) {
  std::string query = "{ ";
  for (int i = 0; i < 25; ++i) query += "x" + std::to_string(i) + " ";
  const std::string found = remarks(query + "}");
  EXPECT_EQ(std::ranges::count(found, '\n'), 12);
  EXPECT_TRUE(
      found.ends_with("x9; the service will refuse it\nand 15 more that the schema has not\n"))
      << found;
}

}  // namespace
}  // namespace tollgate::graphql
