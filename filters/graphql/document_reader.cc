// Reads an executable document: one pass over the tokens, then what its names say of each other.
// Any thread.
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "filters/graphql/document.h"
#include "filters/graphql/document_checks.h"
#include "filters/graphql/scan.h"
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
  // Fields that are names and nothing else, as most are, and the braces between them.
  // True: the token is the name of a field that has more to it.
  bool plain_fields();
  // A field, spread or inline fragment with all that stands before its selection set, if it has
  // one.
  void open_selection();
  void field(Selection& selection);
  void spread(Selection& selection);
  // Ends the selections that are complete.
  void close_selections();
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

  std::vector<Document::Scratch::OpenSet>& open_;  // around the place
};

void DocumentReader::field(Selection& selection) {
  selection.name = selection.response = name();
  if (skip(TokenKind::kColon)) {
    selection.has_alias = true;
    ++document_.aliases;
    selection.name = name();
  }
  if (at(TokenKind::kParenLeft)) {
    arguments(Values::kAny, selection.first_argument, selection.argument_count);
  }
}

void DocumentReader::spread(Selection& selection) {
  selection.kind = Selection::Kind::kInline;
  if (at(TokenKind::kName) && !at_word("on")) {
    selection.kind = Selection::Kind::kSpread;
    selection.name = name();
  } else if (at(TokenKind::kName)) {
    advance();
    const Name on = name();
    if (!lexer_.failed()) selection.target = document_.conditions.add(on);
  }
}

void DocumentReader::open_selection() {
  Selection selection;
  selection.position = position();
  if (skip(TokenKind::kSpread)) {
    spread(selection);
  } else {
    field(selection);
  }
  if (at(TokenKind::kAt)) {
    directives(Values::kAny, selection.first_directive, selection.directive_count);
  }
  const auto index = static_cast<std::uint32_t>(document_.selections.size());
  selection.end = index + 1;
  document_.selections.push_back(selection);
  if (selection.argument_count > 1) document_.scratch.with_arguments.push_back(index);
  if (selection.kind == Selection::Kind::kSpread) document_.scratch.spreads.push_back(index);
  if (selection.kind == Selection::Kind::kField && selection.directive_count == 0) {
    count_field(index, selection.response);
  } else {
    open_.back().fields = kNotFlat;
  }
  if (selection.kind == Selection::Kind::kInline) {
    expect(TokenKind::kBraceLeft);
    open_set(index);
  } else if (selection.kind == Selection::Kind::kField && skip(TokenKind::kBraceLeft)) {
    open_set(index);
  } else {
    close_selections();
  }
}

void DocumentReader::close_selections() {
  while (!open_.empty() && skip(TokenKind::kBraceRight)) close_set();
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

// Goes over the bytes by itself, for there is little else to do. The token is a name. What ends the
// names and braces is left to the lexer.
bool DocumentReader::plain_fields() {
  using scan::Class;
  auto& selections = document_.selections;
  const char* at = lexer_.place();
  std::uint64_t count = lexer_.count();
  Name name = token_.name();
  for (;;) {
    at = scan::skip_ignored(at);
    Class next = scan::class_of(at);
    if (next != Class::kNameStart && next != Class::kBraceLeft && next != Class::kBraceRight) {
      token_ = {TokenKind::kName, name.hash, name.data, name.data + name.size};
      lexer_.go_on_from(at, count);
      return true;
    }
    const auto index = static_cast<std::uint32_t>(selections.size());
    selections.emplace_back(name, lexer_.offset_of(name.data), index);
    count_field(index, name);
    const bool opens = next == Class::kBraceLeft;
    if (opens) {
      open_set(index);
      at = scan::skip_ignored(at + 1);
      next = scan::class_of(at);
      ++count;
    }
    while (!opens && next == Class::kBraceRight && !open_.empty()) {
      close_set();
      at = scan::skip_ignored(at + 1);
      next = scan::class_of(at);
      ++count;
    }
    if (next != Class::kNameStart || open_.empty() || count >= most_tokens_) {
      lexer_.go_on_from(at, count);
      advance();
      if (!opens) close_selections();
      return false;
    }
    name = scan::name_at(at);
    at += name.size;
    ++count;
  }
}

Range DocumentReader::selection_set() {
  Range range;
  range.begin = static_cast<std::uint32_t>(document_.selections.size());
  expect(TokenKind::kBraceLeft);
  open_.clear();
  open_set(kNone);
  while (!open_.empty() && !lexer_.failed() && !too_many_tokens()) {
    if (!at(TokenKind::kName) || plain_fields()) open_selection();
  }
  range.end = static_cast<std::uint32_t>(document_.selections.size());
  return range;
}

// Whether it is non-null.
bool DocumentReader::type() {
  int lists = 0;
  while (skip(TokenKind::kBracketLeft)) ++lists;
  name();
  bool non_null = skip(TokenKind::kBang);
  for (; lists > 0 && !lexer_.failed(); --lists) {
    expect(TokenKind::kBracketRight);
    non_null = skip(TokenKind::kBang);
  }
  return non_null;
}

void DocumentReader::variable() {
  skip_description();
  expect(TokenKind::kDollar);
  VariableDefinition variable;
  const char* const place = token_.begin;
  variable.name = name();
  if (variable.name.text() == kNoVariable) return fail(place, kNoVariableMessage);
  expect(TokenKind::kColon);
  variable.non_null = type();
  if (skip(TokenKind::kEquals)) variable.default_value = value(Values::kConstant);
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  directives(Values::kConstant, first, count);
  document_.variables.push_back(variable);
}

void DocumentReader::variables(Operation& operation) {
  operation.first_variable = static_cast<std::uint32_t>(document_.variables.size());
  if (!skip(TokenKind::kParenLeft)) return;
  do variable();
  while (!at(TokenKind::kParenRight) && !lexer_.failed());
  expect(TokenKind::kParenRight);
  operation.variable_count =
      static_cast<std::uint32_t>(document_.variables.size()) - operation.first_variable;
}

void DocumentReader::shorthand() {
  Operation operation;
  operation.position = position();
  operation.selections = selection_set();
  document_.operations.push_back(operation);
}

void DocumentReader::operation(OperationKind kind) {
  Operation operation;
  operation.kind = kind;
  operation.position = position();
  advance();
  if (at(TokenKind::kName)) operation.name = name();
  variables(operation);
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  directives(Values::kAny, first, count);
  operation.selections = selection_set();
  document_.operations.push_back(operation);
}

void DocumentReader::fragment() {
  Fragment fragment;
  fragment.position = position();
  advance();
  if (at_word("on")) return unexpected();
  fragment.name = name();
  expect_word("on");
  const Name on = name();
  if (lexer_.failed()) return;
  fragment.condition = document_.conditions.add(on);
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  directives(Values::kAny, first, count);
  fragment.selections = selection_set();
  document_.fragments.push_back(fragment);
}

void DocumentReader::definition() {
  if (at(TokenKind::kBraceLeft)) return shorthand();
  const Token description = token_;
  skip_description();
  const bool described = token_.begin != description.begin;
  if (at_word("query")) return operation(OperationKind::kQuery);
  if (at_word("mutation")) return operation(OperationKind::kMutation);
  if (at_word("subscription")) return operation(OperationKind::kSubscription);
  if (at_word("fragment")) return fragment();
  if (described) return unexpected_description(description.begin);
  unexpected();
}

void DocumentReader::unexpected_description(const char* description) {
  if (at(TokenKind::kBraceLeft)) {
    return fail(description,
                "Unexpected description, descriptions are not supported on shorthand queries.");
  }
  static constexpr std::string_view kTypeSystem[] = {"schema", "scalar", "type",  "interface",
                                                     "union",  "enum",   "input", "directive"};
  const bool defines_type = std::any_of(std::begin(kTypeSystem), std::end(kTypeSystem),
                                        [&](std::string_view word) { return at_word(word); });
  if (!at(TokenKind::kName) || defines_type) return unexpected();
  fail(description, "Unexpected description, only GraphQL definitions support descriptions.");
}

// All of them, so that the refusal can say how many there are.
Problem DocumentReader::count_tokens() const {
  Lexer lexer(document_.text.data(), document_.text_size);
  Token token;
  do lexer.next(token);
  while (token.kind != TokenKind::kEnd);
  return at_most(Bound::kTokens, std::max(lexer.count(), most_tokens_ + 1), most_tokens_).error();
}

tl::expected<void, Problem> DocumentReader::read() {
  do definition();
  while (!at(TokenKind::kEnd) && !too_many_tokens());
  if (too_many_tokens()) return tl::unexpected(count_tokens());
  if (lexer_.failed()) {
    return tl::unexpected(Problem{.message = "Syntax Error: " + lexer_.error(),
                                  .place = document_.place(lexer_.error_offset())});
  }
  document_.tokens = lexer_.count();
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
    return problem("Must provide operation name if query contains multiple operations.");
  }
  for (std::uint32_t i = 0; i < operations.size(); ++i) {
    if (operations[i].name.text() == name) return i;
  }
  return problem(fmt::format("Unknown operation named \"{}\".", shortened(name, 100)));
}

}  // namespace tollgate::graphql
