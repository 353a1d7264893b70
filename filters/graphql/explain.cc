// See explain.h. Any thread, each with its own memory.
#include "filters/graphql/explain.h"

#include <fmt/format.h>

#include <algorithm>

namespace tollgate::graphql {
namespace {

// Turns the plan's nodes, of which each knows its set, into a tree that a reader walks from the
// top.
class TreeBuilder {
 public:
  TreeBuilder(const CostModel& model, const ExplainMemory& memory, Explanation& explanation)
      : model_(model), memory_(memory), fields_(explanation.fields) {}

  void build() {
    const Plan& plan = memory_.plan;
    by_set_.assign(plan.sets.size(), {});
    for (std::uint32_t i = 0; i < plan.nodes.size(); ++i) by_set_[plan.nodes[i].set].push_back(i);
    open_.push_back({plan.root, 0, kNone, kNone});
    while (!open_.empty()) step();
  }

 private:
  struct Level {
    std::uint32_t set;
    std::uint32_t next;   // of the nodes in the set
    std::uint32_t field;  // index of the field that the set is selected of
    std::uint32_t node;   // and of its node
  };

  void step() {
    Level& level = open_.back();
    const auto& nodes = by_set_[level.set];
    if (level.next == nodes.size()) {
      if (level.field != kNone) fields_[level.field].end = size();
      open_.pop_back();
      return;
    }
    const std::uint32_t index = nodes[level.next++];
    add(index);
    const Node& node = memory_.plan.nodes[index];
    if (node.alternatives.count == 0) return;
    const Alternative& dearest = memory_.plan.alternatives[memory_.evaluation.dearest[index]];
    if (dearest.set != kNone && !node.closed) open_.push_back({dearest.set, 0, size() - 1, index});
  }

  void add(std::uint32_t index) {
    const Node& node = memory_.plan.nodes[index];
    const Selection& selection = memory_.document.selections[node.selection];
    ExplainedField field;
    field.end = size() + 1;
    field.level = static_cast<std::uint32_t>(open_.size() - 1);
    field.field = selection.name.text();
    field.response = selection.response.text();
    field.lacking = type_without(node, selection.name.text());
    field.count = memory_.evaluation.counts[index];
    field.arguments = memory_.evaluation.arguments[index];
    field.cost = memory_.evaluation.costs[index];
    if (node.closed) {  // introspection costs what it costs, whatever is inside
      field.count = 1;
      field.weight = node.extra;
      fields_.push_back(field);
      return;
    }
    field.extra = node.extra;
    if (field.count > 1) field.slicing = slicing_of(index);
    if (node.alternatives.count != 0) {
      const Alternative& dearest = memory_.plan.alternatives[memory_.evaluation.dearest[index]];
      field.weight = memory_.evaluation.weights[index];
      name_types(node, dearest, field);
    }
    fields_.push_back(field);
  }

  // The type that is asked for a field that it has not. What no schema knows lacks nothing.
  [[nodiscard]] std::string_view type_without(const Node& node, std::string_view name) const {
    const Schema* schema = model_.schema();
    // "_": what federation adds beside a subgraph's schema.
    if (schema == nullptr || node.field != kNone || name.starts_with('_')) return {};
    const std::uint32_t above = open_.back().node;
    const std::uint32_t type =
        above == kNone ? schema->root(memory_.plan.kind)
                       : memory_.plan.alternatives[memory_.evaluation.dearest[above]].type;
    if (type == kNone) return {};
    // Below an interface or a union it hangs on the fragments which type is asked.
    const std::uint32_t field = above == kNone ? kNone : memory_.plan.nodes[above].field;
    if (field != kNone && schema->fields()[field].type != type) return {};
    return schema->types()[type].name.text();
  }

  void name_types(const Node& node, const Alternative& dearest, ExplainedField& field) const {
    if (node.field == kNone) return;
    const Schema& schema = *model_.schema();
    const std::uint32_t declared = schema.fields()[node.field].type;
    field.type = schema.types()[declared].name.text();
    if (dearest.type != kNone && dearest.type != declared && makes_a_difference(node, dearest)) {
      field.dearest = schema.types()[dearest.type].name.text();
    }
  }

  // Whether another type costs less, or has other fields selected of it.
  [[nodiscard]] bool makes_a_difference(const Node& node, const Alternative& dearest) const {
    const auto cost = [this](const Alternative& alternative) {
      const Points selected =
          alternative.set == kNone ? 0 : memory_.evaluation.sets[alternative.set];
      return tollgate::graphql::add(alternative.weight, selected);
    };
    for (std::uint32_t k = 0; k < node.alternatives.count; ++k) {
      const Alternative& other = memory_.plan.alternatives[node.alternatives.first + k];
      if (cost(other) != cost(dearest) || !same_fields(other.set, dearest.set)) return true;
    }
    return false;
  }

  [[nodiscard]] bool same_fields(std::uint32_t one, std::uint32_t other) const {
    if (one == other) return true;
    if (one == kNone || other == kNone) return false;
    return std::ranges::equal(
        by_set_[one], by_set_[other], {},
        [this](std::uint32_t node) { return selection_of(node).response; },
        [this](std::uint32_t node) { return selection_of(node).response; });
  }

  // ---- what says how long a list is

  [[nodiscard]] const Selection& selection_of(std::uint32_t node) const {
    return memory_.document.selections[memory_.plan.nodes[node].selection];
  }

  // Null: of a field that no schema knows, where the settings may speak of it under several types.
  [[nodiscard]] const FieldPrice* price_of(std::uint32_t node) const {
    const std::uint32_t field = memory_.plan.nodes[node].field;
    if (field != kNone) return &model_.field(field);
    return model_.names_types() ? nullptr : &model_.unlisted();
  }

  [[nodiscard]] Slicing slicing_of(std::uint32_t index) const {
    for (std::size_t level = open_.size(); level-- > 1;) {
      const Level& above = open_[level];
      if (!hands_down(above.node, index, level)) continue;
      const Slicing slicing = argument_of(above.node, above.field);
      if (slicing.kind != Slicing::Kind::kNoArgument) return slicing;
    }
    return argument_of(index, size());
  }

  // Whether the field opened at `level` hands its size to the node `to`, which is being added.
  [[nodiscard]] bool hands_down(std::uint32_t from, std::uint32_t to, std::size_t level) const {
    const FieldPrice* price = price_of(from);
    if (price == nullptr) return false;
    if (memory_.plan.nodes[from].field == kNone) {
      const std::string_view name = selection_of(to).name.text();
      return level + 1 == open_.size() && (name == "edges" || name == "nodes");
    }
    return std::ranges::any_of(price->sized, [&](const SizedPath& path) {
      if (level + path.size() != open_.size()) return false;
      for (std::size_t step = 0; step + 1 < path.size(); ++step) {
        if (!(selection_of(open_[level + 1 + step].node).name == path[step])) return false;
      }
      return selection_of(to).name == path.back();
    });
  }

  [[nodiscard]] Slicing argument_of(std::uint32_t node, std::uint32_t field) const {
    const FieldPrice* price = price_of(node);
    if (price == nullptr) return {};
    const Selection& selection = selection_of(node);
    for (const SlicingArgument& slicing : price->slicing) {
      const Name name = slicing.steps.front().name;
      for (std::uint32_t k = 0; k < selection.argument_count; ++k) {
        if (memory_.document.arguments[selection.first_argument + k].name == name) {
          return {Slicing::Kind::kGiven, name.text(), field};
        }
      }
    }
    if (price->slicing.empty() || memory_.plan.nodes[node].field == kNone) {
      return {Slicing::Kind::kNoArgument, {}, kNone};
    }
    return {Slicing::Kind::kAbsent, price->slicing.front().steps.front().name.text(), field};
  }

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(fields_.size()); }

  const CostModel& model_;
  const ExplainMemory& memory_;
  std::vector<ExplainedField>& fields_;
  std::vector<std::vector<std::uint32_t>> by_set_;
  std::vector<Level> open_;
};

// Counted as visits, of which the tree shows a part: those of the dearest types.
Problem too_large_to_show(std::uint64_t found, std::uint64_t most) {
  Problem problem;
  problem.kind = Problem::Kind::kTooComplex;
  problem.message = fmt::format(
      "The request comes to {} fields, and at most {} are explained here. Have it explained in "
      "parts, or by the command tollgate explain.",
      found, most);
  problem.bound = Bound::kWork;
  problem.found = found;
  problem.most = most;
  return problem;
}

// What the service's own lists cost does not matter where Tollgate answers.
void price_rate_limits(Explanation& explanation) {
  explanation.operation_weight = 0;
  explanation.estimate.complexity = 0;
  for (ExplainedField& field : explanation.fields) {
    const bool root = field.level == 0;
    field.count = 1;
    field.slicing = {};
    field.lacking = {};
    field.arguments = field.extra = 0;
    field.weight = field.cost = root ? Points{RateLimitsQuery::kComplexity} * kPoint : 0;
    if (root) explanation.estimate.complexity += RateLimitsQuery::kComplexity;
  }
}

}  // namespace

tl::expected<Explanation, Problem> explain(const CostModel& model, std::string_view text,
                                           std::string_view operation_name,
                                           const JsonValue* variables,
                                           const ExplainSettings& settings, ExplainMemory& memory) {
  if (auto read = read_document(text, settings.tokens, memory.document); !read) {
    return tl::unexpected(std::move(read.error()));
  }
  const auto operation = find_operation(memory.document, operation_name);
  if (!operation) return tl::unexpected(operation.error());
  if (auto compiled = memory.compiler.compile(model, memory.document, *operation, variables,
                                              Compiler::Keep::kAll, memory.plan);
      !compiled) {
    return tl::unexpected(std::move(compiled.error()));
  }
  if (settings.fields != 0 && memory.plan.visits > settings.fields) {
    return tl::unexpected(too_large_to_show(memory.plan.visits, settings.fields));
  }
  const auto estimate = evaluate(memory.plan, model, memory.document.source(), variables,
                                 Detail::kEachNode, memory.evaluation);
  if (!estimate) return tl::unexpected(estimate.error());
  Explanation explanation;
  explanation.kind = memory.plan.kind;
  explanation.name = memory.document.operations[*operation].name.text();
  explanation.operation_weight = memory.plan.operation_weight;
  explanation.estimate = *estimate;
  explanation.aliases = memory.document.aliases;
  explanation.tokens = memory.document.tokens;
  TreeBuilder(model, memory, explanation).build();
  if (settings.rate_limits_query && RateLimitsReader::may_ask(text)) {
    const auto query = memory.rate_limits.read(text, operation_name, variables);
    if (!query) return tl::unexpected(query.error());
    if (*query) price_rate_limits(explanation);
  }
  return explanation;
}

}  // namespace tollgate::graphql
