// Schemas as the estimator asks them.
#include "filters/graphql/schema.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace tollgate::graphql {
namespace {

std::unique_ptr<const Schema> make(std::string_view sdl) {
  auto schema = Schema::make(sdl);
  if (schema) return std::move(*schema);
  ADD_FAILURE() << schema.error().front().message;
  return nullptr;
}

std::uint32_t type(const Schema& schema, std::string_view name) {
  return schema.find_type(Name(name));
}

const SchemaField& field(const Schema& schema, std::string_view owner, std::string_view name) {
  return schema.fields()[schema.find_field(type(schema, owner), Name(name))];
}

std::string possible_types(const Schema& schema, std::string_view name) {
  std::string names;
  for (const std::uint32_t each : schema.types()[type(schema, name)].possible) {
    names += std::string(schema.types()[each].name.text()) + " ";
  }
  return names;
}

std::string problems(std::string_view sdl) {
  const auto schema = Schema::make(sdl);
  std::string all;
  if (schema) return all;
  for (const Problem& problem : schema.error()) {
    all += std::to_string(problem.place.line) + ":" + std::to_string(problem.place.column) + " " +
           problem.message + "\n";
  }
  return all;
}

TEST(Schema, fields_are_found_by_type_and_name) {
  const auto schema = make("type Query { a: Int b: [T!]! } type T { a: Query }");
  EXPECT_EQ(field(*schema, "Query", "b").lists, 1);
  EXPECT_EQ(field(*schema, "T", "a").type, type(*schema, "Query"));
  EXPECT_EQ(schema->find_field(type(*schema, "T"), Name("b")), kNone);
  EXPECT_EQ(type(*schema, "Nothing"), kNone);
}

TEST(Schema, roots_are_named_by_the_schema_or_by_custom) {
  const auto custom = make("type Query { a: Int } type Mutation { a: Int }");
  EXPECT_EQ(custom->root(OperationKind::kQuery), type(*custom, "Query"));
  EXPECT_EQ(custom->root(OperationKind::kMutation), type(*custom, "Mutation"));
  EXPECT_EQ(custom->root(OperationKind::kSubscription), kNone);
  const auto named = make("schema { query: Q } type Q { a: Int } type Mutation { a: Int }");
  EXPECT_EQ(named->root(OperationKind::kQuery), type(*named, "Q"));
  EXPECT_EQ(named->root(OperationKind::kMutation), kNone);
}

TEST(Schema, has_a_query_type_unless_it_is_a_subgraphs) {
  EXPECT_EQ(problems("type B { c: Int }"),
            "1:1 there is no query type: name it Query, or say which it is by "
            "\"schema { query: … }\"\n");
  EXPECT_EQ(problems("type Product @key(fields: \"id\") { id: ID! }"), "");
}

TEST(Schema, possible_types_are_the_members_or_those_that_implement) {
  const auto schema = make(
      "interface I { a: Int } interface J implements I { a: Int } type A implements J & I { a: Int "
      "} "
      "type B implements I { a: Int } type C { a: Int } union U = A | C type Query { a: Int }");
  EXPECT_EQ(possible_types(*schema, "I"), "A B ");
  EXPECT_EQ(possible_types(*schema, "J"), "A ");
  EXPECT_EQ(possible_types(*schema, "U"), "A C ");
  EXPECT_EQ(possible_types(*schema, "C"), "C ");
}

TEST(Schema, a_type_implements_what_its_interfaces_implement) {
  const auto schema = make(
      "interface I { a: Int } interface J implements I { a: Int } type A implements J { a: Int } "
      "type Query { a: I }");
  EXPECT_TRUE(schema->satisfies(type(*schema, "A"), type(*schema, "I")));
  EXPECT_EQ(possible_types(*schema, "I"), "A ");
}

TEST(Schema, a_condition_holds_for_the_type_its_interfaces_and_its_unions) {
  const auto schema = make(
      "interface I { a: Int } type A implements I { a: Int } type B { a: Int } union U = A "
      "type Query { a: I }");
  const std::uint32_t a = type(*schema, "A");
  for (const char* condition : {"A", "I", "U"}) {
    EXPECT_TRUE(schema->satisfies(a, type(*schema, condition))) << condition;
    EXPECT_EQ(schema->satisfies(type(*schema, "B"), type(*schema, condition)), false);
  }
}

TEST(Schema, interfaces_that_implement_each_other_in_a_circle_end) {
  const auto schema = make(
      "interface I implements J { a: Int } interface J implements I { a: Int } "
      "type Query implements I { a: Int }");
  EXPECT_EQ(possible_types(*schema, "J"), "Query ");
}

TEST(Schema, an_interface_that_no_type_implements_is_possible_itself) {
  const auto schema = make("interface I { a: Int } type Query { a: I }");
  EXPECT_EQ(possible_types(*schema, "I"), "I ");
}

TEST(Schema, extensions_are_merged_into_their_types) {
  const auto schema = make(
      "type Query { a: Int } extend type Query implements I { b: Int } interface I { b: Int } "
      "extend type Late { c: Int } extend union U = Query extend type Query @cost(weight: 2)");
  EXPECT_NE(schema->find_field(type(*schema, "Query"), Name("b")), kNone);
  EXPECT_NE(schema->find_field(type(*schema, "Late"), Name("c")), kNone);
  EXPECT_EQ(possible_types(*schema, "U"), "Query ");
  EXPECT_TRUE(schema->satisfies(type(*schema, "Query"), type(*schema, "I")));
  EXPECT_EQ(schema->types()[type(*schema, "Query")].weight, 2000);
}

TEST(Schema, weights_are_strings_or_numbers) {
  const auto schema = make(
      "type Query { a(x: Int @cost(weight: -1)): Int @cost(weight: \"2.5\") b: Int @cost(weight: "
      "3) "
      "c: Int @cost(weight: 0.125) d: E } enum E @cost(weight: \"-1e1\") { X }");
  EXPECT_EQ(field(*schema, "Query", "a").weight, 2500);
  EXPECT_EQ(field(*schema, "Query", "b").weight, 3000);
  EXPECT_EQ(field(*schema, "Query", "c").weight, 125);
  EXPECT_EQ(schema->inputs()[field(*schema, "Query", "a").arguments.first].weight, -1000);
  EXPECT_EQ(schema->types()[type(*schema, "E")].weight, -10000);
}

TEST(Schema, list_sizes_are_read) {
  const auto schema = make(
      "type Query { a: [Int] @listSize(assumedSize: 7, slicingArguments: [\"x\", \"y.z\"], "
      "sizedFields: \"b\", requireOneSlicingArgument: false) c: [Int] @listSize }");
  const ListSize& size = *field(*schema, "Query", "a").list_size;
  EXPECT_EQ(size.assumed_size, 7);
  EXPECT_EQ(size.slicing_arguments.size(), 2U);
  EXPECT_EQ(size.sized_fields.size(), 1U);
  EXPECT_FALSE(size.require_one_slicing_argument);
  EXPECT_TRUE(field(*schema, "Query", "c").list_size->require_one_slicing_argument);
}

TEST(Schema, all_mistakes_are_reported_at_once_each_with_its_place) {
  EXPECT_EQ(problems("type Query { a: Nowhere\n b(c: Lost): Int }"),
            "1:17 there is no type Nowhere\n2:7 there is no type Lost\n");
  EXPECT_EQ(problems("type Query { a: Int } interface Query { b: Int }"),
            "1:33 the type Query is defined a second time, as another kind\n");
  EXPECT_EQ(problems("type Query { a: Int a: String }"),
            "1:21 the field a is there twice, and not the same\n");
  EXPECT_EQ(problems("type Query { a: Int a: Int }"), "");
  EXPECT_EQ(
      problems("type Query { a: Int @cost(weight: \"much\") }"),
      "1:22 @cost needs a weight: a number with at most three decimals and twelve digits, such "
      "as weight: \"2.5\"\n");
  EXPECT_EQ(problems("type Query { a: [Int] @listSize(assumedSize: -1) }"),
            "1:24 @listSize: assumedSize must be a whole number from 0 on\n");
  EXPECT_EQ(problems("type Query { a: [Int] @listSize(sizedFields: [1]) }"),
            "1:24 @listSize: sizedFields must be a list of strings\n");
}

TEST(Schema, a_type_cannot_implement_what_is_no_interface) {
  EXPECT_NE(problems("type Query implements E { a: Int } enum E { X }"), "");
  EXPECT_NE(problems("union U = E enum E { X } type Query { a: U }"), "");
}

}  // namespace
}  // namespace tollgate::graphql
