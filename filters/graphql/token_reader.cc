// See token_reader.h. Any thread.
#include "filters/graphql/token_reader.h"

#include <fmt/format.h>

namespace tollgate::graphql {
namespace {

std::string_view name_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::kEnd:
      return "<EOF>";
    case TokenKind::kBang:
      return "\"!\"";
    case TokenKind::kDollar:
      return "\"$\"";
    case TokenKind::kAmp:
      return "\"&\"";
    case TokenKind::kParenLeft:
      return "\"(\"";
    case TokenKind::kParenRight:
      return "\")\"";
    case TokenKind::kSpread:
      return "\"...\"";
    case TokenKind::kColon:
      return "\":\"";
    case TokenKind::kEquals:
      return "\"=\"";
    case TokenKind::kAt:
      return "\"@\"";
    case TokenKind::kBracketLeft:
      return "\"[\"";
    case TokenKind::kBracketRight:
      return "\"]\"";
    case TokenKind::kBraceLeft:
      return "\"{\"";
    case TokenKind::kPipe:
      return "\"|\"";
    case TokenKind::kBraceRight:
      return "\"}\"";
    case TokenKind::kName:
      return "Name";
    case TokenKind::kInt:
      return "Int";
    case TokenKind::kFloat:
      return "Float";
    case TokenKind::kString:
      return "String";
    case TokenKind::kBlockString:
      return "BlockString";
  }
  return "";
}

// Nobody reads more of a name, and a client chooses its length.
constexpr std::size_t kMostShown = 60;

// Without the quotes; escape sequences as they are written.
std::string_view content_of(const Token& token) {
  const std::string_view text = token.text();
  const std::size_t quotes = token.kind == TokenKind::kBlockString ? 3 : 1;
  return text.substr(quotes, text.size() - 2 * quotes);
}

std::string describe(const Token& token) {
  const std::string_view kind = name_of(token.kind);
  std::string_view text;
  switch (token.kind) {
    case TokenKind::kString:
    case TokenKind::kBlockString:
      text = content_of(token);
      break;
    case TokenKind::kName:
    case TokenKind::kInt:
    case TokenKind::kFloat:
      text = token.text();
      break;
    default:
      return std::string(kind);
  }
  const std::string_view shown = shortened(text, kMostShown);
  return fmt::format("{} \"{}{}\"", kind, shown, shown.size() < text.size() ? "…" : "");
}

}  // namespace

// One token too many is not looked at.
Token TokenReader::peek() {
  Token token{TokenKind::kEnd, 0, end_, end_};
  if (failed()) return token;
  if (count_ >= most_tokens_ && !at_end()) {
    count_ = most_tokens_ + 1;
    at_ = end_;
    return token;
  }
  lexer_.go_on_from(at_);
  lexer_.next(token);
  if (failed()) at_ = end_;
  return token;
}

Token TokenReader::token() {
  const Token token = peek();
  if (token.kind != TokenKind::kEnd) pass(static_cast<std::size_t>(token.end - token.begin));
  return token;
}

void TokenReader::unexpected() {
  const Token token = peek();
  fail(token.begin, fmt::format("Unexpected {}.", describe(token)));
}

void TokenReader::expected_instead(std::string_view what) {
  const Token token = peek();
  fail(token.begin, fmt::format("Expected {}, found {}.", what, describe(token)));
}

void TokenReader::expected(std::string_view text) { expected_instead(fmt::format("\"{}\"", text)); }

void TokenReader::expected_name() { expected_instead(name_of(TokenKind::kName)); }

// At the "$".
void TokenReader::variable_value(Values values, Value& value) {
  const char* const dollar = place();
  pass(1);
  value.kind = Value::Kind::kVariable;
  if (values == Values::kAny) {
    value.name = name();
    return;
  }
  const Token next = peek();
  if (failed()) return;
  if (next.kind != TokenKind::kName) return fail(dollar, "Unexpected \"$\".");
  fail(dollar, fmt::format("Unexpected variable \"${}\" in constant value.",
                           next.text().substr(0, kMostShown)));
}

void TokenReader::open_value(Values values, Name field) {
  Value& value = document_.values.emplace_back();
  value.field = field;
  value.position = position();
  switch (scan::class_of(at_)) {
    case scan::Class::kNameStart:
      value.kind = skip_word("true")    ? Value::Kind::kTrue
                   : skip_word("false") ? Value::Kind::kFalse
                   : skip_word("null")  ? Value::Kind::kNull
                                        : Value::Kind::kEnum;
      if (value.kind == Value::Kind::kEnum) name();
      return;
    case scan::Class::kBraceLeft:
      value.kind = Value::Kind::kObject;
      return pass(1);
    default:
      break;
  }
  if (at('$')) return variable_value(values, value);
  if (skip('[')) {
    value.kind = Value::Kind::kList;
    return;
  }
  const Token token = peek();
  value.text = token.text();
  switch (token.kind) {
    case TokenKind::kInt:
      value.kind = Value::Kind::kInt;
      break;
    case TokenKind::kFloat:
      value.kind = Value::Kind::kFloat;
      break;
    case TokenKind::kString:
    case TokenKind::kBlockString:
      value.kind = Value::Kind::kString;
      value.text = content_of(token);
      break;
    default:
      return unexpected();
  }
  pass(static_cast<std::size_t>(token.end - token.begin));
}

Name TokenReader::object_field() {
  const Name field = name();
  expect(':');
  return field;
}

void TokenReader::close_values() {
  while (!open_.empty()) {
    Value& outer = document_.values[open_.back()];
    const bool list = outer.kind == Value::Kind::kList;
    if (!skip(list ? ']' : '}')) return;
    outer.end = static_cast<std::uint32_t>(document_.values.size());
    open_.pop_back();
  }
}

std::uint32_t TokenReader::value(Values values) {
  const auto first = static_cast<std::uint32_t>(document_.values.size());
  open_.clear();
  Name field;
  do {
    open_value(values, field);
    if (failed()) {
      document_.values.resize(first + 1);
      return first;
    }
    const auto index = static_cast<std::uint32_t>(document_.values.size() - 1);
    Value& opened = document_.values.back();
    opened.end = index + 1;
    if (opened.kind == Value::Kind::kList || opened.kind == Value::Kind::kObject) {
      open_.push_back(index);
    } else if (open_.empty()) {
      return first;
    }
    close_values();
    field = {};
    if (!open_.empty() && document_.values[open_.back()].kind == Value::Kind::kObject) {
      field = object_field();
    }
  } while (!open_.empty() && !failed());
  if (failed()) document_.values.resize(first + 1);
  return first;
}

void TokenReader::arguments(Values values, std::uint32_t& first, std::uint32_t& count) {
  first = static_cast<std::uint32_t>(document_.arguments.size());
  if (!skip('(')) return;
  do {
    Argument argument;
    argument.position = position();
    argument.name = name();
    expect(':');
    argument.value = value(values);
    document_.arguments.push_back(argument);
  } while (!at(')') && !failed());
  expect(')');
  count = static_cast<std::uint32_t>(document_.arguments.size()) - first;
}

void TokenReader::directives(Values values, std::uint32_t& first, std::uint32_t& count) {
  first = static_cast<std::uint32_t>(document_.directives.size());
  while (skip('@')) {
    Directive directive;
    directive.name = name();
    arguments(values, directive.first_argument, directive.argument_count);
    document_.directives.push_back(directive);
  }
  count = static_cast<std::uint32_t>(document_.directives.size()) - first;
}

}  // namespace tollgate::graphql
