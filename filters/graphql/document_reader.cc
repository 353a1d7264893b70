// Reads an executable document: one pass over the tokens, then what its names say of each other.
// Any thread.
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "filters/graphql/document.h"
#include "filters/graphql/document_checks.h"
#include "filters/graphql/token_reader.h"

namespace tollgate::graphql {
namespace {

// Larger sets are not flat: each name is looked for among the others.
constexpr std::uint32_t kMostFlat = 32;
constexpr std::uint32_t kNotFlat = 0x80000000;

// Servers in JavaScript lose a variable of this name, or find another's value under it.
constexpr std::string_view kNoVariable = "__proto__";
constexpr const char* kNoVariableMessage =
    "Unexpected variable \"$__proto__\", which servers read in different ways.";

class DocumentReader : TokenReader {
 public:
  DocumentReader(Document& document, std::uint64_t max_tokens)
      : TokenReader(document.text.data(), document.text_size, max_tokens, document),
        document_(document),
        open_(document.scratch.open_sets) {}

  tl::expected<void, Problem> read();

 private:
  void definition();
  void unexpected_description(const char* description);
  void operation(OperationKind kind);
  void shorthand();
  void fragment();
  void variables(Operation& operation);
  void variable();
  bool type();
  Range selection_set();
  // A field, spread or inline fragment with all that stands before its selection set, if it has
  // one.
  void open_selection();
  void open_field();
  void more_of_field(Selection& selection);
  void open_fragment(std::uint32_t offset);
  // Ends the selections that are complete.
  void close_selections() {
    while (!open_.empty() && skip('}')) close_set();
  }
  void open_set(std::uint32_t selection) { open_.push_back({selection}); }
  void close_set();
  // A field was added to the innermost set.
  void count_field(std::uint32_t index, const Name& response) {
    auto& set = open_.back();
    const std::uint64_t bit = std::uint64_t{1} << (response.hash % 64);
    if ((set.hashes & bit) != 0) [[unlikely]]
      look_for_twin(index, response);
    set.hashes |= bit;
    ++set.fields;
  }
  [[gnu::noinline]] void look_for_twin(std::uint32_t index, const Name& response);
  [[nodiscard]] Problem count_tokens() const;

  Document& document_;
  std::vector<Document::Scratch::OpenSet>& open_;  // around the place
};

// Most are names and nothing else.
void DocumentReader::open_field() {
  const std::uint32_t offset = position();
  const Name name = this->name();
  const auto index = static_cast<std::uint32_t>(document_.selections.size());
  Selection& selection = document_.selections.emplace_back(name, offset, index);
  if (at_other_punctuator()) more_of_field(selection);
  if (selection.directive_count == 0) {
    count_field(index, selection.response);
  } else {
    open_.back().fields = kNotFlat;
  }
  if (skip('{')) return open_set(index);
  close_selections();
}

// After the first name.
void DocumentReader::more_of_field(Selection& selection) {
  if (skip(':')) {
    selection.has_alias = true;
    ++document_.aliases;
    selection.name = name();
  }
  if (at('(')) {
    arguments(Values::kAny, selection.first_argument, selection.argument_count);
    if (selection.argument_count > 1) {
      document_.scratch.with_arguments.push_back(
          static_cast<std::uint32_t>(document_.selections.size() - 1));
    }
  }
  if (at('@')) directives(Values::kAny, selection.first_directive, selection.directive_count);
}

// After "...".
void DocumentReader::open_fragment(std::uint32_t offset) {
  const auto index = static_cast<std::uint32_t>(document_.selections.size());
  Selection& selection = document_.selections.emplace_back();
  selection.kind = Selection::Kind::kInline;
  selection.position = offset;
  selection.end = index + 1;
  if (skip_word("on")) {
    const Name on = name();
    if (!failed()) selection.target = document_.conditions.add(on);
  } else if (at_name()) {
    selection.kind = Selection::Kind::kSpread;
    selection.name = name();
    document_.scratch.spreads.push_back(index);
  }
  if (at('@')) directives(Values::kAny, selection.first_directive, selection.directive_count);
  open_.back().fields = kNotFlat;
  if (selection.kind == Selection::Kind::kSpread) return close_selections();
  expect('{');
  open_set(index);
}

void DocumentReader::open_selection() {
  const std::uint32_t offset = position();
  if (!skip_spread()) return open_field();
  open_fragment(offset);
}

void DocumentReader::close_set() {
  const auto set = open_.back();
  open_.pop_back();
  if (set.selection == kNone) return;
  Selection& selection = document_.selections[set.selection];
  selection.end = static_cast<std::uint32_t>(document_.selections.size());
  selection.flat = set.fields <= kMostFlat ? static_cast<std::uint8_t>(set.fields) : 0;
}

// Among the selections of the innermost set before the one at `index`: fields, as long as it is
// flat.
void DocumentReader::look_for_twin(std::uint32_t index, const Name& response) {
  auto& set = open_.back();
  if (set.selection == kNone || set.fields >= kMostFlat) return;
  const auto& selections = document_.selections;
  std::uint32_t at = set.selection + 1;
  while (at != index && !(selections[at].response == response)) at = selections[at].end;
  if (at != index) set.fields = kNotFlat;
}

Range DocumentReader::selection_set() {
  Range range;
  range.begin = static_cast<std::uint32_t>(document_.selections.size());
  expect('{');
  open_.clear();
  open_set(kNone);
  while (!open_.empty() && !failed()) open_selection();
  range.end = static_cast<std::uint32_t>(document_.selections.size());
  return range;
}

// Whether it is non-null.
bool DocumentReader::type() {
  int lists = 0;
  while (skip('[')) ++lists;
  name();
  bool non_null = skip('!');
  for (; lists > 0 && !failed(); --lists) {
    expect(']');
    non_null = skip('!');
  }
  return non_null;
}

void DocumentReader::variable() {
  skip_description();
  expect('$');
  VariableDefinition variable;
  const char* const place = this->place();
  variable.name = name();
  if (variable.name.text() == kNoVariable) return fail(place, kNoVariableMessage);
  expect(':');
  variable.non_null = type();
  if (skip('=')) variable.default_value = value(Values::kConstant);
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  directives(Values::kConstant, first, count);
  document_.variables.push_back(variable);
}

void DocumentReader::variables(Operation& operation) {
  operation.first_variable = static_cast<std::uint32_t>(document_.variables.size());
  if (!skip('(')) return;
  do variable();
  while (!at(')') && !failed());
  expect(')');
  operation.variable_count =
      static_cast<std::uint32_t>(document_.variables.size()) - operation.first_variable;
}

void DocumentReader::shorthand() {
  Operation operation;
  operation.position = position();
  operation.selections = selection_set();
  document_.operations.push_back(operation);
}

// At its keyword.
void DocumentReader::operation(OperationKind kind) {
  Operation operation;
  operation.kind = kind;
  operation.position = position();
  name();
  if (at_name()) operation.name = name();
  variables(operation);
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  directives(Values::kAny, first, count);
  operation.selections = selection_set();
  document_.operations.push_back(operation);
}

// At its keyword.
void DocumentReader::fragment() {
  Fragment fragment;
  fragment.position = position();
  name();
  if (at_word("on")) return unexpected();
  fragment.name = name();
  expect_word("on");
  const Name on = name();
  if (failed()) return;
  fragment.condition = document_.conditions.add(on);
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  directives(Values::kAny, first, count);
  fragment.selections = selection_set();
  document_.fragments.push_back(fragment);
}

void DocumentReader::definition() {
  if (at('{')) return shorthand();
  const char* const description = place();
  skip_description();
  const bool described = place() != description;
  if (at_word("query")) return operation(OperationKind::kQuery);
  if (at_word("mutation")) return operation(OperationKind::kMutation);
  if (at_word("subscription")) return operation(OperationKind::kSubscription);
  if (at_word("fragment")) return fragment();
  if (described) return unexpected_description(description);
  unexpected();
}

void DocumentReader::unexpected_description(const char* description) {
  if (peek().kind == TokenKind::kBraceLeft) {
    return fail(description,
                "Unexpected description, descriptions are not supported on shorthand queries.");
  }
  static constexpr std::string_view kTypeSystem[] = {"schema", "scalar", "type",  "interface",
                                                     "union",  "enum",   "input", "directive"};
  const bool defines_type = std::any_of(std::begin(kTypeSystem), std::end(kTypeSystem),
                                        [&](std::string_view word) { return at_word(word); });
  if (!at_name() || defines_type) return unexpected();
  fail(description, "Unexpected description, only GraphQL definitions support descriptions.");
}

// All of them, so that the refusal can say how many there are.
Problem DocumentReader::count_tokens() const {
  Lexer lexer(document_.text.data(), document_.text_size);
  Token token;
  do lexer.next(token);
  while (token.kind != TokenKind::kEnd);
  return at_most(Bound::kTokens, std::max(lexer.count(), most_tokens() + 1), most_tokens()).error();
}

tl::expected<void, Problem> DocumentReader::read() {
  do definition();
  while (!at_end());
  if (too_many_tokens()) return tl::unexpected(count_tokens());
  if (failed()) {
    return tl::unexpected(Problem{.message = "Syntax Error: " + lexer().error(),
                                  .place = document_.place(lexer().error_offset())});
  }
  document_.tokens = count();
  return {};
}

void clear(Document& document) {
  document.selections.clear();
  document.values.clear();
  document.arguments.clear();
  document.directives.clear();
  document.variables.clear();
  document.operations.clear();
  document.fragments.clear();
  document.conditions.clear();
  document.scratch.spreads.clear();
  document.scratch.with_arguments.clear();
  document.tokens = 0;
  document.aliases = 0;
}

// Of the first byte that is not part of well-formed UTF-8.
std::size_t utf8_error_offset(std::string_view text) {
  std::size_t good = 0;
  while (good < text.size()) {
    std::size_t length = 1;
    while (length < 4 && good + length < text.size() &&
           (static_cast<unsigned char>(text[good + length]) & 0xC0) == 0x80) {
      ++length;
    }
    if (!simdjson::validate_utf8(text.data() + good, length)) break;
    good += length;
  }
  return good;
}

}  // namespace

std::string_view word_of(OperationKind kind) {
  switch (kind) {
    case OperationKind::kQuery:
      return "query";
    case OperationKind::kMutation:
      return "mutation";
    case OperationKind::kSubscription:
      return "subscription";
  }
  return "";
}

tl::expected<void, Problem> read_document(std::string_view text, std::uint64_t max_tokens,
                                          Document& document) {
  clear(document);
  if (text.size() >= kNone) {
    return tl::unexpected(Problem{.message = "The query is too long to be read."});
  }
  document.text.assign(text);
  document.text.append(Lexer::kPadding, '\0');
  document.text_size = text.size();
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    return tl::unexpected(
        Problem{.message = "Syntax Error: Invalid character: the query is not valid UTF-8.",
                .place = place_of(text, utf8_error_offset(text))});
  }
  DocumentReader reader(document, max_tokens);
  if (auto read = reader.read(); !read) return read;
  return check_document(document);
}

namespace {

// The first operations of a document, as a message names them.
std::string names_of_operations(const Document& document) {
  constexpr std::size_t kMostNamed = 5;
  constexpr std::size_t kMostShown = 40;
  std::string names;
  std::size_t named = 0;
  for (const Operation& operation : document.operations) {
    if (operation.name.empty()) continue;
    if (named == kMostNamed) return names + " and others";
    fmt::format_to(std::back_inserter(names), "{}{}", named++ == 0 ? "" : ", ",
                   shortened(operation.name.text(), kMostShown));
  }
  return named == 0 ? "no operation that has a name" : names;
}

}  // namespace

tl::expected<std::uint32_t, Problem> find_operation(const Document& document,
                                                    std::string_view name) {
  const auto& operations = document.operations;
  const auto problem = [&](std::string message) {
    const std::uint32_t position = operations.empty() ? 0 : operations.front().position;
    return tl::unexpected(
        Problem{.message = std::move(message), .place = document.place(position)});
  };
  if (operations.empty()) {
    return problem("Must provide an operation. The document has fragments alone.");
  }
  if (name.empty()) {
    if (operations.size() == 1) return 0;
    return problem(
        fmt::format("Must provide operation name if query contains multiple operations. The "
                    "document has {}: name one as \"operationName\".",
                    names_of_operations(document)));
  }
  for (std::uint32_t i = 0; i < operations.size(); ++i) {
    if (operations[i].name.text() == name) return i;
  }
  return problem(fmt::format("Unknown operation named \"{}\". The document has {}.",
                             shortened(name, 100), names_of_operations(document)));
}

}  // namespace tollgate::graphql
