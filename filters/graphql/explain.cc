// See explain.h. Any thread, each with its own memory.
#include "filters/graphql/explain.h"

#include <fmt/format.h>

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
    open_.push_back({plan.root, 0, kNone});
    while (!open_.empty()) step();
  }

 private:
  struct Level {
    std::uint32_t set;
    std::uint32_t next;   // of the nodes in the set
    std::uint32_t field;  // index of the field that the set is selected of
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
    if (dearest.set != kNone && !node.closed) open_.push_back({dearest.set, 0, size() - 1});
  }

  void add(std::uint32_t index) {
    const Node& node = memory_.plan.nodes[index];
    const Selection& selection = memory_.document.selections[node.selection];
    ExplainedField field;
    field.end = size() + 1;
    field.level = static_cast<std::uint32_t>(open_.size() - 1);
    field.field = selection.name.text();
    field.response = selection.response.text();
    field.count = memory_.evaluation.counts[index];
    field.arguments = memory_.evaluation.arguments[index];
    field.extra = node.extra;
    field.cost = memory_.evaluation.costs[index];
    if (node.alternatives.count != 0) {
      const Alternative& dearest = memory_.plan.alternatives[memory_.evaluation.dearest[index]];
      field.weight = memory_.evaluation.weights[index];
      name_types(node, dearest, field);
    }
    fields_.push_back(field);
  }

  void name_types(const Node& node, const Alternative& dearest, ExplainedField& field) const {
    if (node.field == kNone) return;
    const Schema& schema = *model_.schema();
    const std::uint32_t declared = schema.fields()[node.field].type;
    field.type = schema.types()[declared].name.text();
    if (dearest.type != kNone && dearest.type != declared) {
      field.dearest = schema.types()[dearest.type].name.text();
    }
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

}  // namespace

tl::expected<Explanation, Problem> explain(const CostModel& model, std::string_view text,
                                           std::string_view operation_name,
                                           const JsonValue* variables, const ExplainBounds& bounds,
                                           ExplainMemory& memory) {
  if (auto read = read_document(text, bounds.tokens, memory.document); !read) {
    return tl::unexpected(std::move(read.error()));
  }
  const auto operation = find_operation(memory.document, operation_name);
  if (!operation) return tl::unexpected(operation.error());
  if (auto compiled = memory.compiler.compile(model, memory.document, *operation, variables,
                                              Compiler::Keep::kAll, memory.plan);
      !compiled) {
    return tl::unexpected(std::move(compiled.error()));
  }
  if (bounds.fields != 0 && memory.plan.visits > bounds.fields) {
    return tl::unexpected(too_large_to_show(memory.plan.visits, bounds.fields));
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
  return explanation;
}

}  // namespace tollgate::graphql
