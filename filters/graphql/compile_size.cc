// How many items a field returns, as far as the text says, and to which fields a size is handed
// down. See compiler.h.
#include <fmt/format.h>

#include <algorithm>

#include "filters/graphql/compiler.h"

namespace tollgate::graphql {
namespace {

std::string_view describe(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kInt:
      return "is negative";
    case Value::Kind::kFloat:
      return "is a number with a fraction";
    case Value::Kind::kString:
      return "is a string";
    case Value::Kind::kTrue:
    case Value::Kind::kFalse:
      return "is a boolean";
    case Value::Kind::kEnum:
      return "is a name";
    case Value::Kind::kList:
      return "is a list";
    case Value::Kind::kObject:
      return "is an object";
    case Value::Kind::kNull:
    case Value::Kind::kVariable:
      break;
  }
  return "is no number";
}

}  // namespace

void Compiler::add_slicing(const Selection& selection, const SlicingArgument& argument,
                           SizeExpression& expression) {
  SizeFound found{SizeFound::Kind::kDefault, argument.steps[0].if_absent, kNone, 0};
  for (std::uint32_t k = 0; k < selection.argument_count; ++k) {
    const Argument& given = document_->arguments[selection.first_argument + k];
    if (!(given.name == argument.steps[0].name)) continue;
    found = size_in_document(*document_, given.value, argument, 0);
    break;
  }
  switch (found.kind) {
    case SizeFound::Kind::kAbsent:
    case SizeFound::Kind::kNull:
      return;
    case SizeFound::Kind::kDefault:
      expression.defaulted = std::max(expression.defaulted, found.size);
      return;
    case SizeFound::Kind::kSize:
      ++expression.givens;
      expression.given = std::max(expression.given, found.size);
      return;
    case SizeFound::Kind::kWrong: {
      const Value& value = document_->values[found.value];
      return fail(
          value.position,
          fmt::format("The argument \"{}\" of the field \"{}\" sizes a list, and {}. Give a "
                      "whole number from 0 on.",
                      argument.steps[found.step].name.text(), selection.name.text(),
                      describe(value)));
    }
    case SizeFound::Kind::kVariable:
      break;
  }
  const Value& value = document_->values[found.value];
  SizeTerm term;
  term.argument = &argument;
  term.step = found.step;
  term.variable = plan_variable(value.name);
  term.position = value.position;
  const VariableDefinition* definition = collector_.definition_of(value.name);
  if (definition != nullptr && definition->default_value != kNone) {
    term.by_default = size_in_document(*document_, definition->default_value, argument, found.step);
  }
  plan_->size_terms.push_back(term);
  ++expression.terms.count;
}

Compiler::Size Compiler::sliced_size(const Selection& selection, const FieldPrice& price,
                                     std::uint32_t unless) {
  Size size;
  SizeExpression expression;
  expression.unless = unless;
  expression.terms.first = static_cast<std::uint32_t>(plan_->size_terms.size());
  expression.otherwise = price.size;
  expression.require_one = price.require_one;
  expression.position = static_cast<std::uint32_t>(selection.name.data - document_->text.data());
  expression.name_size = selection.name.size;
  for (const SlicingArgument& argument : price.slicing) {
    add_slicing(selection, argument, expression);
  }
  if (expression.terms.count != 0 || unless != kNone) {
    size.expression = static_cast<std::uint32_t>(plan_->sizes.size());
    size.certain = unless == kNone && (expression.given != kNoSize ||
                                       expression.defaulted != kNoSize || price.size != kNoSize);
    plan_->sizes.push_back(expression);
    return size;
  }
  size.count = std::max(expression.given, expression.defaulted);
  if (price.require_one &&
      (expression.givens > 1 || (expression.givens == 0 && size.count == kNoSize)) && !problem_) {
    problem_ = not_one_slicing_argument(document_->source(), expression, expression.givens);
  }
  if (size.count == kNoSize) size.count = price.size;
  size.certain = size.count != kNoSize;
  return size;
}

// The first that comes to a size says the count.
void Compiler::set_count(Node& node, const Size& first, const Size& second, Count otherwise) {
  node.count = otherwise;
  if (first.count != kNoSize) {
    node.count = first.count;
    return;
  }
  node.size = first.expression;
  if (second.count != kNoSize) {
    node.count = second.count;
    return;
  }
  (node.size == kNone ? node.size : node.size_else) = second.expression;
}

Compiler::Handing Compiler::hand_to(const Frame& frame, Name field) const {
  Handing handing;
  const Span handed = frame.key.handed;
  for (std::uint32_t k = 0; k < handed.count; ++k) {
    const Handed& from = handed_[handed.first + k];
    if (!((*from.path)[from.step] == field)) continue;
    if (from.step + 1 < from.path->size()) continue;
    if (from.connection != FieldPrice::Connection::kMultiplied) {
      if (!handing.size.known()) handing.size = from.size;
    } else if (from.size.certain || !from.size.known()) {
      handing.part_of_multiplied = true;
    } else {
      handing.part_if = from.size.expression;
    }
  }
  return handing;
}

// After what the field hands down itself, which comes first.
void Compiler::hand_through(const Frame& frame, OpenField& open, Name field) {
  const Span handed = frame.key.handed;
  for (std::uint32_t k = 0; k < handed.count; ++k) {
    Handed from = handed_[handed.first + k];
    if (from.step + 1 == from.path->size() || !((*from.path)[from.step] == field)) continue;
    ++from.step;
    handed_.push_back(from);
  }
  open.below.handed.count = static_cast<std::uint32_t>(handed_.size()) - open.below.handed.first;
}

void Compiler::hand_down(const std::vector<SizedPath>& paths, const Size& size,
                         FieldPrice::Connection connection) {
  for (const SizedPath& path : paths) handed_.push_back({&path, 0, size, connection});
}

}  // namespace tollgate::graphql
