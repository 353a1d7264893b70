// Executable documents: the grammar of September 2025, and what the arrays of one say.
#include <gtest/gtest.h>

#include <string>

#include "filters/graphql/document.h"

namespace tollgate::graphql {
namespace {

Document read(std::string_view text) {
  Document document;
  const auto done = read_document(text, 0, document);
  EXPECT_TRUE(done.has_value()) << text << "\n" << (done ? "" : done.error().message);
  return document;
}

void expect_error(std::string_view text, Place place, std::string_view message) {
  Document document;
  const auto done = read_document(text, 0, document);
  ASSERT_FALSE(done.has_value()) << text;
  EXPECT_EQ(done.error().message, message) << text;
  EXPECT_EQ(done.error().kind, Problem::Kind::kInvalid);
  EXPECT_EQ(done.error().place.line, place.line) << text;
  EXPECT_EQ(done.error().place.column, place.column) << text;
}

TEST(Document, a_shorthand_query_is_a_query_without_a_name) {
  const Document document = read("{ a b }");
  ASSERT_EQ(document.operations.size(), 1U);
  EXPECT_EQ(document.operations[0].kind, OperationKind::kQuery);
  EXPECT_TRUE(document.operations[0].name.empty());
  EXPECT_EQ(document.tokens, 4U);
}

TEST(Document, selections_lie_in_the_order_of_the_text_up_to_their_ends) {
  const Document document = read("{ a { b { c } d } ... on T { e } ...F } fragment F on U { f }");
  const std::vector<std::uint32_t> ends = {4, 3, 3, 4, 6, 6, 7, 8};
  ASSERT_EQ(document.selections.size(), ends.size());
  for (std::size_t i = 0; i < ends.size(); ++i) EXPECT_EQ(document.selections[i].end, ends[i]) << i;
  EXPECT_EQ(document.operations[0].selections.end, 7U);
  EXPECT_EQ(document.selections[6].target, 0U);
  EXPECT_EQ(document.conditions[document.selections[4].target].text(), "T");
  EXPECT_EQ(document.conditions[document.fragments[0].condition].text(), "U");
}

TEST(Document, an_alias_is_the_name_of_the_response) {
  const Document document = read("{ x: a b }");
  EXPECT_EQ(document.selections[0].response.text(), "x");
  EXPECT_EQ(document.selections[0].name.text(), "a");
  EXPECT_EQ(document.selections[1].response.text(), "b");
  EXPECT_EQ(document.aliases, 1U);
}

TEST(Document, what_is_ignored_may_stand_between_any_two_tokens) {
  const std::vector<std::uint32_t> ends = {4, 3, 3, 4, 5};
  for (const std::string_view ignored : {" ", "\n\t", ",, ,", "#c\n", "\xEF\xBB\xBF", " #c\r\n "}) {
    std::string text;
    for (const std::string_view token : {"{", "a", "{", "b", "{", "c", "}", "d", "}", "e", "}"}) {
      text += std::string(token) + std::string(ignored);
    }
    const Document document = read(text);
    ASSERT_EQ(document.selections.size(), ends.size()) << text;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      EXPECT_EQ(document.selections[i].end, ends[i]) << text;
    }
    EXPECT_EQ(document.tokens, 11U);
  }
}

TEST(Document, a_selection_set_of_nothing_is_refused_wherever_it_stands) {
  expect_error("{ a { } }", {1, 7}, "Syntax Error: Expected Name, found \"}\".");
  expect_error("{ a { #c\n } }", {2, 2}, "Syntax Error: Expected Name, found \"}\".");
  expect_error("{ a { b { c } } { } }", {1, 17}, "Syntax Error: Expected Name, found \"{\".");
}

TEST(Document, a_set_of_fields_each_once_is_flat) {
  const auto flat = [](std::string_view set) {
    const Document document = read("{ a { b { c } } x { " + std::string(set) + " } }");
    EXPECT_EQ(document.selections[0].flat, 1U);
    return std::uint32_t{document.selections[3].flat};
  };
  EXPECT_EQ(flat("a"), 1U);
  EXPECT_EQ(flat("a b { c } d: a e(f: 1) { g }"), 4U);
  EXPECT_EQ(flat("a { b ...F } c"), 2U);
  EXPECT_EQ(flat("a b { c } a"), 0U);
  EXPECT_EQ(flat("a { b } c a { d }"), 0U);
  EXPECT_EQ(flat("a b: c b"), 0U);
  EXPECT_EQ(flat("a b @include(if: true)"), 0U);
  EXPECT_EQ(flat("a ...F"), 0U);
  EXPECT_EQ(flat("... { a }"), 0U);
  std::string many;
  for (int i = 0; i < 32; ++i) many += " f" + std::to_string(i);
  EXPECT_EQ(flat(many), 32U);
  EXPECT_EQ(flat(many + " f31"), 0U);
  EXPECT_EQ(flat(many + " g"), 0U);
}

TEST(Document, operations_of_every_kind_are_read) {
  const Document document = read("query A { a } mutation B { b } subscription C { c }");
  EXPECT_EQ(document.operations[1].kind, OperationKind::kMutation);
  EXPECT_EQ(document.operations[2].kind, OperationKind::kSubscription);
  EXPECT_EQ(*find_operation(document, "C"), 2U);
}

TEST(Document, values_of_every_kind_are_read) {
  const Document document =
      read(R"({ a(x: [$v, 1, -1.5e3, "s", """b""", true, false, null, E, [], {}, {k: {l: 1}}]) })");
  using Kind = Value::Kind;
  const std::vector<Kind> kinds = {Kind::kList,   Kind::kVariable, Kind::kInt,  Kind::kFloat,
                                   Kind::kString, Kind::kString,   Kind::kTrue, Kind::kFalse,
                                   Kind::kNull,   Kind::kEnum,     Kind::kList, Kind::kObject,
                                   Kind::kObject, Kind::kObject,   Kind::kInt};
  ASSERT_EQ(document.values.size(), kinds.size());
  for (std::size_t i = 0; i < kinds.size(); ++i) EXPECT_EQ(document.values[i].kind, kinds[i]) << i;
  EXPECT_EQ(document.values[0].end, 15U);
  EXPECT_EQ(document.values[1].name.text(), "v");
  EXPECT_EQ(document.values[3].text, "-1.5e3");
  EXPECT_EQ(document.values[5].text, "b");
  EXPECT_EQ(document.values[13].field.text(), "k");
}

TEST(Document, variables_have_types_defaults_and_directives) {
  const Document document = read("query ($a: Int!, $b: [[T!]]! = [1] @d(x: 1), $c: [A!]) { a }");
  ASSERT_EQ(document.variables.size(), 3U);
  EXPECT_TRUE(document.variables[0].non_null);
  EXPECT_EQ(document.variables[0].default_value, kNone);
  EXPECT_TRUE(document.variables[1].non_null);
  EXPECT_EQ(document.values[document.variables[1].default_value].kind, Value::Kind::kList);
  EXPECT_FALSE(document.variables[2].non_null);
}

TEST(Document, words_of_the_grammar_are_names_where_names_stand) {
  (void)read("query query { query fragment on type true null } fragment fragment on on { on }");
  (void)read("{ on: on(on: on) @on ... on on { on } ...type } fragment type on T { a }");
}

TEST(Document, descriptions_stand_before_operations_fragments_and_variables) {
  (void)read(
      "\"a\" query A(\"\"\"b\"\"\" $x: Int, \"c\" $y: Int) { a } \"d\" fragment F on T { a }");
}

TEST(Document, a_description_of_a_shorthand_query_is_refused) {
  expect_error("\n \"a\" { a }", {2, 2},
               "Syntax Error: Unexpected description, descriptions are not supported on shorthand "
               "queries.");
  expect_error("\"a\" b", {1, 1},
               "Syntax Error: Unexpected description, only GraphQL definitions support "
               "descriptions.");
}

TEST(Document, directives_stand_wherever_they_may) {
  const Document document = read(
      "query Q($a: A @d) @e { a @f ... @g { b } ...F @h ... on T @i { c } } fragment F on T @j { d "
      "}");
  EXPECT_EQ(document.directives.size(), 7U);
  EXPECT_EQ(document.directives[document.selections[0].first_directive].name.text(), "f");
}

TEST(Document, errors_say_what_was_expected_and_where) {
  expect_error("", {1, 1}, "Syntax Error: Unexpected <EOF>.");
  expect_error("{ a", {1, 4}, "Syntax Error: Expected Name, found <EOF>.");
  expect_error("{ }", {1, 3}, "Syntax Error: Expected Name, found \"}\".");
  expect_error("{ a() }", {1, 5}, "Syntax Error: Expected Name, found \")\".");
  expect_error("{ a(b) }", {1, 6}, "Syntax Error: Expected \":\", found \")\".");
  expect_error("{\r\n  é }", {2, 3}, "Syntax Error: Unexpected character: U+00E9.");
  expect_error("{ a(s: \"é😀\", b) }", {1, 15}, "Syntax Error: Expected \":\", found \")\".");
  expect_error("fragment on on T { a }", {1, 10}, "Syntax Error: Unexpected Name \"on\".");
  expect_error("query ($a: Int = $b) { a }", {1, 18},
               "Syntax Error: Unexpected variable \"$b\" in constant value.");
  expect_error("query ($__proto__: Int = 0) { a }", {1, 9},
               "Syntax Error: Unexpected variable \"$__proto__\", which servers read in different "
               "ways.");
  expect_error("type T { a: Int }", {1, 1}, "Syntax Error: Unexpected Name \"type\".");
  expect_error("{ ... on T }", {1, 12}, "Syntax Error: Expected \"{\", found \"}\".");
}

TEST(Document, text_that_is_not_utf_8_is_refused_with_its_place) {
  for (const std::string_view bytes : {"\xFF", "\xC0\x80", "\xED\xA0\x80", "\xE2\x82"}) {
    expect_error("{ é " + std::string(bytes) + " }", {1, 5},
                 "Syntax Error: Invalid character: the query is not valid UTF-8.");
  }
}

TEST(Document, names_that_must_be_unique_are_refused_the_second_time) {
  expect_error("query A { a } query A { b }", {1, 7},
               "There can be only one operation named \"A\".");
  expect_error("query ($a: A, $a: B) { a }", {1, 9},
               "There can be only one variable named \"$a\".");
  expect_error("{ a(b: 1, b: 2) }", {1, 5}, "There can be only one argument named \"b\".");
  expect_error("{ a @d(b: 1, b: 2) }", {1, 8}, "There can be only one argument named \"b\".");
  expect_error("{ a(x: [{b: 1, b: 2}]) }", {1, 10},
               "There can be only one input field named \"b\".");
  expect_error("fragment F on T { a } { b } fragment F on T { a }", {1, 10},
               "There can be only one fragment named \"F\".");
}

TEST(Document, a_fragment_that_leads_back_to_itself_is_refused) {
  expect_error("{ a } fragment F on T { ...F }", {1, 25},
               "Cannot spread fragment \"F\" here: it leads back to this place.");
  expect_error("{ a } fragment F on T { a { ...G } } fragment G on T { ... { ...F } }", {1, 29},
               "Cannot spread fragment \"G\" here: it leads back to this place.");
}

TEST(Document, an_unknown_fragment_leads_nowhere) {
  EXPECT_EQ(read("{ ...F }").selections[0].target, kNone);
}

TEST(Document, more_tokens_than_allowed_are_counted) {
  Document document;
  EXPECT_TRUE(read_document("{ a b }", 4, document).has_value());
  const auto done = read_document("{ a b c d }", 4, document);
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().kind, Problem::Kind::kTooComplex);
  EXPECT_EQ(done.error().bound, Bound::kTokens);
  EXPECT_EQ(done.error().found, 6U);
  EXPECT_EQ(done.error().most, 4U);
}

TEST(Document, a_mistake_counts_up_to_the_last_token_that_is_allowed) {
  Document document;
  for (const char* text : {"{ a )", "{ a \"b", "{ a 01", "{ a"}) {
    const auto done = read_document(text, 2, document);
    ASSERT_FALSE(done.has_value()) << text;
    const bool ends = std::string_view(text) == "{ a";
    EXPECT_EQ(done.error().bound, ends ? Bound::kNone : Bound::kTokens) << text;
  }
  for (const char* text : {"\"a\" b", "\"a\" { b }", "\"a\" 01"}) {
    EXPECT_EQ(read_document(text, 1, document).error().bound, Bound::kTokens) << text;
  }
  for (const char* text : {"{ )", "{ \"a", "a"}) {
    EXPECT_EQ(read_document(text, 2, document).error().bound, Bound::kNone) << text;
  }
}

TEST(Document, the_operation_is_found_by_its_name) {
  const Document two = read("query A { a } query B { b }");
  EXPECT_EQ(*find_operation(two, "B"), 1U);
  EXPECT_EQ(find_operation(two, "").error().message,
            "Must provide operation name if query contains multiple operations. The document has "
            "A, B: name one as \"operationName\".");
  EXPECT_EQ(find_operation(two, "C").error().message,
            "Unknown operation named \"C\". The document has A, B.");
  const Document many =
      read("query A {a} query B {a} query C {a} query D {a} query E {a} query F {a}");
  EXPECT_EQ(find_operation(many, "G").error().message,
            "Unknown operation named \"G\". The document has A, B, C, D, E and others.");
  EXPECT_FALSE(find_operation(read("fragment F on T { a }"), "").has_value());
}

TEST(Document, a_long_name_is_shown_in_part) {
  std::string name;
  for (int i = 0; i < 60; ++i) name += "é";
  const auto message = find_operation(read("{ a }"), "a" + name).error().message;
  EXPECT_EQ(message, "Unknown operation named \"a" + name.substr(0, 98) +
                         "\". The document has no operation that has a name.");
}

TEST(Document, memory_is_used_again) {
  Document document;
  ASSERT_TRUE(
      read_document("query A($a: A) { x: a(b: $a) @d ...F } fragment F on T { a }", 0, document));
  ASSERT_TRUE(read_document("{ b }", 0, document));
  EXPECT_EQ(document.selections.size(), 1U);
  EXPECT_TRUE(document.fragments.empty() && document.values.empty() && document.aliases == 0);
  EXPECT_EQ(document.source(), "{ b }");
}

}  // namespace
}  // namespace tollgate::graphql
