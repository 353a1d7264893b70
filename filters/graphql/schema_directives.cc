// @cost and @listSize, whether or not the schema defines them. Any thread.
#include <charconv>

#include "filters/graphql/schema_builder.h"

namespace tollgate::graphql {

const Directive* SchemaBuilder::find_directive(Span directives, std::string_view name) const {
  for (std::uint32_t k = 0; k < directives.count; ++k) {
    const Directive& directive = schema_.sdl_.values.directives[directives.first + k];
    if (directive.name.text() == name) return &directive;
  }
  return nullptr;
}

const Value* SchemaBuilder::find_argument(const Directive& directive, std::string_view name) const {
  const Document& values = schema_.sdl_.values;
  for (std::uint32_t k = 0; k < directive.argument_count; ++k) {
    const Argument& argument = values.arguments[directive.first_argument + k];
    if (argument.name.text() == name) return &values.values[argument.value];
  }
  return nullptr;
}

std::optional<Points> SchemaBuilder::cost_of(Span directives) {
  const Directive* cost = find_directive(directives, "cost");
  if (cost == nullptr) return std::nullopt;
  const Value* weight = find_argument(*cost, "weight");
  std::optional<Points> points;
  if (weight != nullptr) points = points_of(weight->text);
  if (!points) {
    problem(cost->name,
            "@cost needs a weight: a number with at most three decimals and twelve digits, such as "
            "weight: \"2.5\"");
  }
  return points;
}

// A list of strings, or one string in its place.
std::vector<std::string_view> SchemaBuilder::texts_of(const Directive& directive,
                                                      std::string_view argument) {
  std::vector<std::string_view> texts;
  const Value* value = find_argument(directive, argument);
  if (value == nullptr || value->kind == Value::Kind::kNull) return texts;
  const auto& values = schema_.sdl_.values.values;
  const auto index = static_cast<std::uint32_t>(value - values.data());
  const bool list = value->kind == Value::Kind::kList;
  for (std::uint32_t at = list ? index + 1 : index; at < value->end; at = values[at].end) {
    if (values[at].kind == Value::Kind::kString) {
      texts.push_back(values[at].text);
    } else {
      problem(directive.name, "@listSize: " + std::string(argument) + " must be a list of strings");
      break;
    }
  }
  return texts;
}

std::optional<ListSize> SchemaBuilder::list_size_of(const FieldDefinition& field) {
  const Directive* directive = find_directive(field.directives, "listSize");
  if (directive == nullptr) return std::nullopt;
  ListSize size;
  const Value* assumed = find_argument(*directive, "assumedSize");
  if (assumed != nullptr && assumed->kind != Value::Kind::kNull) {
    Count count = -1;
    const char* end = assumed->text.data() + assumed->text.size();
    const bool read = assumed->kind == Value::Kind::kInt &&
                      std::from_chars(assumed->text.data(), end, count).ec == std::errc();
    if (!read || count < 0) {
      problem(directive->name, "@listSize: assumedSize must be a whole number from 0 on");
    }
    size.assumed_size = held_to(count, kMostCount);
  }
  size.slicing_arguments = texts_of(*directive, "slicingArguments");
  size.sized_fields = texts_of(*directive, "sizedFields");
  const Value* one = find_argument(*directive, "requireOneSlicingArgument");
  size.require_one_slicing_argument = one == nullptr || one->kind != Value::Kind::kFalse;
  return size;
}

}  // namespace tollgate::graphql
