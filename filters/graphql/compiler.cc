// See compiler.h. The walk over selection sets within each other keeps its own stack, for they nest
// as deep as the client likes. Every thread has its own.
#include "filters/graphql/compiler.h"

#include <fmt/format.h>

#include <algorithm>

namespace tollgate::graphql {
namespace {

const Name kTypename("__typename");
const Name kSchema("__schema");
const Name kType("__type");

}  // namespace

void Plan::clear() {
  sets.clear();
  nodes.clear();
  alternatives.clear();
  sizes.clear();
  size_terms.clear();
  weight_terms.clear();
  variables.clear();
  mutations = depth = visits = 0;
  introspection = kNone;
}

void Compiler::fail(std::uint32_t position, std::string message) {
  if (problem_) return;
  problem_ = Problem{.message = std::move(message), .place = document_->place(position)};
}

void Compiler::too_much_work() {
  fail(operation_->position,
       fmt::format("The operation is too large to be priced: with its fragments it comes to more "
                   "than {} fields. Ask for less at once, or use fewer fragments within fragments.",
                   kMostVisits));
  problem_->kind = Problem::Kind::kTooComplex;
  problem_->bound = Bound::kWork;
  problem_->found = kMostVisits + 1;
  problem_->most = kMostVisits;
}

tl::expected<void, Problem> Compiler::compile(const CostModel& model, const Document& document,
                                              std::uint32_t operation, const JsonValue* variables,
                                              Keep keep, Plan& plan) {
  model_ = &model;
  document_ = &document;
  operation_ = &document.operations[operation];
  keep_ = keep;
  plan_ = &plan;
  problem_.reset();
  created_ = 0;
  frames_.clear();
  groups_.clear();
  facts_.clear();
  handed_.clear();
  memo_.clear();
  variables_.clear();
  plan.clear();
  plan.kind = operation_->kind;
  plan.operation_weight = model.operation_weight(operation_->kind);
  collector_.start(document, *operation_, model.schema(), variables);

  SetKey root;
  root.ranges = collector_.add_range(operation_->selections);
  if (model.schema() != nullptr) root.type = model.schema()->root(operation_->kind);
  open_set(root);
  while (!frames_.empty() && !problem_) step();
  if (!problem_ && facts_[0].visits > kMostVisits) too_much_work();
  if (problem_) return tl::unexpected(std::move(*problem_));
  plan.root = 0;
  plan.depth = facts_[0].depth;
  plan.visits = facts_[0].visits;
  return {};
}

void Compiler::open_set(const SetKey& key) {
  Frame frame;
  frame.key = key;
  frame.set = static_cast<std::uint32_t>(plan_->sets.size());
  frame.first_group = frame.next_group = static_cast<std::uint32_t>(groups_.size());
  plan_->sets.push_back(0);
  facts_.emplace_back();
  if (key.type != kNone) {
    collector_.collect_for_type(key.ranges, key.type, groups_);
  } else if (frames_.empty()) {
    collector_.collect_for_root(key.ranges, groups_);
  } else {
    collector_.collect_for_chain(key.ranges, key.chain, groups_);
  }
  created_ += groups_.size() - frame.first_group;
  frames_.push_back(frame);
  if (created_ > kMostVisits || collector_.exhausted()) too_much_work();
}

// One step of the innermost open set: a field is begun, one of its alternatives is priced, or it is
// finished.
void Compiler::step() {
  Frame& frame = frames_.back();
  if (!frame.open_field) {
    pass_plain_fields(frame);
    if (frame.next_group == groups_.size()) return close_set();
    return begin_field(frame);
  }
  const Span alternatives = frame.node.alternatives;
  if (frame.next_alternative < alternatives.first + alternatives.count) {
    return price_alternative(frame);
  }
  finish_field(frame);
}

void Compiler::pass_plain_fields(Frame& frame) {
  if (frame.key.type == kNone || frame.key.handed.count != 0 || keep_ == Keep::kAll || at_root()) {
    return;
  }
  Points points = 0;
  const std::uint32_t first = frame.next_group;
  for (; frame.next_group < groups_.size(); ++frame.next_group) {
    const Group& group = groups_[frame.next_group];
    if (group.selected != kNone) break;
    const Name& name = selection_of(group).name;
    if (name == kTypename) continue;
    const std::uint32_t field = model_->schema()->find_field(frame.key.type, name);
    if (field == kNone || !model_->field(field).plain) break;
    points = add(points, model_->field(field).points);
  }
  if (frame.next_group == first) return;
  plan_->sets[frame.set] = add(plan_->sets[frame.set], points);
  frame.facts.visits =
      std::min<std::uint64_t>(frame.facts.visits + frame.next_group - first, 2 * kMostVisits);
  frame.facts.depth = std::max<std::uint64_t>(frame.facts.depth, 1);
}

void Compiler::begin_field(Frame& frame) {
  const Group group = groups_[frame.next_group];
  const Selection& selection = selection_of(group);
  frame.open_field = true;
  frame.node = Node{};
  frame.node.set = frame.set;
  frame.node.selection = group.first;
  frame.node.alternatives.first = static_cast<std::uint32_t>(plan_->alternatives.size());
  frame.next_alternative = frame.node.alternatives.first;
  frame.below = SetKey{};
  frame.below.handed.first = static_cast<std::uint32_t>(handed_.size());
  if (selection.name == kTypename) return;
  const bool root = at_root();
  if (root && (selection.name == kSchema || selection.name == kType)) {
    return introspection(frame, group);
  }
  if (root && operation_->kind == OperationKind::kMutation &&
      !selection.name.text().starts_with("__")) {
    ++plan_->mutations;
    frame.node.extra = model_->mutation_field();
  }
  const std::uint32_t field = frame.key.type == kNone
                                  ? kNone
                                  : model_->schema()->find_field(frame.key.type, selection.name);
  if (field != kNone) return field_of_schema(frame, group, field);
  field_unlisted(frame, group);
}

// The same selections of the same type cost the same, unless something is handed down to them.
std::optional<std::uint64_t> Compiler::memo_key(const SetKey& key) const {
  if (key.handed.count != 0 || !key.recurs) return std::nullopt;
  std::uint64_t hash = static_cast<std::uint64_t>(key.type) << 32 | key.chain;
  for (std::uint32_t at = key.ranges; at != kNone; at = collector_.link(at).next) {
    hash = hash_parts::mix(hash ^ kHashKey.a, collector_.link(at).range.begin ^ kHashKey.b);
  }
  return hash;
}

void Compiler::price_alternative(Frame& frame) {
  Alternative& alternative = plan_->alternatives[frame.next_alternative];
  if (frame.below.ranges == kNone) {
    frame.next_alternative = frame.node.alternatives.first + frame.node.alternatives.count;
    return;
  }
  SetKey key = frame.below;
  key.type = frame.below.type == kNone ? kNone : alternative.type;
  key.chain = alternative.chain;
  // What stands in the operation itself is met once, unless it is worked out for several types.
  const Range own = operation_->selections;
  const std::uint32_t begin = collector_.link(key.ranges).range.begin;
  key.recurs = frame.key.recurs || frame.node.alternatives.count > 1 || begin < own.begin ||
               begin >= own.end;
  const auto memo = memo_key(key);
  const std::uint32_t known = memo ? memo_.find(*memo) : IdTable::kNotFound;
  if (known != IdTable::kNotFound) {
    alternative.set = known;
    ++frame.next_alternative;
    return;
  }
  open_set(key);
}

void Compiler::close_set() {
  const Frame& closed = frames_.back();
  facts_[closed.set] = closed.facts;
  groups_.resize(closed.first_group);
  const SetKey key = closed.key;
  const std::uint32_t set = closed.set;
  frames_.pop_back();
  if (frames_.empty()) return;
  if (const auto memo = memo_key(key)) memo_.add(*memo, set);
  Frame& outer = frames_.back();
  plan_->alternatives[outer.next_alternative++].set = set;
}

void Compiler::finish_field(Frame& frame) {
  SetFacts field{1, 1, false};
  const Span alternatives = frame.node.alternatives;
  for (std::uint32_t k = 0; k < alternatives.count; ++k) {
    const Alternative& alternative = plan_->alternatives[alternatives.first + k];
    if (alternative.set == kNone) continue;
    const SetFacts& below = facts_[alternative.set];
    field.visits = std::min(field.visits + below.visits, 2 * kMostVisits);
    field.depth = std::max(field.depth, below.depth + 1);
    field.varies = field.varies || below.varies;
  }
  field.varies = field.varies || frame.node.size != kNone || frame.node.size_else != kNone ||
                 frame.node.part_if != kNone || frame.node.weight_terms.count != 0;
  frame.facts.visits = std::min(frame.facts.visits + field.visits, 2 * kMostVisits);
  frame.facts.depth = std::max(frame.facts.depth, field.depth);
  frame.facts.varies = frame.facts.varies || field.varies;
  if (field.varies || keep_ == Keep::kAll) {
    plan_->nodes.push_back(frame.node);
  } else {
    const Count count = times_count(frame.node.count, frame.node.inner);
    const FieldCost cost =
        field_cost(*plan_, plan_->sets, frame.node, count, Counted::kSized, frame.node.arguments);
    plan_->sets[frame.set] = add(plan_->sets[frame.set], cost.points);
    plan_->alternatives.resize(alternatives.first);
  }
  // What was handed down is needed no longer: all sets below are closed.
  handed_.resize(frame.below.handed.first);
  frame.open_field = false;
  ++frame.next_group;
}

}  // namespace tollgate::graphql
