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

void TokenReader::unexpected() {
  fail(token_.begin, fmt::format("Unexpected {}.", describe(token_)));
}

void TokenReader::expected(TokenKind kind) {
  fail(token_.begin, fmt::format("Expected {}, found {}.", name_of(kind), describe(token_)));
}

void TokenReader::expect_word(std::string_view word) {
  if (!at_word(word)) {
    return fail(token_.begin, fmt::format("Expected \"{}\", found {}.", word, describe(token_)));
  }
  advance();
}

void TokenReader::open_value(Values values, Name field) {
  Value value;
  value.field = field;
  value.position = position();
  switch (token_.kind) {
    case TokenKind::kInt:
      value.kind = Value::Kind::kInt;
      value.text = token_.text();
      break;
    case TokenKind::kFloat:
      value.kind = Value::Kind::kFloat;
      value.text = token_.text();
      break;
    case TokenKind::kString:
    case TokenKind::kBlockString:
      value.kind = Value::Kind::kString;
      value.text = content_of(token_);
      break;
    case TokenKind::kBracketLeft:
      value.kind = Value::Kind::kList;
      break;
    case TokenKind::kBraceLeft:
      value.kind = Value::Kind::kObject;
      break;
    case TokenKind::kName:
      value.kind = at_word("true")    ? Value::Kind::kTrue
                   : at_word("false") ? Value::Kind::kFalse
                   : at_word("null")  ? Value::Kind::kNull
                                      : Value::Kind::kEnum;
      break;
    case TokenKind::kDollar: {
      const Token dollar = token_;
      advance();
      value.kind = Value::Kind::kVariable;
      if (values == Values::kConstant && at(TokenKind::kName)) {
        return fail(dollar.begin, fmt::format("Unexpected variable \"${}\" in constant value.",
                                              token_.text().substr(0, kMostShown)));
      }
      if (values == Values::kConstant) {
        token_ = dollar;
        return unexpected();
      }
      value.name = name();
      document_.values.push_back(value);
      return;
    }
    default:
      return unexpected();
  }
  advance();
  document_.values.push_back(value);
}

Name TokenReader::object_field() {
  const Name field = name();
  expect(TokenKind::kColon);
  return field;
}

void TokenReader::close_values() {
  while (!open_.empty()) {
    Value& outer = document_.values[open_.back()];
    const bool list = outer.kind == Value::Kind::kList;
    if (!skip(list ? TokenKind::kBracketRight : TokenKind::kBraceRight)) return;
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
    if (lexer_.failed()) {
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
  } while (!open_.empty() && !lexer_.failed());
  if (lexer_.failed()) document_.values.resize(first + 1);
  return first;
}

void TokenReader::arguments(Values values, std::uint32_t& first, std::uint32_t& count) {
  first = static_cast<std::uint32_t>(document_.arguments.size());
  if (!skip(TokenKind::kParenLeft)) return;
  do {
    Argument argument;
    argument.position = position();
    argument.name = name();
    expect(TokenKind::kColon);
    argument.value = value(values);
    document_.arguments.push_back(argument);
  } while (!at(TokenKind::kParenRight) && !lexer_.failed());
  expect(TokenKind::kParenRight);
  count = static_cast<std::uint32_t>(document_.arguments.size()) - first;
}

void TokenReader::directives(Values values, std::uint32_t& first, std::uint32_t& count) {
  first = static_cast<std::uint32_t>(document_.directives.size());
  while (skip(TokenKind::kAt)) {
    Directive directive;
    directive.name = name();
    arguments(values, directive.first_argument, directive.argument_count);
    document_.directives.push_back(directive);
  }
  count = static_cast<std::uint32_t>(document_.directives.size()) - first;
}

}  // namespace tollgate::graphql
