// See rate_limits_reader.h. Every thread has its own.
#include "filters/graphql/rate_limits_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tollgate::graphql {
namespace {

const Name kRateLimits("rateLimits");
constexpr std::string_view kTypeName = "RateLimit";

struct FieldName {
  std::string_view name;
  std::string_view type;
  RateLimitsQuery::Field field;
};
constexpr std::array<FieldName, 6> kFields = {{
    {"__typename", "String!", RateLimitsQuery::Field::kTypename},
    {"type", "RateLimitType!", RateLimitsQuery::Field::kType},
    {"intervalSeconds", "RateLimitInterval!", RateLimitsQuery::Field::kIntervalSeconds},
    {"quota", "Int!", RateLimitsQuery::Field::kQuota},
    {"usedQuota", "Int!", RateLimitsQuery::Field::kUsedQuota},
    {"remainingQuota", "Int!", RateLimitsQuery::Field::kRemainingQuota},
}};

}  // namespace

tl::expected<std::optional<RateLimitsQuery>, Problem> RateLimitsReader::read(
    std::string_view text, std::string_view operation_name, const JsonValue* variables) {
  const auto parsed = read_document(text, 0, document_);
  if (!parsed) return tl::unexpected(parsed.error());
  const auto index = find_operation(document_, operation_name);
  if (!index) return tl::unexpected(index.error());
  const Operation& operation = document_.operations[*index];
  if (operation.kind != OperationKind::kQuery) return std::nullopt;
  collector_.start(document_, operation, nullptr, variables);
  roots_.clear();
  collector_.collect_for_root(collector_.add_range(operation.selections), roots_);
  const auto asks_limits = [&](const Group& group) {
    return document_.selections[group.first].name == kRateLimits;
  };
  if (roots_.empty() || !std::all_of(roots_.begin(), roots_.end(), asks_limits)) {
    return std::nullopt;
  }
  RateLimitsQuery query;
  for (const Group& group : roots_) {
    auto root = read_root(group);
    if (!root) return tl::unexpected(root.error());
    query.roots.push_back(std::move(*root));
  }
  return query;
}

tl::expected<RateLimitsQuery::Root, Problem> RateLimitsReader::read_root(const Group& group) {
  const Selection& selection = document_.selections[group.first];
  if (selection.argument_count != 0) {
    const Argument& argument = document_.arguments[selection.first_argument];
    return wrong(argument.position,
                 fmt::format("Unknown argument \"{}\" on field \"Query.rateLimits\".",
                             shortened(argument.name.text(), 60)));
  }
  RateLimitsQuery::Root root;
  root.response = selection.response.text();
  fields_.clear();
  if (group.selected != kNone) collector_.collect_for_root(group.selected, fields_);
  if (fields_.empty()) {
    return wrong(selection.position,
                 "Field \"rateLimits\" of type \"[RateLimit!]!\" must have a selection of "
                 "subfields. Did you mean \"rateLimits { ... }\"?");
  }
  for (const Group& field : fields_) {
    auto shown = read_field(field);
    if (!shown) return tl::unexpected(shown.error());
    root.fields.push_back(std::move(*shown));
  }
  return root;
}

tl::expected<RateLimitsQuery::Shown, Problem> RateLimitsReader::read_field(
    const Group& group) const {
  const Selection& selection = document_.selections[group.first];
  if (const auto type = foreign_condition(group)) {
    return wrong(selection.position,
                 fmt::format("Fragment cannot be spread here as objects of type \"{}\" can never "
                             "be of type \"{}\".",
                             kTypeName, shortened(type->text(), 60)));
  }
  const auto known = std::find_if(kFields.begin(), kFields.end(), [&](const FieldName& field) {
    return field.name == selection.name.text();
  });
  if (known == kFields.end()) {
    return wrong(selection.position,
                 fmt::format("Cannot query field \"{}\" on type \"{}\". It has type, "
                             "intervalSeconds, quota, usedQuota and remainingQuota.",
                             shortened(selection.name.text(), 60), kTypeName));
  }
  if (group.selected != kNone) {
    return wrong(selection.position,
                 fmt::format("Field \"{}\" must not have a selection since type \"{}\" has no "
                             "subfields.",
                             known->name, known->type));
  }
  if (selection.argument_count != 0) {
    const Argument& argument = document_.arguments[selection.first_argument];
    return wrong(argument.position,
                 fmt::format("Unknown argument \"{}\" on field \"{}.{}\".",
                             shortened(argument.name.text(), 60), kTypeName, known->name));
  }
  return RateLimitsQuery::Shown{known->field, std::string(selection.response.text())};
}

// A type condition around the field that no RateLimit satisfies.
std::optional<Name> RateLimitsReader::foreign_condition(const Group& group) const {
  for (std::uint32_t at = group.chain; at != 0; at = collector_.chain(at).outer) {
    const Name& condition = document_.conditions[collector_.chain(at).condition];
    if (condition.text() != kTypeName) return condition;
  }
  return std::nullopt;
}

tl::unexpected<Problem> RateLimitsReader::wrong(std::uint32_t position, std::string message) const {
  return tl::unexpected(Problem{.message = std::move(message), .place = document_.place(position)});
}

}  // namespace tollgate::graphql
