// See cost_comparison.h.
#include "tests/support/cost_comparison.h"

#include <fmt/format.h>

#include "filters/graphql/compiler.h"
#include "filters/graphql/json_reader.h"
#include "filters/graphql/single_pass.h"
#include "tests/support/reference_estimator.h"

namespace tollgate::graphql {
namespace {

using Outcome = tl::expected<Estimate, Problem>;

std::string described(const Outcome& outcome) {
  if (!outcome) {
    return fmt::format(
        "{} at {}:{}: {}", outcome.error().bound == Bound::kWork ? "too complex" : "invalid",
        outcome.error().place.line, outcome.error().place.column, outcome.error().message);
  }
  return fmt::format("complexity {}, mutations {}, depth {}", outcome->complexity,
                     outcome->mutations, outcome->depth);
}

std::string described(const ReferenceEstimate& estimate) {
  static constexpr std::string_view kOutcomes[] = {"priced", "invalid", "too complex", "gave up"};
  return fmt::format("{}: complexity {}, mutations {}, depth {}, visits {}",
                     kOutcomes[static_cast<std::size_t>(estimate.outcome)], estimate.complexity,
                     estimate.mutations, estimate.depth, estimate.visits);
}

std::string described(const CostConfig& cost) {
  std::string text = fmt::format(
      "operation {} {} {}, mutation_field {}, object {}, scalar {}, scalar_in_list {}, "
      "list_size {}, {}\nslicing_arguments",
      cost.query_weight, cost.mutation_weight, cost.subscription_weight, cost.mutation_field,
      cost.object, cost.scalar, cost.scalar_in_list, cost.list_size,
      cost.connections == ConnectionsModel::kMultiplied ? "multiplied" : "handed_down");
  for (const auto& name : cost.slicing_arguments) text += " " + name;
  for (const auto& [type, weight] : cost.types) text += fmt::format("\n{}: {}", type, weight);
  for (const auto& [name, settings] : cost.fields) {
    text += "\n" + name;
    if (settings.weight) text += fmt::format(" weight {}", *settings.weight);
    if (settings.assumed_size) text += fmt::format(" assumed_size {}", *settings.assumed_size);
    if (settings.slicing_arguments) text += " sliced by " + settings.slicing_arguments->at(0);
    if (settings.sized_fields) text += " hands to " + settings.sized_fields->at(0);
  }
  return text;
}

bool same(const Outcome& x, const Outcome& y) {
  if (x.has_value() != y.has_value()) return false;
  if (!x) return x.error().bound == y.error().bound && x.error().place == y.error().place;
  return x->complexity == y->complexity && x->mutations == y->mutations && x->depth == y->depth;
}

bool same(const Outcome& outcome, const Plan& plan, const ReferenceEstimate& reference) {
  using Reference = ReferenceEstimate::Outcome;
  if (!outcome) {
    if (reference.outcome == Reference::kTooMany) return true;  // whichever is found first
    return reference.outcome == Reference::kInvalid && outcome.error().bound != Bound::kWork;
  }
  return reference.outcome == Reference::kPriced && outcome->complexity == reference.complexity &&
         outcome->mutations == reference.mutations && outcome->depth == reference.depth &&
         plan.visits == reference.visits;
}

class Comparer {
 public:
  Comparer(const RandomCall& call, const CostModel& model, const Document& document,
           std::uint32_t operation, std::uint64_t patience)
      : call_(call),
        model_(model),
        document_(document),
        operation_(operation),
        patience_(patience) {}

  Comparison compare() {
    const JsonValue* variables = *json_.read(call_.variables);
    const Outcome whole = price(variables, Compiler::Keep::kAll, plan_);
    const ReferenceEstimate reference =
        reference_estimate({document_, operation_, model_.schema(), call_.cost, call_.introspection,
                            variables, patience_});
    Comparison result;
    using Kind = Comparison::Kind;
    result.kind = whole                                 ? Kind::kPriced
                  : whole.error().bound == Bound::kWork ? Kind::kTooComplex
                                                        : Kind::kInvalid;
    if (reference.outcome == ReferenceEstimate::Outcome::kGaveUp) {
      result.kind = Kind::kGaveUp;
    } else if (!same(whole, plan_, reference)) {
      result.difference = report("the naive estimator", described(reference), described(whole));
    }
    if (result.difference.empty()) compare_plans(variables, whole, result);
    return result;
  }

 private:
  Outcome price(const JsonValue* variables, Compiler::Keep keep, Plan& plan) {
    auto compiled = compiler_.compile(model_, document_, operation_, variables, keep, plan);
    if (!compiled) return tl::unexpected(std::move(compiled.error()));
    const bool all = keep == Compiler::Keep::kAll;
    return evaluate(plan, model_, document_.source(), variables,
                    all ? Detail::kEachNode : Detail::kTotal, evaluation_);
  }

  void compare_plans(const JsonValue* variables, const Outcome& whole, Comparison& result) {
    const Outcome folded = price(variables, Compiler::Keep::kWhatVaries, plan_);
    if (!same(whole, folded)) {
      result.difference = report("the folded plan", described(folded), described(whole));
      return;
    }
    JsonReader other_reader;
    const JsonValue* other = *other_reader.read(call_.other_variables);
    const bool compiled =
        compiler_
            .compile(model_, document_, operation_, variables, Compiler::Keep::kWhatVaries, plan_)
            .has_value();
    if (!compiled) return;
    const Outcome again =
        evaluate(plan_, model_, document_.source(), other, Detail::kTotal, evaluation_);
    const Outcome fresh = price(other, Compiler::Keep::kWhatVaries, plan_);
    if (same(again, fresh)) return;
    result.difference =
        report("the plan of the other variables", described(again), described(fresh)) +
        "\nother variables: " + call_.other_variables;
  }

  [[nodiscard]] std::string report(std::string_view other, const std::string& says,
                                   const std::string& ours) const {
    return fmt::format(
        "{} says {}\nthe estimator says {}\nschema:{}\nsettings: {}, introspection {}\n"
        "query:\n{}\noperation name: {}\nvariables: {}",
        other, says, ours, call_.sdl, described(call_.cost), call_.introspection, call_.query,
        call_.operation_name, call_.variables);
  }

  const RandomCall& call_;
  const CostModel& model_;
  const Document& document_;
  std::uint32_t operation_;
  std::uint64_t patience_;
  JsonReader json_;
  Compiler compiler_;
  Plan plan_;
  Evaluation evaluation_;
};

}  // namespace

Comparison compare_single_pass(const CostModel& model, std::string_view text,
                               std::string_view operation_name, const std::string& variables) {
  static SinglePass single_pass;
  Comparison result;
  JsonReader json;
  const JsonValue* given = *json.read(variables);
  const auto cost = single_pass.price(model, text, operation_name, given);
  result.single_pass = cost.has_value();
  if (!cost) return result;
  const auto differs = [&](std::string says) {
    result.difference = fmt::format("{}\na single pass says {}\nquery:\n{}\nvariables: {}", says,
                                    described(Outcome(cost->estimate)), text, variables);
    return result;
  };
  Document document;
  if (const auto read = read_document(text, 0, document); !read) {
    return differs("the text cannot be read: " + read.error().message);
  }
  const auto index = find_operation(document, operation_name);
  if (!index) return differs("there is no such operation: " + index.error().message);
  const Operation& operation = document.operations[*index];
  if (cost->kind != operation.kind || cost->name != operation.name.text()) {
    return differs("it is another operation");
  }
  if (single_pass.aliases() < document.aliases) return differs("it has more aliases");
  Compiler compiler;
  Plan plan;
  Evaluation evaluation;
  const auto compiled =
      compiler.compile(model, document, *index, given, Compiler::Keep::kWhatVaries, plan);
  if (!compiled) return differs("it cannot be planned: " + compiled.error().message);
  const Outcome outcome = evaluate(plan, model, text, given, Detail::kTotal, evaluation);
  if (!same(outcome, Outcome(cost->estimate))) return differs("a plan says " + described(outcome));
  return result;
}

Comparison compare_costs(const RandomCall& call, std::uint64_t patience) {
  const auto model = CostModel::make(call.sdl, call.cost, call.introspection, 1);
  if (!model) return {};
  const Comparison single =
      compare_single_pass(**model, call.query, call.operation_name, call.variables);
  if (!single.difference.empty()) {
    Comparison result = single;
    result.difference += fmt::format("\nschema:{}\nsettings: {}", call.sdl, described(call.cost));
    return result;
  }
  Document document;
  if (!read_document(call.query, 0, document)) return {};
  const auto operation = find_operation(document, call.operation_name);
  if (!operation) return {};
  Comparison result = Comparer(call, **model, document, *operation, patience).compare();
  result.single_pass = single.single_pass;
  return result;
}

}  // namespace tollgate::graphql
