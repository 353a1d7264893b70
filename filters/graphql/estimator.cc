// See estimator.h.
#include "filters/graphql/estimator.h"

#include <fmt/format.h>

#include <algorithm>

#include "filters/graphql/single_pass.h"

namespace tollgate::graphql {
namespace {

const Name kSkip("skip");
const Name kInclude("include");

// Memory that an unusually large document has taken is given back before the next is read.
constexpr std::size_t kKeptSelections = 4096;
constexpr std::size_t kKeptBytes = 1024 * 1024;

}  // namespace

Estimator::Estimator() : single_pass_(std::make_unique<SinglePass>()) {}
Estimator::~Estimator() = default;

tl::expected<OperationCost, Problem> Estimator::estimate(const CostModel& model,
                                                         const GraphqlConfig& bounds,
                                                         std::string_view text,
                                                         std::string_view operation_name,
                                                         const JsonValue* variables) {
  const PlanCache::Key key = PlanCache::key(model.generation(), text, operation_name);
  PlannedText* known = cache_.find(key);
  if (known == nullptr) {
    if (auto cost = first_look(model, bounds, key, variables)) return *cost;
  }
  const auto priced = plan(model, bounds, key, known, variables);
  if (!priced) return tl::unexpected(priced.error());
  if (auto kept = keep_to(bounds, *priced->plan, text); !kept) {
    return tl::unexpected(std::move(kept.error()));
  }
  auto estimate = evaluate(*priced->plan, model, text, variables, Detail::kTotal, evaluation_);
  if (!estimate) return tl::unexpected(std::move(estimate.error()));
  OperationCost cost;
  cost.kind = priced->plan->kind;
  name_ = text.substr(priced->text->name_position, priced->text->name_size);
  cost.name = name_;
  cost.estimate = *estimate;
  return cost;
}

std::optional<OperationCost> Estimator::first_look(const CostModel& model,
                                                   const GraphqlConfig& bounds,
                                                   const PlanCache::Key& key,
                                                   const JsonValue* variables) {
  const auto within = [](std::uint64_t found, std::uint64_t most) {
    return most == 0 || found <= most;
  };
  // A text has no more tokens than bytes.
  if (!within(key.text.size(), bounds.max_tokens) || cache_.has_come(key)) return std::nullopt;
  auto cost = single_pass_->price(model, key.text, key.operation_name, variables);
  if (!cost || !within(single_pass_->aliases(), bounds.max_aliases) ||
      !within(cost->estimate.depth, bounds.max_depth)) {
    return std::nullopt;
  }
  cache_.mark(key);
  return cost;
}

tl::expected<void, Problem> Estimator::keep_text_to(const GraphqlConfig& bounds,
                                                    std::uint64_t aliases,
                                                    std::uint64_t directives) const {
  if (auto kept = at_most(Bound::kAliases, aliases, bounds.max_aliases); !kept) return kept;
  return at_most(Bound::kDirectives, directives, bounds.max_directives);
}

// What @skip and @include may ask for, as letters.
void Estimator::look_at_conditions(std::string_view text, const PlannedText& planned,
                                   const JsonValue* variables) {
  conditions_.clear();
  if (planned.conditions.empty()) return;
  variables_.set(variables);
  for (const PlannedText::Condition& condition : planned.conditions) {
    const JsonValue* value =
        variables_.find(text.substr(condition.name_position, condition.name_size));
    conditions_ += value == nullptr                         ? '-'
                   : value->kind == JsonValue::Kind::kTrue  ? 't'
                   : value->kind == JsonValue::Kind::kFalse ? 'f'
                                                            : '?';
  }
}

// `known`: what is kept of the text, or null.
tl::expected<Estimator::Priced, Problem> Estimator::plan(const CostModel& model,
                                                         const GraphqlConfig& bounds,
                                                         const PlanCache::Key& key,
                                                         PlannedText* known,
                                                         const JsonValue* variables) {
  const std::string_view text = key.text;
  if (known != nullptr) {
    if (auto kept = keep_text_to(bounds, known->aliases, known->directives); !kept) {
      return tl::unexpected(std::move(kept.error()));
    }
    look_at_conditions(text, *known, variables);
    if (const auto* variant = known->find_variant(conditions_)) {
      return Priced{known, &variant->plan};
    }
  }
  if (document_.selections.capacity() > kKeptSelections) document_ = Document();
  if (compiler_.bytes() > kKeptBytes) compiler_ = Compiler();
  if (auto read = read_document(text, bounds.max_tokens, document_); !read) {
    return tl::unexpected(std::move(read.error()));
  }
  if (auto kept = keep_text_to(bounds, document_.aliases, document_.directives.size()); !kept) {
    return tl::unexpected(std::move(kept.error()));
  }
  const auto operation = find_operation(document_, key.operation_name);
  if (!operation) return tl::unexpected(operation.error());
  auto compiled = compiler_.compile(model, document_, *operation, variables,
                                    Compiler::Keep::kWhatVaries, plan_);
  if (!compiled) return tl::unexpected(std::move(compiled.error()));
  if (known == nullptr) known = cache_.add(key);
  PlannedText& planned = known != nullptr ? *known : uncached_;
  if (planned.variant_count == 0) describe(planned, *operation);
  if (known == nullptr || known->variant_count == PlanCache::kMostVariants) {
    return Priced{&planned, &plan_};
  }
  look_at_conditions(text, planned, variables);
  PlannedText::Variant& variant = known->add_variant();
  variant.conditions = conditions_;
  variant.plan = plan_;
  cache_.account(*known);
  return Priced{known, &plan_};
}

void Estimator::describe(PlannedText& planned, std::uint32_t index) const {
  const Operation& operation = document_.operations[index];
  planned.aliases = document_.aliases;
  planned.directives = document_.directives.size();
  planned.name_size = operation.name.size;
  planned.name_position =
      operation.name.empty()
          ? 0
          : static_cast<std::uint32_t>(operation.name.data - document_.text.data());
  planned.conditions.clear();
  NameIndex seen;
  for (const Directive& directive : document_.directives) {
    if (!(directive.name == kSkip) && !(directive.name == kInclude)) continue;
    for (std::uint32_t k = 0; k < directive.argument_count; ++k) {
      const Argument& argument = document_.arguments[directive.first_argument + k];
      const Value& value = document_.values[argument.value];
      if (value.kind != Value::Kind::kVariable) continue;
      if (seen.add(value.name) < planned.conditions.size()) continue;
      planned.conditions.push_back(
          {static_cast<std::uint32_t>(value.name.data - document_.text.data()), value.name.size});
    }
  }
}

tl::expected<void, Problem> Estimator::keep_to(const GraphqlConfig& bounds, const Plan& plan,
                                               std::string_view text) const {
  if (!bounds.introspection.allow && plan.introspection != kNone) {
    Problem problem;
    problem.kind = Problem::Kind::kIntrospection;
    problem.message =
        "This API does not show its schema by introspection: leave __schema and __type out, and "
        "ask the API's owner for the schema.";
    problem.place = place_of(text, plan.introspection);
    return tl::unexpected(std::move(problem));
  }
  return at_most(Bound::kDepth, plan.depth, bounds.max_depth);
}

}  // namespace tollgate::graphql
