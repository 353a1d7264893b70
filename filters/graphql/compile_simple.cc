// The fields and sets that most operations are made of, priced without the general machinery:
// fields of one type, as often as no variable says, in sets where nothing is to be merged, left out
// or entered. What is not so is left to the other parts. See compiler.h.
#include <algorithm>

#include "filters/graphql/compiler.h"

namespace tollgate::graphql {
namespace {

const Name kTypename("__typename");

}  // namespace

// Of a field that is FieldPrice::simple.
Compiler::SimpleField Compiler::simple_field(std::uint32_t field, std::uint32_t selection,
                                             const Size& size) const {
  const FieldPrice& price = model_->field(field);
  SimpleField simple;
  if (price.is_list) simple.count = size.count == kNoSize ? price.size : size.count;
  simple.count = times_count(simple.count, price.inner);
  simple.own = std::max<Points>(0, times(simple.count, price.only_weight));
  simple.field = field;
  simple.selection = selection;
  return simple;
}

// Of a field without selections, in the schema or not (kNone); kNotPlain: that is not all.
Points Compiler::plain_points(const Selection& selection, std::uint32_t field) const {
  if (field != kNone) return model_->plain_points(field);
  return selection.argument_count == 0 ? model_->plain_unlisted() : CostModel::kNotPlain;
}

// ---- flat sets

// Collecting the fields of a flat set changes nothing: they are priced one by one as they stand in
// the text, and the flat sets within with them. Ends with the set, or with a field that needs more:
// that is begun.
void Compiler::walk_flat_set(const Frame& frame) {
  const Schema& schema = *model_->schema();
  const Selection* const selections = document_->selections.data();
  FlatSet set;
  set.type = frame.key.type;
  set.at = frame.flat.begin;
  set.end = frame.flat.end;
  flat_sets_.clear();
  for (;;) {
    if (set.at == set.end) {
      if (flat_sets_.empty()) break;
      close_flat_set(set);
      continue;
    }
    const Selection& selection = selections[set.at];
    if (selection.name == kTypename) {
      set.at = selection.end;
      ++set.visits;
      continue;
    }
    const std::uint32_t field = schema.find_field(set.type, selection.name);
    const bool leaf = selection.end == set.at + 1;
    const Points plain = plain_points(selection, field);
    if (leaf && plain != CostModel::kNotPlain) {
      set.points = add(set.points, plain);
      ++set.at;
      ++set.visits;
      continue;
    }
    if (field == kNone) return leave_flat_sets(set, kNone, {});
    const FieldPrice& price = model_->field(field);
    const Size size = size_of(selection, price, kNone);
    const bool open = selection.flat != 0 && price.only_type != kNone;
    if (!open || !price.simple || size.expression != kNone || problem_) {
      return leave_flat_sets(set, field, size);
    }
    const std::uint32_t first = set.at + 1;
    set.inner = simple_field(field, set.at, size);
    set.at = selection.end;
    flat_sets_.push_back(set);
    count_created(selection.flat);
    if (problem_) return;
    set = FlatSet{};
    set.type = price.only_type;
    set.at = first;
    set.end = selection.end;
  }
  pass_flat(frames_.back(), set);
}

// Goes on with the set around the one that is walked, after the field whose selection set it is.
void Compiler::close_flat_set(FlatSet& set) {
  const FlatSet inner = set;
  set = flat_sets_.back();
  flat_sets_.pop_back();
  set.points = add(set.points, add(set.inner.own, times(set.inner.count, inner.points)));
  set.visits += 1 + inner.visits;
  set.depth = std::max(set.depth, inner.depth + 1);
}

void Compiler::pass_flat(Frame& frame, const FlatSet& set) {
  Points& points = plan_->sets[frame.set];
  points = add(points, set.points);
  frame.flat.begin = set.at;
  frame.simple = set.inner;
  frame.facts.visits = std::min(frame.facts.visits + set.visits, kMostCounted);
  frame.facts.depth = std::max(frame.facts.depth, set.depth);
}

// The field that is next in the innermost set needs the general machinery: the sets become frames.
// `field` and `size` as for begin_field.
void Compiler::leave_flat_sets(const FlatSet& innermost, std::uint32_t field, const Size& size) {
  flat_sets_.push_back(innermost);
  for (std::size_t i = 0; i < flat_sets_.size(); ++i) {
    const FlatSet& set = flat_sets_[i];
    if (i != 0) {
      SetKey key;
      key.type = set.type;
      Frame& frame = add_frame(key);
      frame.simply = true;
      frame.flat.end = set.end;
    }
    pass_flat(frames_.back(), set);
  }
  const std::uint32_t at = innermost.at;
  const Selection& selection = document_->selections[at];
  Group group;
  group.first = at;
  if (selection.end != at + 1) {
    group.selected = group.last = collector_.add_range({at + 1, selection.end});
  }
  Frame& frame = frames_.back();
  frame.flat.begin = selection.end;
  begin_field(frame, group, field, size);
}

// ---- sets that were collected

// The groups that remain are those that cost more than a look.
void Compiler::set_plain_aside(Frame& frame) {
  const auto first = groups_.begin() + frame.first_group;
  FlatSet plain;
  const auto is_plain = [&](const Group& group) {
    if (group.selected != kNone) return false;
    const Selection& selection = selection_of(group);
    Points points = 0;
    if (!(selection.name == kTypename)) {
      const std::uint32_t type = frame.key.type;
      points = plain_points(
          selection, type == kNone ? kNone : model_->schema()->find_field(type, selection.name));
    }
    if (points == CostModel::kNotPlain) return false;
    plain.points = add(plain.points, points);
    ++plain.visits;
    return true;
  };
  groups_.erase(std::remove_if(first, groups_.end(), is_plain), groups_.end());
  if (plain.visits != 0) pass_flat(frame, plain);
}

void Compiler::begin_simple(Frame& frame, const Group& group, const SimpleField& simple) {
  frame.simple = simple;
  if (group.selected == kNone) return finish_simple(frame, kNone);
  SetKey key;
  key.ranges = group.selected;
  key.type = model_->field(simple.field).only_type;
  key.recurs = recurs(frame, key.ranges, 1);
  const std::uint32_t known = known_set(key);
  if (known != IdTable::kNotFound) return finish_simple(frame, known);
  open_set(key);
}

// `set`: what is selected of the field; kNone: nothing.
void Compiler::finish_simple(Frame& frame, std::uint32_t set) {
  const SimpleField& simple = frame.simple;
  SetFacts field{1, 1, false};
  if (set != kNone) count_below(field, facts_[set]);
  if (field.varies) {
    const FieldPrice& price = model_->field(simple.field);
    Node node;
    node.set = frame.set;
    node.count = simple.count;
    node.alternatives = {static_cast<std::uint32_t>(plan_->alternatives.size()), 1};
    node.selection = simple.selection;
    node.field = simple.field;
    plan_->nodes.push_back(node);
    plan_->alternatives.push_back({price.only_weight, price.only_weight, set, price.only_type, 0});
  } else {
    const Points selected = set == kNone ? 0 : times(simple.count, plan_->sets[set]);
    Points& points = plan_->sets[frame.set];
    points = add(points, add(simple.own, selected));
  }
  pass_field(frame, field);
}

}  // namespace tollgate::graphql
