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
  if (!collector_.exhausted()) {
    return fail_for_work(
        kMostVisits,
        fmt::format("The operation is too large to be priced: with its fragments it comes to more "
                    "than {} fields. Ask for less at once, or use fewer fragments within "
                    "fragments.",
                    kMostVisits));
  }
  fail_for_work(Collector::kMostSteps,
                fmt::format("The operation takes too long to be priced: its fields are looked at "
                            "more than {} times, once for each type that a value may be of. Use "
                            "fewer fragments, and each field once.",
                            Collector::kMostSteps));
}

void Compiler::fail_for_work(std::uint64_t most, std::string message) {
  fail(operation_->position, std::move(message));
  problem_->kind = Problem::Kind::kTooComplex;
  problem_->bound = Bound::kWork;
  problem_->found = most + 1;
  problem_->most = most;
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
  open_fields_.clear();
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

Compiler::Frame& Compiler::add_frame(const SetKey& key) {
  Frame& frame = frames_.emplace_back();
  frame.key = key;
  frame.set = static_cast<std::uint32_t>(plan_->sets.size());
  frame.first_group = frame.next_group = static_cast<std::uint32_t>(groups_.size());
  plan_->sets.push_back(0);
  facts_.emplace_back();
  return frame;
}

void Compiler::open_set(const SetKey& key) {
  Frame& frame = add_frame(key);
  frame.simply = prices_simply(key);
  const std::uint32_t fields = frame.simply ? flat_fields(key) : 0;
  if (fields == 0) return collect(frame);
  frame.flat = collector_.link(key.ranges).range;
  count_created(fields);
}

void Compiler::count_created(std::uint32_t fields) {
  created_ += fields;
  if (created_ > kMostVisits || collector_.exhausted()) [[unlikely]]
    too_much_work();
}

void Compiler::collect(Frame& frame) {
  const SetKey& key = frame.key;
  if (key.type != kNone) {
    collector_.collect_for_type(key.ranges, key.type, groups_);
  } else if (at_root()) {
    collector_.collect_for_root(key.ranges, groups_);
  } else {
    collector_.collect_for_chain(key.ranges, key.chain, groups_);
  }
  count_created(static_cast<std::uint32_t>(groups_.size()) - frame.first_group);
  if (sets_aside(key)) set_plain_aside(frame);
}

// One step of the innermost open set: a field is begun, one of its alternatives is priced, or it is
// finished.
void Compiler::step() {
  Frame& frame = frames_.back();
  if (!frame.open_field) {
    if (frame.flat.begin != frame.flat.end) return walk_flat_set(frame);
    if (frame.next_group != groups_.size()) return begin_collected_field(frame);
    return close_set();
  }
  const OpenField& open = open_fields_.back();
  const Span alternatives = open.node.alternatives;
  if (open.next_alternative < alternatives.first + alternatives.count) {
    return price_alternative(frame);
  }
  finish_field(frame);
}

Compiler::OpenField& Compiler::open_field(Frame& frame, const Group& group) {
  frame.open_field = true;
  OpenField& open = open_fields_.emplace_back();
  open.node.set = frame.set;
  open.node.selection = group.first;
  open.node.alternatives.first = static_cast<std::uint32_t>(plan_->alternatives.size());
  open.next_alternative = open.node.alternatives.first;
  open.below.ranges = group.selected;
  open.below.handed.first = static_cast<std::uint32_t>(handed_.size());
  return open;
}

void Compiler::begin_collected_field(Frame& frame) {
  const Group group = groups_[frame.next_group++];
  const Selection& selection = selection_of(group);
  if (selection.name == kTypename) {
    open_field(frame, group);
    return;
  }
  if (at_root() && (selection.name == kSchema || selection.name == kType)) {
    return introspection(open_field(frame, group), group);
  }
  if (frame.key.type == kNone) return begin_field(frame, group, kNone, {});
  const std::uint32_t field = model_->schema()->find_field(frame.key.type, selection.name);
  if (field == kNone) return begin_field(frame, group, kNone, {});
  begin_field(frame, group, field, size_of(selection, model_->field(field), kNone));
}

// `field` in the schema, and what size its arguments say; kNone: it is not there.
void Compiler::begin_field(Frame& frame, const Group& group, std::uint32_t field,
                           const Size& size) {
  if (field != kNone && frame.simply && size.expression == kNone) {
    const FieldPrice& price = model_->field(field);
    const bool selectable = group.selected == kNone || price.only_type != kNone;
    if (price.simple && selectable) {
      return begin_simple(frame, group, simple_field(field, group.first, size));
    }
  }
  OpenField& open = open_field(frame, group);
  const Selection& selection = selection_of(group);
  if (at_root() && operation_->kind == OperationKind::kMutation &&
      !selection.name.text().starts_with("__")) {
    ++plan_->mutations;
    open.node.extra = model_->mutation_field();
  }
  if (field == kNone) return field_unlisted(frame, open, group);
  field_of_schema(frame, open, group, field, size);
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

// What stands in the operation itself is met once, unless it is worked out for several types.
bool Compiler::recurs(const Frame& frame, std::uint32_t ranges, std::uint32_t types) const {
  const Range own = operation_->selections;
  const std::uint32_t begin = collector_.link(ranges).range.begin;
  return frame.key.recurs || types > 1 || begin < own.begin || begin >= own.end;
}

std::uint32_t Compiler::known_set(const SetKey& key) const {
  const auto memo = memo_key(key);
  return memo ? memo_.find(*memo) : IdTable::kNotFound;
}

void Compiler::price_alternative(const Frame& frame) {
  OpenField& open = open_fields_.back();
  const Span alternatives = open.node.alternatives;
  if (open.below.ranges == kNone) {
    open.next_alternative = alternatives.first + alternatives.count;
    return;
  }
  Alternative& alternative = plan_->alternatives[open.next_alternative];
  SetKey key = open.below;
  key.type = open.below.type == kNone ? kNone : alternative.type;
  key.chain = alternative.chain;
  key.recurs = recurs(frame, key.ranges, alternatives.count);
  const std::uint32_t known = known_set(key);
  if (known == IdTable::kNotFound) return open_set(key);
  alternative.set = known;
  ++open.next_alternative;
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
  if (!outer.open_field) return finish_simple(outer, set);
  plan_->alternatives[open_fields_.back().next_alternative++].set = set;
}

void Compiler::finish_field(Frame& frame) {
  const OpenField& open = open_fields_.back();
  const Node& node = open.node;
  SetFacts field{1, 1, false};
  const Span alternatives = node.alternatives;
  for (std::uint32_t k = 0; k < alternatives.count; ++k) {
    const Alternative& alternative = plan_->alternatives[alternatives.first + k];
    if (alternative.set != kNone) count_below(field, facts_[alternative.set]);
  }
  field.varies = field.varies || node.size != kNone || node.size_else != kNone ||
                 node.part_if != kNone || node.weight_terms.count != 0;
  if (field.varies || keep_ == Keep::kAll) {
    plan_->nodes.push_back(node);
  } else {
    const Count count = times_count(node.count, node.inner);
    const FieldCost cost =
        field_cost(*plan_, plan_->sets, node, count, Counted::kSized, node.arguments);
    plan_->sets[frame.set] = add(plan_->sets[frame.set], cost.points);
    plan_->alternatives.resize(alternatives.first);
  }
  // What was handed down is needed no longer: all sets below are closed.
  handed_.resize(open.below.handed.first);
  open_fields_.pop_back();
  frame.open_field = false;
  pass_field(frame, field);
}

void Compiler::count_below(SetFacts& field, const SetFacts& below) {
  field.visits = std::min(field.visits + below.visits, kMostCounted);
  field.depth = std::max(field.depth, below.depth + 1);
  field.varies = field.varies || below.varies;
}

void Compiler::pass_field(Frame& frame, const SetFacts& field) {
  frame.facts.visits = std::min(frame.facts.visits + field.visits, kMostCounted);
  frame.facts.depth = std::max(frame.facts.depth, field.depth);
  frame.facts.varies = frame.facts.varies || field.varies;
}

}  // namespace tollgate::graphql
