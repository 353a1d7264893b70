// Variables, arguments and their values, and what they say of sizes. See single_pass.h.
#include <simdjson.h>

#include <algorithm>

#include "filters/graphql/lexer.h"
#include "filters/graphql/single_pass.h"
#include "filters/graphql/sizes.h"

namespace tollgate::graphql {

using scan::Class;

namespace {

constexpr unsigned kMostNested = 8;  // values

}  // namespace

std::string_view SinglePass::name_at(Place at) const {
  std::size_t size = tokens_.size_of_name(*at);
  const char* const begin = text_at(at);
  if (size > TokenIndex::kMostCounted) {
    size = static_cast<std::size_t>(scan::end_of_name(begin + TokenIndex::kMostCounted) - begin);
  }
  return {begin, size};
}

// Behind "(".
SinglePass::Place SinglePass::variables(Place at) {
  do {
    if (!is(at, '$') || class_at(at + 1) != Class::kNameStart || !is(at + 2, ':')) return nullptr;
    Variable variable;
    variable.name = name_at(at + 1);
    at = type(at + 3, variable.non_null);
    if (at == nullptr || variable.name.starts_with("__")) return nullptr;
    if (is(at, '=')) {
      Literal literal;
      variable.has_default = constant_ = true;
      at = value(at + 1, literal, 0);
      constant_ = false;
      if (at == nullptr) return nullptr;
    }
    if (find(variables_, variable_count_, variable.name) != nullptr || variable_count_ == kMostFew)
      return nullptr;
    variables_[variable_count_++] = variable;
  } while (!is(at, ')'));
  return at + 1;
}

SinglePass::Place SinglePass::type(Place at, bool& non_null) const {
  unsigned lists = 0;
  for (; is(at, '['); ++at) ++lists;
  if (class_at(at) != Class::kNameStart) return nullptr;
  ++at;
  for (;; --lists) {
    non_null = is(at, '!');
    if (non_null) ++at;
    if (lists == 0) return at;
    if (!is(at, ']')) return nullptr;
    ++at;
  }
}

// Behind "(".
SinglePass::Place SinglePass::arguments(Place at) {
  do {
    if (class_at(at) != Class::kNameStart || !is(at + 1, ':')) return nullptr;
    const std::string_view name = name_at(at);
    if (find(arguments_, argument_count_, name) != nullptr || argument_count_ == kMostFew)
      return nullptr;
    Argument& argument = arguments_[argument_count_++];
    argument.name = name;
    at = value(at + 2, argument.value, 0);
    if (at == nullptr) return nullptr;
  } while (!is(at, ')'));
  return at + 1;
}

SinglePass::Place SinglePass::value(Place at, Literal& value, unsigned depth) {
  if (depth == kMostNested) return nullptr;
  value.kind = Literal::Kind::kOther;
  switch (class_at(at)) {
    case Class::kDigit:
      return number(at, value);
    case Class::kNameStart:
      if (is_word(at, "null")) value.kind = Literal::Kind::kNull;
      return at + 1;
    case Class::kBraceLeft:
      return fields_of_object(at + 1, depth);
    case Class::kPunctuator:
      break;
    default:
      return number_or_string(at, value);
  }
  if (is(at, '$') && !constant_ && class_at(at + 1) == Class::kNameStart) {
    value = {Literal::Kind::kVariable, name_at(at + 1)};
    return at + 2;
  }
  if (!is(at, '[')) return nullptr;
  ++at;
  Literal element;
  while (at != nullptr && !is(at, ']')) at = this->value(at, element, depth + 1);
  return at == nullptr ? nullptr : at + 1;
}

// Behind "{".
SinglePass::Place SinglePass::fields_of_object(Place at, unsigned depth) {
  std::array<std::string_view, kMostFew> fields;
  for (std::size_t count = 0; !is(at, '}'); ++count) {
    if (class_at(at) != Class::kNameStart || !is(at + 1, ':') || count == kMostFew) return nullptr;
    fields[count] = name_at(at);
    for (std::size_t i = 0; i < count; ++i) {
      if (same_text(fields[i], fields[count])) return nullptr;
    }
    Literal literal;
    at = value(at + 2, literal, depth + 1);
    if (at == nullptr) return nullptr;
  }
  return at + 1;
}

// Most are a few digits.
SinglePass::Place SinglePass::number(Place at, Literal& value) {
  const char* const begin = text_at(at);
  const char* end = begin;
  while (*end >= '0' && *end <= '9') ++end;
  const Class behind = scan::class_of(end);
  const bool whole = *begin != '0' && (behind == Class::kPunctuator || behind == Class::kIgnored);
  if (end == begin || !whole) return number_or_string(at, value);
  value = {Literal::Kind::kInt, {begin, static_cast<std::size_t>(end - begin)}};
  return at + 1;
}

// Not with a comment before it, which the lexer passes over: who skips a set would not.
SinglePass::Place SinglePass::number_or_string(Place at, Literal& value) {
  if (is(at, '"')) {
    if (!is_utf8_) is_utf8_ = simdjson::validate_utf8(begin_, size_);
    if (!is_utf8_) return nullptr;
  } else if (class_at(at) != Class::kDigit) {
    return nullptr;
  }
  Lexer lexer(begin_, size_);
  lexer.go_on_from(text_at(at));
  Token token;
  lexer.next(token);
  switch (token.kind) {
    case TokenKind::kInt:
      value = {Literal::Kind::kInt, token.text()};
      break;
    case TokenKind::kFloat:
    case TokenKind::kString:
    case TokenKind::kBlockString:
      break;
    default:
      return nullptr;
  }
  const auto end = static_cast<std::uint32_t>(token.end - begin_);
  while (*at < end) ++at;
  return at;
}

bool SinglePass::sliced(const FieldPrice& price, Count& size) {
  size = kNoSize;
  unsigned given = 0;
  for (const SlicingArgument& slicing : price.slicing) {
    const Argument* argument = find(arguments_, argument_count_, slicing.steps.front().name.text());
    if (argument == nullptr) {
      size = std::max(size, slicing.steps.front().if_absent);
      continue;
    }
    const Literal& value = argument->value;
    if (value.kind == Literal::Kind::kNull) continue;
    if (value.kind == Literal::Kind::kInt) {
      const std::optional<Count> says = size_of_literal(value.text);
      if (!says) return false;
      size = std::max(size, *says);
      ++given;
    } else if (value.kind != Literal::Kind::kVariable ||
               !sliced_by_variable(slicing, value.text, size, given)) {
      return false;
    }
  }
  if (size == kNoSize) size = price.size;
  return !price.require_one || given == 1;
}

bool SinglePass::sliced_by_variable(const SlicingArgument& slicing, std::string_view name,
                                    Count& size, unsigned& given) {
  const Variable* variable = find(variables_, variable_count_, name);
  if (variable == nullptr) return false;
  if (!json_indexed_) json_variables_.set(json_);
  json_indexed_ = true;
  const JsonValue* value = json_variables_.find(name);
  if (value == nullptr) {
    if (variable->non_null || variable->has_default) return false;
    size = std::max(size, slicing.steps.front().if_absent);
    return true;
  }
  if (value->kind == JsonValue::Kind::kNull) return !variable->non_null;
  if (value->kind != JsonValue::Kind::kInteger || value->integer < 0) return false;
  size = std::max<Count>(size, value->integer);
  ++given;
  return true;
}

}  // namespace tollgate::graphql
