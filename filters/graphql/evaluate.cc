// Works a plan out with given variables. Any thread, each with an Evaluation of its own.
#include <fmt/format.h>

#include <algorithm>

#include "filters/graphql/argument_weights.h"
#include "filters/graphql/plan.h"
#include "filters/graphql/sizes.h"

namespace tollgate::graphql {
namespace {

// What a variable has in place of a size. Below an input object the one that is wrong may be
// anywhere: then the argument's path says where it belongs. `value` null: its default is wrong.
std::string described(const SlicingArgument& argument, const JsonValue* value) {
  if (value == nullptr) return "has a default value that is none";
  if (argument.steps.size() > 1 && value->kind == JsonValue::Kind::kObject) {
    std::string path;
    for (const SlicingArgument::Step& step : argument.steps) {
      path += (path.empty() ? "" : ".") + std::string(step.name.text());
    }
    return fmt::format("has something else at {}", path);
  }
  switch (value->kind) {
    case JsonValue::Kind::kInteger:
      return "is negative";
    case JsonValue::Kind::kNumber:
      return "is a number with a fraction";
    case JsonValue::Kind::kString:
      return "is a string";
    case JsonValue::Kind::kTrue:
    case JsonValue::Kind::kFalse:
      return "is a boolean";
    case JsonValue::Kind::kList:
      return "is a list";
    case JsonValue::Kind::kObject:
      return "is an object";
    case JsonValue::Kind::kNull:
      break;
  }
  return "is none";
}

class Evaluator {
 public:
  Evaluator(const Plan& plan, const CostModel& model, std::string_view text, Evaluation& evaluation)
      : plan_(plan), model_(model), text_(text), evaluation_(evaluation) {}

  void find_variables(const JsonValue* variables);
  tl::expected<Estimate, Problem> run(Detail detail);

 private:
  [[nodiscard]] std::string_view name_of(const PlanVariable& variable) const {
    return text_.substr(variable.name_position, variable.name_size);
  }
  // The size that an expression comes to, kNoSize for none; after an error any.
  Count size(const SizeExpression& expression);
  void add_term(const SizeTerm& term, Count& size, std::uint32_t& givens);
  void wrong_size(const SizeTerm& term, std::string_view found);
  void fail(std::uint32_t position, std::string message) {
    if (!problem_) {
      problem_ = Problem{.message = std::move(message), .place = place_of(text_, position)};
    }
  }
  Points arguments(const Node& node) const;
  [[nodiscard]] bool has_size(std::uint32_t expression) const {
    return expression != kNone && evaluation_.sizes[expression] != kNoSize;
  }
  [[nodiscard]] Counted counted(const Node& node) const;
  [[nodiscard]] Count count(const Node& node) const;
  Points cost(const Node& node, std::size_t index, Detail detail);

  const Plan& plan_;
  const CostModel& model_;
  const std::string_view text_;
  Evaluation& evaluation_;
  std::optional<Problem> problem_;
};

void Evaluator::find_variables(const JsonValue* variables) {
  auto& found = evaluation_.variables;
  found.assign(plan_.variables.size(), nullptr);
  if (variables == nullptr || found.empty()) return;
  evaluation_.given.set(variables);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const PlanVariable& variable = plan_.variables[i];
    if (variable.declared) found[i] = evaluation_.given.find(name_of(variable));
  }
}

void Evaluator::wrong_size(const SizeTerm& term, std::string_view found) {
  const PlanVariable& variable = plan_.variables[term.variable];
  fail(
      term.position,
      fmt::format("The variable \"${}\" sizes a list, as the argument \"{}\", and {}. Give a whole "
                  "number from 0 on.",
                  name_of(variable), term.argument->steps.front().name.text(), found));
}

void Evaluator::add_term(const SizeTerm& term, Count& size, std::uint32_t& givens) {
  const PlanVariable& variable = plan_.variables[term.variable];
  if (!variable.declared) return wrong_size(term, "is not declared by the operation");
  const JsonValue* value = evaluation_.variables[term.variable];
  SizeFound found;
  if (value == nullptr && variable.has_default) {
    found = term.by_default;
  } else if (value == nullptr) {
    if (variable.non_null) return wrong_size(term, "is missing");
    size = std::max(size, term.argument->steps[term.step].if_absent);
    return;
  } else if (value->kind == JsonValue::Kind::kNull) {
    if (variable.non_null) return wrong_size(term, "is null");
    return;
  } else {
    found = size_in_json(*value, *term.argument, term.step);
  }
  if (found.kind == SizeFound::Kind::kWrong)
    return wrong_size(term, described(*term.argument, value));
  if (found.kind == SizeFound::Kind::kSize) ++givens;
  size = std::max(size, found.size);
}

Count Evaluator::size(const SizeExpression& expression) {
  Count size = std::max(expression.given, expression.defaulted);
  std::uint32_t givens = expression.givens;
  for (std::uint32_t k = 0; k < expression.terms.count; ++k) {
    add_term(plan_.size_terms[expression.terms.first + k], size, givens);
  }
  if (expression.require_one && (givens > 1 || (givens == 0 && size == kNoSize)) && !problem_) {
    problem_ = not_one_slicing_argument(text_, expression, givens);
  }
  if (has_size(expression.unless)) return kNoSize;
  return size == kNoSize ? expression.otherwise : size;
}

Points Evaluator::arguments(const Node& node) const {
  Points sum = node.arguments;
  for (std::uint32_t k = 0; k < node.weight_terms.count; ++k) {
    const WeightTerm& term = plan_.weight_terms[node.weight_terms.first + k];
    const JsonValue* value = evaluation_.variables[term.variable];
    sum = add(sum, value == nullptr ? term.by_default
                                    : weight_in_json(model_, *value, term.input, term.inside));
  }
  return sum;
}

Count Evaluator::count(const Node& node) const {
  if (has_size(node.part_if)) return 1;
  if (has_size(node.size)) return evaluation_.sizes[node.size];
  if (has_size(node.size_else)) return evaluation_.sizes[node.size_else];
  return node.count;
}

Counted Evaluator::counted(const Node& node) const {
  if (has_size(node.part_if)) return Counted::kWithWhole;
  const bool sized = node.size == kNone || has_size(node.size) || has_size(node.size_else);
  return sized ? Counted::kSized : Counted::kUnsized;
}

Points Evaluator::cost(const Node& node, std::size_t index, Detail detail) {
  const Count items = times_count(count(node), node.inner);
  const Points given = arguments(node);
  const FieldCost cost = field_cost(plan_, evaluation_.sets, node, items, counted(node), given);
  if (detail == Detail::kEachNode) {
    evaluation_.costs[index] = cost.points;
    evaluation_.arguments[index] = given;
    evaluation_.counts[index] = items;
    evaluation_.weights[index] = cost.weight;
    evaluation_.dearest[index] = cost.dearest;
  }
  return cost.points;
}

tl::expected<Estimate, Problem> Evaluator::run(Detail detail) {
  evaluation_.sizes.clear();
  for (const SizeExpression& expression : plan_.sizes) {
    evaluation_.sizes.push_back(size(expression));
  }
  evaluation_.sets = plan_.sets;
  if (detail == Detail::kEachNode) {
    evaluation_.costs.resize(plan_.nodes.size());
    evaluation_.arguments.resize(plan_.nodes.size());
    evaluation_.counts.resize(plan_.nodes.size());
    evaluation_.weights.resize(plan_.nodes.size());
    evaluation_.dearest.resize(plan_.nodes.size());
  }
  for (std::size_t i = 0; i < plan_.nodes.size(); ++i) {
    const Node& node = plan_.nodes[i];
    Points& set = evaluation_.sets[node.set];
    set = add(set, cost(node, i, detail));
  }
  if (problem_) return tl::unexpected(std::move(*problem_));
  Estimate estimate;
  estimate.complexity = round_up(add(plan_.operation_weight, evaluation_.sets[plan_.root]));
  estimate.mutations = plan_.mutations;
  estimate.depth = plan_.depth;
  return estimate;
}

}  // namespace

FieldCost field_cost(const Plan& plan, const std::vector<Points>& sets, const Node& node,
                     Count count, Counted counted, Points arguments) {
  FieldCost cost{0, 0, node.alternatives.first};
  for (std::uint32_t k = 0; k < node.alternatives.count; ++k) {
    const Alternative& alternative = plan.alternatives[node.alternatives.first + k];
    const Points selected = alternative.set == kNone ? 0 : sets[alternative.set];
    const Points weight = counted == Counted::kWithWhole ? 0
                          : counted == Counted::kUnsized ? alternative.weight_unsized
                                                         : alternative.weight;
    const Points own = std::max<Points>(0, add(arguments, times(count, weight)));
    const Points whole = add(own, times(count, selected));
    if (k > 0 && whole <= cost.points) continue;
    cost = {whole, weight, node.alternatives.first + k};
  }
  cost.points = add(cost.points, node.extra);
  return cost;
}

Problem not_one_slicing_argument(std::string_view text, const SizeExpression& expression,
                                 std::uint32_t givens) {
  return Problem{.message = fmt::format(
                     "The field \"{}\" needs exactly one of the arguments that say how many "
                     "items it returns; {} are given.",
                     text.substr(expression.position, expression.name_size), givens),
                 .place = place_of(text, expression.position)};
}

tl::expected<Estimate, Problem> evaluate(const Plan& plan, const CostModel& model,
                                         std::string_view text, const JsonValue* variables,
                                         Detail detail, Evaluation& evaluation) {
  Evaluator evaluator(plan, model, text, evaluation);
  evaluator.find_variables(variables);
  return evaluator.run(detail);
}

}  // namespace tollgate::graphql
