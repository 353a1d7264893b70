// Any bytes as an executable document: what is read, printed and read again is the same, and its
// arrays keep what document.h promises.
#include <simdjson.h>

#include <algorithm>
#include <vector>

#include "filters/graphql/document.h"
#include "filters/graphql/rate_limits_reader.h"
#include "tests/fuzz/document_printer.h"
#include "tests/fuzz/properties.h"

namespace tollgate::graphql {
namespace {

// The printer calls itself for what is nested.
constexpr std::size_t kMostPrinted = 16'384;

void check_problem(const Problem& problem, std::string_view text) {
  must(!problem.message.empty() || problem.bound == Bound::kTokens, "a problem has words");
  must(simdjson::validate_utf8(problem.message.data(), problem.message.size()),
       "the words are UTF-8");
  must(problem.message.size() < 512, "the words are few");
  const auto lines = static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }));
  must(problem.place.line >= 1 && problem.place.line <= lines + 1, "the line is in the text");
  must(problem.place.column >= 1 && problem.place.column <= text.size() + 1,
       "the column is in the text");
}

// Each item ends within the one that it is inside of.
template <class Item>
void check_nesting(const std::vector<Item>& items, Range range) {
  std::vector<std::uint32_t> open = {range.end};
  for (std::uint32_t at = range.begin; at < range.end; ++at) {
    while (at == open.back()) open.pop_back();
    must(items[at].end > at && items[at].end <= open.back(), "ends nest");
    open.push_back(items[at].end);
  }
}

void check_selections(const Document& document) {
  for (const Selection& selection : document.selections) {
    must(selection.position < document.text_size, "a selection stands in the text");
    must(selection.first_argument + selection.argument_count <= document.arguments.size(),
         "arguments are there");
    must(selection.first_directive + selection.directive_count <= document.directives.size(),
         "directives are there");
    if (selection.kind == Selection::Kind::kInline && selection.target != kNone) {
      must(selection.target < document.conditions.size(), "a condition is there");
    }
    if (selection.kind != Selection::Kind::kSpread) continue;
    const auto same =
        std::find_if(document.fragments.begin(), document.fragments.end(),
                     [&](const Fragment& fragment) { return fragment.name == selection.name; });
    const bool there = same != document.fragments.end();
    const auto index = static_cast<std::uint32_t>(same - document.fragments.begin());
    must(selection.target == (there ? index : kNone), "a spread leads to its fragment");
  }
}

void check_arrays(const Document& document) {
  std::uint32_t selections = 0;
  for (const Operation& operation : document.operations) {
    check_nesting(document.selections, operation.selections);
    selections += operation.selections.end - operation.selections.begin;
  }
  for (const Fragment& fragment : document.fragments) {
    check_nesting(document.selections, fragment.selections);
    selections += fragment.selections.end - fragment.selections.begin;
    must(fragment.condition < document.conditions.size(), "a fragment's condition is there");
  }
  must(selections == document.selections.size(), "every selection is in one definition");
  check_selections(document);
  check_nesting(document.values, {0, static_cast<std::uint32_t>(document.values.size())});
  for (const Value& value : document.values) {
    must(value.position < document.text_size, "a value stands in the text");
  }
  for (const Argument& argument : document.arguments) {
    must(argument.value < document.values.size(), "an argument has a value");
    must(argument.position < document.text_size, "an argument stands in the text");
  }
}

bool same_name(Name x, Name y) {
  return x.empty() == y.empty() && (x.empty() || x.text() == y.text());
}

void check_same(const Document& a, const Document& b) {
  must(a.selections.size() == b.selections.size() && a.values.size() == b.values.size() &&
           a.arguments.size() == b.arguments.size() && a.operations.size() == b.operations.size() &&
           a.fragments.size() == b.fragments.size() && a.conditions.size() == b.conditions.size() &&
           a.variables.size() == b.variables.size() && a.aliases == b.aliases,
       "as many of everything are read again");
  for (std::size_t i = 0; i < a.selections.size(); ++i) {
    const Selection& x = a.selections[i];
    const Selection& y = b.selections[i];
    must(x.kind == y.kind && x.end == y.end && x.target == y.target && x.has_alias == y.has_alias &&
             x.argument_count == y.argument_count && x.directive_count == y.directive_count &&
             same_name(x.name, y.name) && same_name(x.response, y.response),
         "the same selections are read again");
  }
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    const Value& x = a.values[i];
    const Value& y = b.values[i];
    must(x.kind == y.kind && x.end == y.end && x.text == y.text && same_name(x.name, y.name) &&
             same_name(x.field, y.field),
         "the same values are read again");
  }
  for (std::size_t i = 0; i < a.variables.size(); ++i) {
    must(a.variables[i].name == b.variables[i].name &&
             a.variables[i].non_null == b.variables[i].non_null &&
             (a.variables[i].default_value == kNone) == (b.variables[i].default_value == kNone),
         "the same variables are read again");
  }
}

// Values and arguments of an operation's and a variable's directives are in the arrays, but nothing
// leads to them, so that they cannot be printed.
bool all_directives_selected(const Document& document) {
  std::size_t selected = 0;
  for (const Selection& selection : document.selections) selected += selection.directive_count;
  return selected == document.directives.size();
}

void check_tokens(std::string_view text, const Document& document) {
  static Document bounded;
  must(read_document(text, document.tokens, bounded).has_value(), "as many tokens may be read");
  if (document.tokens < 2) return;
  const auto refused = read_document(text, document.tokens - 1, bounded);
  must(!refused, "one token too many is refused");
  must(refused.error().bound == Bound::kTokens && refused.error().found == document.tokens,
       "the refusal says how many tokens there are");
  check_problem(refused.error(), text);
}

// Which operation asks for rateLimits alone: whatever comes of it is whole.
void check_rate_limits(std::string_view text) {
  static RateLimitsReader reader;
  const auto query = reader.read(text, "", nullptr);
  if (!query) return check_problem(query.error(), text);
  if (!*query) return;
  must(RateLimitsReader::may_ask(text), "the name stands in the text");
  must(!(*query)->roots.empty(), "something is asked for");
  for (const RateLimitsQuery::Root& root : (*query)->roots) {
    must(!root.response.empty() && !root.fields.empty(), "something of it is shown");
  }
}

void check(std::string_view text) {
  static Document document;
  static Document again;
  if (const auto read = read_document(text, 0, document); !read) {
    must(read.error().kind == Problem::Kind::kInvalid, "without bounds nothing is too complex");
    return check_problem(read.error(), text);
  }
  must(document.source() == text, "the text is kept");
  check_arrays(document);
  check_tokens(text, document);
  check_rate_limits(text);
  for (const std::string_view name : {"", "A", "é"}) {
    const auto operation = find_operation(document, name);
    if (operation) must(*operation < document.operations.size(), "the operation is there");
    if (!operation) check_problem(operation.error(), text);
  }
  if (text.size() > kMostPrinted || !all_directives_selected(document)) return;
  const std::string printed = DocumentPrinter(document).print();
  must(read_document(printed, 0, again).has_value(), "what is printed is read");
  check_same(document, again);
}

}  // namespace
}  // namespace tollgate::graphql

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tollgate::graphql::check(tollgate::text_of(data, size));
  return 0;
}
