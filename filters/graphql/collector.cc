// See collector.h. Every thread has its own.
#include "filters/graphql/collector.h"

#include <algorithm>

namespace tollgate::graphql {
namespace {

const Name kSkip("skip");
const Name kInclude("include");
const Name kIf("if");
const Name kEdges("edges");
const Name kNodes("nodes");

// Up to so many groups are looked through, more are found by a table.
constexpr std::size_t kFewGroups = 16;

std::uint64_t pair_key(std::uint32_t high, std::uint32_t low) {
  return static_cast<std::uint64_t>(high) << 32 | low;
}

}  // namespace

void Collector::start(const Document& document, const Operation& operation, const Schema* schema,
                      const JsonValue* variables) {
  document_ = &document;
  operation_ = &operation;
  schema_ = schema;
  variables_.set(variables);
  definitions_.clear();
  for (std::uint32_t k = 0; k < operation.variable_count; ++k) {
    definitions_.add(document.variables[operation.first_variable + k].name);
  }
  steps_ = 0;
  links_.clear();
  chains_.assign(1, Chain{});
  chain_ids_.clear();
  fragment_rounds_.assign(document.fragments.size(), 0);
  condition_rounds_.assign(document.conditions.size(), 0);
  round_ = 0;
  condition_types_.clear();
  if (schema == nullptr) return;
  for (std::uint32_t i = 0; i < document.conditions.size(); ++i) {
    condition_types_.push_back(schema->find_type(document.conditions[i]));
  }
}

std::uint32_t Collector::add_range(Range range) {
  links_.push_back({range, kNone});
  return static_cast<std::uint32_t>(links_.size() - 1);
}

Collector::Truth Collector::truth_of_variable(Name name) const {
  const VariableDefinition* definition = definition_of(name);
  if (definition == nullptr) return Truth::kNeither;
  if (const JsonValue* given = variables_.find(name.text())) {
    if (given->kind == JsonValue::Kind::kTrue) return Truth::kTrue;
    return given->kind == JsonValue::Kind::kFalse ? Truth::kFalse : Truth::kNeither;
  }
  if (definition->default_value == kNone) return Truth::kNeither;
  const Value::Kind kind = document_->values[definition->default_value].kind;
  if (kind == Value::Kind::kTrue) return Truth::kTrue;
  return kind == Value::Kind::kFalse ? Truth::kFalse : Truth::kNeither;
}

Collector::Truth Collector::condition_of(const Directive& directive) const {
  for (std::uint32_t k = 0; k < directive.argument_count; ++k) {
    const Argument& argument = document_->arguments[directive.first_argument + k];
    if (!(argument.name == kIf)) continue;
    const Value& value = document_->values[argument.value];
    switch (value.kind) {
      case Value::Kind::kTrue:
        return Truth::kTrue;
      case Value::Kind::kFalse:
        return Truth::kFalse;
      case Value::Kind::kVariable:
        return truth_of_variable(value.name);
      default:
        return Truth::kNeither;
    }
  }
  return Truth::kNeither;
}

bool Collector::left_out(const Selection& selection) const {
  const auto first_of = [&](const Name& name) -> const Directive* {
    for (std::uint32_t k = 0; k < selection.directive_count; ++k) {
      const Directive& directive = document_->directives[selection.first_directive + k];
      if (directive.name == name) return &directive;
    }
    return nullptr;
  };
  const Directive* skip = first_of(kSkip);
  if (skip != nullptr && condition_of(*skip) == Truth::kTrue) return true;
  const Directive* include = first_of(kInclude);
  return include != nullptr && condition_of(*include) == Truth::kFalse;
}

Group* Collector::find_group(Name response, std::vector<Group>& groups, std::size_t first_group) {
  const auto same = [&](const Group& group) {
    return document_->selections[group.first].response == response;
  };
  if (groups.size() - first_group <= kFewGroups) {
    const auto found =
        std::find_if(groups.begin() + static_cast<std::ptrdiff_t>(first_group), groups.end(), same);
    return found == groups.end() ? nullptr : &*found;
  }
  std::size_t at = response.hash & (group_slots_.size() - 1);
  while (group_slots_[at] != kNone && !same(groups[group_slots_[at]])) {
    at = (at + 1) & (group_slots_.size() - 1);
  }
  return group_slots_[at] == kNone ? nullptr : &groups[group_slots_[at]];
}

// After a group was added.
void Collector::index_group(std::vector<Group>& groups, std::size_t first_group) {
  const std::size_t count = groups.size() - first_group;
  const auto put = [&](std::size_t group) {
    const Name& response = document_->selections[groups[group].first].response;
    std::size_t at = response.hash & (group_slots_.size() - 1);
    while (group_slots_[at] != kNone) at = (at + 1) & (group_slots_.size() - 1);
    group_slots_[at] = static_cast<std::uint32_t>(group);
  };
  if (count > kFewGroups + 1 && 2 * count <= group_slots_.size()) return put(groups.size() - 1);
  std::size_t size = 4 * kFewGroups;
  while (size < 4 * count) size *= 2;
  group_slots_.assign(size, kNone);
  for (std::size_t i = first_group; i < groups.size(); ++i) put(i);
}

void Collector::add_field(std::uint32_t index, std::uint32_t chain, std::vector<Group>& groups,
                          std::size_t first_group) {
  const Selection& selection = document_->selections[index];
  const std::uint64_t bit = std::uint64_t{1} << (selection.response.hash % 64);
  Group* group =
      (hashes_ & bit) == 0 ? nullptr : find_group(selection.response, groups, first_group);
  if (group == nullptr) {
    hashes_ |= bit;
    groups.push_back({index, kNone, kNone, chain});
    if (groups.size() - first_group > kFewGroups) index_group(groups, first_group);
    group = &groups.back();
  }
  if (selection.end == index + 1) return;
  const std::uint32_t link = add_range({index + 1, selection.end});
  if (group->selected == kNone) {
    group->selected = link;
  } else {
    links_[group->last].next = link;
  }
  group->last = link;
}

Collector::Walk Collector::inside_of(std::uint32_t index, std::uint32_t chain,
                                     std::uint32_t& condition) const {
  const Selection& selection = document_->selections[index];
  if (selection.kind != Selection::Kind::kSpread) {
    condition = selection.target;
    return {index + 1, selection.end, chain};
  }
  const Fragment& fragment = document_->fragments[selection.target];
  condition = fragment.condition;
  return {fragment.selections.begin, fragment.selections.end, chain};
}

// `enters(condition, chain)`: the chain within a fragment of this condition, kNone to pass it by.
template <class Enters>
void Collector::collect(std::uint32_t ranges, std::vector<Group>& groups, const Enters& enters) {
  const std::size_t first_group = groups.size();
  ++round_;
  hashes_ = 0;
  for (std::uint32_t link = ranges; link != kNone; link = links_[link].next) {
    Walk walk{links_[link].range.begin, links_[link].range.end, 0};
    walks_.clear();
    for (;;) {
      if (walk.at == walk.end) {
        if (walks_.empty()) break;
        walk = walks_.back();
        walks_.pop_back();
        continue;
      }
      const std::uint32_t index = walk.at;
      const Selection& selection = document_->selections[index];
      walk.at = selection.end;
      if (++steps_ > kMostSteps) return;
      if (selection.directive_count != 0 && left_out(selection)) continue;
      if (selection.kind == Selection::Kind::kField) {
        add_field(index, walk.chain, groups, first_group);
        continue;
      }
      if (selection.kind == Selection::Kind::kSpread) {
        if (selection.target == kNone || fragment_rounds_[selection.target] == round_) continue;
        fragment_rounds_[selection.target] = round_;
      }
      std::uint32_t condition = kNone;
      Walk inside = inside_of(index, walk.chain, condition);
      if (condition != kNone) inside.chain = enters(condition, walk.chain);
      if (inside.chain == kNone) continue;
      walks_.push_back(walk);
      walk = inside;
    }
  }
}

void Collector::collect_for_type(std::uint32_t ranges, std::uint32_t type,
                                 std::vector<Group>& groups) {
  collect(ranges, groups, [&](std::uint32_t condition, std::uint32_t chain) {
    const std::uint32_t wanted = condition_types_[condition];
    return wanted == kNone || schema_->satisfies(type, wanted) ? chain : kNone;
  });
}

void Collector::collect_for_chain(std::uint32_t ranges, std::uint32_t chain,
                                  std::vector<Group>& groups) {
  for (std::uint32_t at = chain; at != 0; at = chains_[at].outer) {
    condition_rounds_[chains_[at].condition] = round_ + 1;
  }
  const std::size_t first = groups.size();
  collect(ranges, groups, [&](std::uint32_t condition, std::uint32_t at) {
    return condition_rounds_[condition] == round_ ? at : kNone;
  });
  for (std::size_t i = first; i < groups.size(); ++i) groups[i].chain = chain;
}

void Collector::collect_for_root(std::uint32_t ranges, std::vector<Group>& groups) {
  collect(ranges, groups, [&](std::uint32_t condition, std::uint32_t chain) {
    return chain_below(chain, condition);
  });
}

bool Collector::chain_has(std::uint32_t chain, std::uint32_t condition) {
  for (; chain != 0; chain = chains_[chain].outer, ++steps_) {
    if (chains_[chain].condition == condition) return true;
  }
  return false;
}

std::uint32_t Collector::chain_below(std::uint32_t chain, std::uint32_t condition) {
  const std::uint64_t key = pair_key(chain, condition);
  std::uint32_t below = chain_ids_.find(key);
  if (below != IdTable::kNotFound) return below;
  below = chain;
  if (!chain_has(chain, condition)) {
    below = static_cast<std::uint32_t>(chains_.size());
    chains_.push_back({chain, condition});
  }
  chain_ids_.add(key, below);
  return below;
}

bool Collector::names_connection(const Name& field) { return field == kEdges || field == kNodes; }

void Collector::find_chains(std::uint32_t ranges, std::vector<std::uint32_t>& chains,
                            bool& connection) {
  walked_.clear();
  chains_found_.clear();
  chains.assign(1, 0);
  chains_found_.add(0, 0);
  connection = false;
  walks_.clear();
  for (std::uint32_t link = ranges; link != kNone; link = links_[link].next) {
    walks_.push_back({links_[link].range.begin, links_[link].range.end, 0});
  }
  while (!walks_.empty()) {
    Walk& walk = walks_.back();
    if (walk.at == walk.end) {
      walks_.pop_back();
      continue;
    }
    const std::uint32_t index = walk.at;
    const Selection& selection = document_->selections[index];
    walk.at = selection.end;
    if (++steps_ > kMostSteps) return;
    if (selection.directive_count != 0 && left_out(selection)) continue;
    if (selection.kind == Selection::Kind::kField) {
      connection = connection || names_connection(selection.name);
      continue;
    }
    if (selection.kind == Selection::Kind::kSpread) {
      if (selection.target == kNone) continue;
      const std::uint64_t pair = pair_key(selection.target, walk.chain);
      if (walked_.find(pair) != IdTable::kNotFound) continue;
      walked_.add(pair, 0);
    }
    std::uint32_t condition = kNone;
    Walk inside = inside_of(index, walk.chain, condition);
    if (condition != kNone) {
      inside.chain = chain_below(walk.chain, condition);
      if (chains_found_.find(inside.chain) == IdTable::kNotFound) {
        chains_found_.add(inside.chain, 0);
        chains.push_back(inside.chain);
      }
    }
    walks_.push_back(inside);
  }
}

}  // namespace tollgate::graphql
