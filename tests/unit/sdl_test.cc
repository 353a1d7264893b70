// Schemas as they are written: the grammar of September 2025, and of the years before.
#include "filters/graphql/sdl.h"

#include <gtest/gtest.h>

#include <string>

namespace tollgate::graphql {
namespace {

Sdl read(std::string_view text) {
  Sdl sdl;
  const auto done = read_sdl(text, sdl);
  EXPECT_TRUE(done.has_value()) << text << "\n" << (done ? "" : done.error().message);
  return sdl;
}

void expect_error(std::string_view text, Place place, std::string_view message) {
  Sdl sdl;
  const auto done = read_sdl(text, sdl);
  ASSERT_FALSE(done.has_value()) << text;
  EXPECT_EQ(done.error().message, message) << text;
  EXPECT_EQ(done.error().place.line, place.line) << text;
  EXPECT_EQ(done.error().place.column, place.column) << text;
}

TEST(Sdl, types_of_every_kind_are_read) {
  const Sdl sdl = read(
      "scalar A @a type B { b: A } interface C { c: A } union D = B enum E { X Y } input F { f: A "
      "}");
  using Kind = TypeKind;
  const std::vector<Kind> kinds = {Kind::kScalar, Kind::kObject, Kind::kInterface,
                                   Kind::kUnion,  Kind::kEnum,   Kind::kInputObject};
  ASSERT_EQ(sdl.types.size(), kinds.size());
  for (std::size_t i = 0; i < kinds.size(); ++i) EXPECT_EQ(sdl.types[i].kind, kinds[i]) << i;
}

TEST(Sdl, extensions_of_every_kind_are_read) {
  const Sdl sdl = read(
      "extend schema @a { query: Q } extend scalar A @a extend type B @a extend type B { b: A } "
      "extend type B implements C extend interface C { c: A } extend union D = B "
      "extend enum E { Z } extend input F { g: A }");
  EXPECT_EQ(sdl.types.size(), 8U);
  ASSERT_EQ(sdl.roots.size(), 1U);
  EXPECT_EQ(sdl.roots[0].type.text(), "Q");
}

TEST(Sdl, descriptions_stand_wherever_they_may) {
  (void)read(
      "\"a\" schema { query: Q } \"\"\"b\"\"\" type Q { \"c\" f(\"d\" a: Int): Int } \"e\" enum E "
      "{ \"f\" X } "
      "\"g\" input I { \"h\" a: Int } \"i\" directive @d(\"j\" a: Int) on FIELD \"k\" scalar S "
      "\"l\" union U = Q \"m\" interface N { a: Int }");
}

TEST(Sdl, types_say_how_many_lists_they_have) {
  const Sdl sdl = read("type T { a: Int! b: [Int] c: [[Int!]!]! }");
  EXPECT_EQ(sdl.fields[0].type.lists, 0);
  EXPECT_EQ(sdl.fields[1].type.lists, 1);
  EXPECT_EQ(sdl.fields[2].type.lists, 2);
  EXPECT_EQ(sdl.fields[2].type.name.text(), "Int");
}

TEST(Sdl, more_lists_than_any_type_has_are_refused) {
  (void)read("type T { a: [[[[[[[[Int]]]]]]]] }");
  expect_error("type T { a: [[[[[[[[[Int]]]]]]]]] }", {1, 22},
               "A type has more than 8 lists within each other.");
}

TEST(Sdl, arguments_have_defaults_and_directives) {
  const Sdl sdl = read("type T { a(b: Int = 3 @d, c: [I!] = [{x: 1}]): Int @e(f: \"g\") }");
  ASSERT_EQ(sdl.inputs.size(), 2U);
  EXPECT_EQ(sdl.values.values[sdl.inputs[0].default_value].text, "3");
  EXPECT_EQ(sdl.inputs[0].directives.count, 1U);
  EXPECT_EQ(sdl.values.values[sdl.inputs[1].default_value].kind, Value::Kind::kList);
  EXPECT_EQ(sdl.fields[0].directives.count, 1U);
}

TEST(Sdl, types_and_interfaces_implement_interfaces) {
  for (const char* list : {"A & B & C", "& A & B & C", "A B C", "A, B, C"}) {
    const Sdl sdl = read("interface T implements " + std::string(list) + " { a: Int }");
    ASSERT_EQ(sdl.types[0].interfaces.count, 3U) << list;
    EXPECT_EQ(sdl.names[2].text(), "C");
  }
}

TEST(Sdl, unions_list_their_members_with_or_without_a_bar_in_front) {
  EXPECT_EQ(read("union U = A | B").types[0].members.count, 2U);
  EXPECT_EQ(read("union U = | A").types[0].members.count, 1U);
  EXPECT_EQ(read("union U @a").types[0].members.count, 0U);
}

TEST(Sdl, directive_definitions_are_passed_over) {
  const Sdl sdl = read(
      "directive @cost(weight: String!) repeatable on | FIELD_DEFINITION | OBJECT "
      "directive @repeatable on FIELD");
  EXPECT_TRUE(sdl.types.empty());
}

TEST(Sdl, schema_definitions_name_the_roots) {
  const Sdl sdl = read("schema @a { query: A mutation: B subscription: C }");
  ASSERT_EQ(sdl.roots.size(), 3U);
  EXPECT_EQ(sdl.roots[1].kind, OperationKind::kMutation);
  EXPECT_EQ(sdl.roots[2].type.text(), "C");
}

TEST(Sdl, words_of_the_grammar_are_names_where_names_stand) {
  (void)read("type type { type(input: enum = query): on implements: union } enum enum { on type }");
}

TEST(Sdl, errors_say_what_was_expected_and_where) {
  expect_error("", {1, 1}, "Unexpected <EOF>.");
  expect_error("query { a }", {1, 1}, "Unexpected Name \"query\".");
  expect_error("type T { }", {1, 10}, "Expected Name, found \"}\".");
  expect_error("type T {\n  a Int }", {2, 5}, "Expected \":\", found Name \"Int\".");
  expect_error("type T { a: [Int }", {1, 18}, "Expected \"]\", found \"}\".");
  expect_error("type T { a(b: Int = $c): Int }", {1, 21},
               "Unexpected variable \"$c\" in constant value.");
  expect_error("enum E { true }", {1, 10}, "Unexpected Name \"true\".");
  expect_error("schema { queries: Q }", {1, 10}, "Unexpected Name \"queries\".");
  expect_error("directive @a FIELD", {1, 14}, "Expected \"on\", found Name \"FIELD\".");
  expect_error("union U = A |", {1, 14}, "Expected Name, found <EOF>.");
}

TEST(Sdl, text_that_is_not_utf_8_is_refused) {
  expect_error("type T { a: \xFF }", {1, 1}, "The schema is not valid UTF-8.");
}

}  // namespace
}  // namespace tollgate::graphql
