// What a single pass takes, what it leaves to others, and that it comes to the price of a plan.
#include "filters/graphql/single_pass.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "conf/text_file.h"
#include "filters/graphql/json_reader.h"
#include "filters/graphql/lexer.h"
#include "tests/bench/order_query.h"
#include "tests/support/cost_comparison.h"

namespace tollgate::graphql {
namespace {

constexpr std::string_view kSchema = R"(
type Query { orders(limit: Int, page: Int): [Order!]! many(x: Int): Many node: Node any: Any
  page(first: Int): Page
  deep(first: Int): Deep @listSize(slicingArguments: ["first"], sizedFields: ["page.edges"]) }
type Mutation { add: Order remove(id: ID): Boolean }
type Order { id: ID number(format: String): Int aNameOfMoreThanSixteen: Int
  lines(limit: Int): [Line] tags: [String] costly(by: Int @cost(weight: 2)): Int }
type Line { id: ID order: Order }
interface Node { id: ID }
type A implements Node { id: ID a: Int }
type B implements Node @cost(weight: 3) { id: ID b: B }
union Any = A | B
interface Many { id(x: Int): ID many(x: Int): Many }
type M1 implements Many { id(x: Int): ID many(x: Int): Many }
type M2 implements Many { id(x: Int): ID many(x: Int): Many }
type M3 implements Many { id(x: Int): ID many(x: Int): Many }
type M4 implements Many { id(x: Int): ID many(x: Int): Many }
type Page { edges: [Order] nodes: [Any] total: Int pages(first: Int): Page }
type Deep { page: Page }
)";

// Whether it takes the text; what it takes costs what a plan comes to.
bool takes(const CostModel& model, std::string_view text, const std::string& variables = "{}",
           std::string_view operation = "") {
  const Comparison result = compare_single_pass(model, text, operation, variables);
  EXPECT_EQ(result.difference, "");
  return result.single_pass;
}

class SinglePassTest : public testing::Test {
 protected:
  SinglePassTest() : model_(*CostModel::make(kSchema, {}, 100, 1)) {}

  bool takes(std::string_view text, const std::string& variables = "{}") {
    return graphql::takes(*model_, text, variables);
  }

  const std::unique_ptr<const CostModel> model_;
};

TEST_F(SinglePassTest, takes_what_most_texts_are_made_of) {
  for (const std::string_view text : {
           "{orders {id}}",
           "query A { orders(limit: 3, page: 1) { id number lines(limit: 2) { id order { id } } } "
           "}",
           "{orders {id id __typename __typename tags number(format: \"%d{é}\") id}}",
           "{a: orders {x: id y: id number: id} b: orders {id}}",
           "{orders {aNameOfMoreThanSixteen}}",
           "{node {id ... on A {a} ...F __typename}} fragment F on B {b {id}}",
           "fragment F on Order {id ...G} {orders {...F}} fragment G on Order {lines {id}}",
           "{any {... {... on Node {id}}}}",
           "{orders {...F number(format: \"}\")}} fragment F on Order {number(format: \"{\")}",
           "mutation {add {id} remove(id: 1) __typename}",
           "mutation {a: add {id} b: add {id}}",
       }) {
    EXPECT_TRUE(takes(text)) << text;
  }
}

TEST_F(SinglePassTest, leaves_what_is_unusual) {
  for (const std::string_view text : {
           "{orders @skip(if: true) {id}}",
           "{orders {id # of it\n}}",
           "{orders {lines {id}} orders {lines {id}}}",
           "{deep(first: 3) {page {edges {id}}}}",
           "{page(first: 3) {edges {id} edges {number}}}",
           "{orders {costly(by: 1)}}",
           "{__schema {types {name}}}",
           "query A {orders {id}} query B {orders {id}}",
           "subscription {orders {id}}",
           "{orders(limit: null, page: {a: {a: {a: {a: {a: {a: {a: {a: 1}}}}}}}}) {id}}",
       }) {
    EXPECT_FALSE(takes(text)) << text;
  }
}

// Others say what is wrong, or what it comes to all the same.
TEST_F(SinglePassTest, leaves_what_is_wrong) {
  for (const std::string_view text : {
           "",
           " ",
           "{",
           "{}",
           "{orders",
           "{orders {id}",
           "{orders {}}",
           "{orders {id}} }",
           "{orders {id}} x",
           "{orders {unknown}}",
           "{orders(limit: -1) {id}}",
           "{orders(limit: 1 limit: 2) {id}}",
           "{orders(limit: 01) {id}}",
           "{orders() {id}}",
           "{orders(limit: 1.) {id}}",
           "{orders(limit: $n) {id}}",
           "{orders(page: \"a\nb\") {id}}",
           "{orders(page: {a: 1 a: 2}) {id}}",
           "{orders(page: [1) {id}}",
           "{orders(page: ) {id}}",
           "query ($n: Int $n: Int) {orders {id}}",
           "query ($n: Int = $m) {orders {id}}",
           "query () {orders {id}}",
           "query ($n: [Int) {orders {id}}",
           "mutate {add {id}}",
           "{orders {id}} fragment F on Order {id}",
           "{orders {...F}} fragment F on Order {id id",
           "{orders {...F}} fragment F on Order {id} fragment F on Order {id}",
           "{orders {...F}} fragment F on Order {lines {order {...F}}}",
           "{orders {...F}}",
           "{orders {...F}} fragment on on Order {id}",
           "{orders {...F}} fragment F on Order {}",
           "{orders {... on A {a}}}",
           "{orders {... on Nobody {id}}}",
           "{orders {.. on Order {id}}}",
           "{orders {id}\v}",
           "{orders {id} \xC3\xA9}",
           "{orders(page: \"\xC3\") {id}}",
           "{orders {i\xC3\xA9}}",
           "{orders: {id}}",
           "{x: orders x: orders {id}}",
           "{:orders {id}}",
       }) {
    EXPECT_FALSE(takes(text)) << text;
  }
  EXPECT_FALSE(takes(std::string_view("{orders {id}}\0", 14)));
}

TEST_F(SinglePassTest, variables_say_sizes) {
  const std::string text =
      "query ($n: Int, $m: Int = 2) {orders(limit: $n) {lines(limit: $m) {id}}}";
  EXPECT_TRUE(takes(text, R"({"n": 7, "m": 3})"));
  EXPECT_TRUE(takes(text, R"({"n": null, "m": 0})"));
  EXPECT_TRUE(takes(text, R"({"m": 12})"));
  EXPECT_FALSE(takes(text, R"({"n": 7})"));
  EXPECT_FALSE(takes(text, R"({"n": -1, "m": 3})"));
  EXPECT_FALSE(takes(text, R"({"n": "7", "m": 3})"));
}

TEST_F(SinglePassTest, connections_hand_their_sizes_down) {
  for (const std::string_view text : {
           "{page(first: 3) {edges {id lines(limit: 2) {id}} total __typename}}",
           "{page(first: 3) {x: edges {id} edges: total pages(first: 2) {edges {id}}}}",
           "{page {edges {id}}}",
           "{page(first: null) {pages {total}}}",
       }) {
    EXPECT_TRUE(takes(text)) << text;
    CostConfig cost;
    cost.connections = ConnectionsModel::kMultiplied;
    const auto model = CostModel::make(kSchema, cost, 100, 1);
    EXPECT_TRUE(graphql::takes(**model, text)) << text;
  }
  EXPECT_TRUE(takes("{page(first: 3) {nodes {... on A {id} ... on B {id}}}}"));
}

// The type that is met again within itself has response names of its own each time.
TEST_F(SinglePassTest, a_name_is_known_again_behind_a_set_of_the_same_type) {
  EXPECT_FALSE(takes("{orders {lines {order {lines {id}}} lines {order {id}}}}"));
  EXPECT_FALSE(takes("{orders {a: lines {order {a: lines {id}}} a: lines {order {id}}}}"));
  EXPECT_TRUE(takes("{orders {lines {order {lines {id} tags}} tags}}"));
}

// What its type does not read stands unread, and may be anything.
TEST_F(SinglePassTest, a_fragment_that_no_type_enters_is_left) {
  EXPECT_TRUE(takes("{any {... on A {... on Node {id}} ... on B {id}}}"));
  EXPECT_FALSE(takes("{any {... on A {... on B {id id(}} ... on B {id}}}"));
  EXPECT_FALSE(takes("{any {... on A {...F}}} fragment F on B {(}"));
}

// Who passes a set by would take what stands in a comment for the text.
TEST_F(SinglePassTest, a_comment_within_a_value_is_left) {
  EXPECT_FALSE(takes("{any {... on A {id(x: #}\n 5) a} ... on B {id}}}"));
  EXPECT_FALSE(takes("fragment F on A {id} {any {...F ... on B {id(x: #}\n 5) b {id}} } }"));
  EXPECT_FALSE(takes("{orders(limit: #\xC3\n 5) {id}}"));
  EXPECT_FALSE(takes("{orders(page: #\n \"\xC3\" limit: 5) {id}}"));
  EXPECT_FALSE(takes("query ($n: Int = #\xFF\n 5) {orders {id}}"));
  EXPECT_FALSE(takes("{orders(limit: \xEF\xBB\xBF 5) {id}}"));
}

// Also where its condition holds for no type that is met on the way.
TEST_F(SinglePassTest, a_fragment_that_leads_to_itself_is_left) {
  EXPECT_FALSE(takes("{any {...A ...B}} fragment A on A {id ...B} fragment B on B {b {...A id}}"));
  EXPECT_FALSE(takes("{any {...B}} fragment B on B {b {... on Node {... on A {...B} id}}}"));
  EXPECT_TRUE(takes("{any {...A ...B}} fragment A on A {id ...B} fragment B on B {b {id}}"));
}

TEST_F(SinglePassTest, what_grows_without_end_is_left) {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "lines {order {";
  EXPECT_FALSE(takes("{orders {" + deep + "id" + std::string(200, '}') + "}}"));
  std::string doubled = "{orders {...F0}}";
  for (int i = 0; i < 15; ++i) {
    const std::string next = std::to_string(i + 1);
    doubled += "fragment F" + std::to_string(i) + " on Order {a: lines {order {...F" + next +
               "}} b: lines {order {...F" + next + "}}}";
  }
  EXPECT_FALSE(takes(doubled + "fragment F15 on Order {id}"));
  EXPECT_FALSE(takes("{orders {id" + std::string(SinglePass::kMostBytes, ' ') + "}}"));
  // Few tokens, many bytes, which would be read once for each pair of types.
  const std::string digits(19'000, '1');
  EXPECT_TRUE(takes("{many(x: " + digits + ") {id}}"));
  EXPECT_FALSE(takes("{many {many {many {id(x: " + digits + ")}}}}"));
}

TEST_F(SinglePassTest, sums_that_no_number_holds_are_left) {
  std::string text = "id";
  for (int i = 0; i < 3; ++i) text = "lines(limit: 9007199254740991) {order {" + text + "}}";
  EXPECT_FALSE(takes("{orders {" + text + "}}"));
}

TEST(SinglePass, takes_the_query_of_the_benchmark) {
  const auto sdl = read_text_file(SOURCE_DIR "/deploy/example/schema.graphql");
  ASSERT_TRUE(sdl.has_value());
  const auto model = CostModel::make(*sdl, {}, 100, 1);
  ASSERT_TRUE(model.has_value());
  EXPECT_TRUE(takes(**model, kOrderQuery, std::string(kOrderVariables), "Orders"));
}

TEST(SinglePass, takes_nothing_without_a_schema) {
  const auto model = CostModel::make("", {}, 100, 1);
  EXPECT_FALSE(takes(**model, "{id}"));
}

TEST(SinglePass, tells_fields_of_large_types_apart_or_leaves_them) {
  std::string sdl = "type Query {";
  std::string all = "{";
  for (int i = 0; i < 300; ++i) {
    const std::string name = "field" + std::to_string(i);
    sdl += name + ": Int ";
    if (i >= 40 && i < 160) all += name + " ";
  }
  const auto model = CostModel::make(sdl + "}", {}, 100, 1);
  EXPECT_TRUE(takes(**model, all + "}"));
  EXPECT_FALSE(takes(**model, "{field1 field129}"));
  EXPECT_FALSE(takes(**model, "{field1 field1}"));
}

}  // namespace
}  // namespace tollgate::graphql
