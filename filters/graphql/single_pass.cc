// See single_pass.h. The walk over selection sets within each other keeps its own stack, for they
// nest as deep as the client likes.
#include "filters/graphql/single_pass.h"

#include <algorithm>
#include <cstring>

#include "filters/graphql/compiler.h"

namespace tollgate::graphql {

using scan::Class;

std::optional<OperationCost> SinglePass::price(const CostModel& model, std::string_view text,
                                               std::string_view operation_name,
                                               const JsonValue* variables) {
  if (model.price_table() == nullptr || text.size() > kMostBytes) return std::nullopt;
  model_ = &model;
  prices_ = model.price_table();
  json_ = variables;
  json_indexed_ = is_utf8_ = constant_ = false;
  size_ = text.size();
  if (text_.size() < size_ + TokenIndex::kPadding) text_.resize(size_ + TokenIndex::kPadding);
  std::memcpy(text_.data(), text.data(), size_);
  std::memset(text_.data() + size_, 0, TokenIndex::kPadding);
  begin_ = text_.data();
  tokens_.read(begin_, size_);
  open_count_ = again_ = 0;
  aliases_open_ = alias_count_ = fragment_count_ = variable_count_ = 0;
  entered_.clear();
  passed_.clear();
  operation_end_ = nullptr;
  OperationCost cost;
  const Place at = add_fragments(tokens_.first());
  if (at == nullptr || !operation(at, operation_name, cost)) return std::nullopt;
  return cost;
}

// Up to the end of the text. `wanted`: its name; empty: any.
bool SinglePass::operation(Place at, std::string_view wanted, OperationCost& cost) {
  if (!is(at, '{')) at = head(at, cost);
  if (at == nullptr || !is(at, '{')) return false;
  if (!wanted.empty() && wanted != cost.name) return false;
  const std::uint32_t type = model_->schema()->root(cost.kind);
  operation_begin_ = at + 1;
  if (type == kNone) return false;
  top_ = deepest_ = sets_.data();
  if (open_set(operation_begin_, prices_->type(type)) == nullptr) return false;
  at = walk(operation_begin_);
  Set& root = *top_;
  if (at == nullptr || exceeds(root.points, kMostPoints)) return false;
  if (operation_end_ == nullptr ? *at != size_ : at != operation_end_) return false;
  if (!all_entered() || has_cycle()) return false;
  if (cost.kind == OperationKind::kMutation) {
    const auto& slot = PriceTable::find(*root.type, PriceTable::key_of("__typename"));
    const bool names_type = !is_first(slot, root);
    if (names_type && !root.type->exact) return false;
    cost.estimate.mutations = root.fields - (names_type ? 1 : 0);
    const auto mutations = static_cast<Count>(cost.estimate.mutations);
    root.points = add(root.points, times(mutations, model_->mutation_field()));
  }
  cost.estimate.depth = static_cast<std::uint64_t>(deepest_ - sets_.data());
  cost.estimate.complexity = round_up(add(model_->operation_weight(cost.kind), root.points));
  return true;
}

// Of an operation, up to its "{".
SinglePass::Place SinglePass::head(Place at, OperationCost& cost) {
  static constexpr std::string_view kWords[] = {"query", "mutation", "subscription"};
  std::size_t kind = 0;
  while (kind < 3 && !is_word(at, kWords[kind])) ++kind;
  if (kind == 3) return nullptr;
  cost.kind = static_cast<OperationKind>(kind);
  ++at;
  if (class_at(at) == Class::kNameStart) cost.name = name_at(at++);
  return is(at, '(') ? variables(at + 1) : at;
}

inline SinglePass::Set* SinglePass::open_set(Place at, const PriceTable::Type& type) {
  if (top_ == &sets_.back() || is(at, '}')) return nullptr;
  Set& set = *++top_;
  set.first_alias = aliases_open_;
  set.fragments = 0;
  set.field = kNone;
  set.hands_to = 0;
  begin_set(set, type);
  return &set;
}

inline void SinglePass::begin_set(Set& set, const PriceTable::Type& type) {
  set.type = &type;
  set.points = 0;
  set.names = set.more_names = 0;
  set.fields = 0;
}

// Adds, if that is a number.
inline bool SinglePass::sum(Points& to, Points more) {
  return !__builtin_add_overflow(to, more, &to);
}
inline bool SinglePass::sum(Points& to, Count count, Points each) {
  Points product = 0;
  return !__builtin_mul_overflow(count, each, &product) && sum(to, product);
}

// From within the only set of the stack to the place behind it.
SinglePass::Place SinglePass::walk(Place at) {
  for (;;) {
    Set& set = *top_;
    const Class first = class_at(at);
    if (first == Class::kNameStart) {
      at = set.hands_to == 0 ? fields(at, set) : field_handed(at, set);
    } else if (first != Class::kBraceRight) {
      at = fragment(at, set);
    } else if (set.fragments != 0) {
      at = close_fragment(at + 1, set);
    } else {
      if (set.fields != 0) deepest_ = std::max(deepest_, &set);
      if (&set == &sets_[1]) return at + 1;
      aliases_open_ = set.first_alias;
      at = close(at + 1, set);
    }
    if (at == nullptr) [[unlikely]]
      return nullptr;
  }
}

// Most fields are a name, or a name and selections.
inline SinglePass::Place SinglePass::fields(Place at, Set& set) {
  for (;;) {
    const PriceTable::Slot& slot = slot_at(at, *set.type);
    const Class behind = class_at(at + 1);
    const bool plain = slot.plain != CostModel::kNotPlain && behind >= Class::kNameStart;
    const bool opens = slot.opens && behind == Class::kBraceLeft;
    if (!plain && !opens) return more_of_field(at, slot, set);
    const bool first = is_first(slot, set);
    if (opens) {
      const PriceTable::Field& field = prices_->field(slot.field);
      Set* const inner = first ? open_set(at + 2, *field.type) : nullptr;
      if (inner == nullptr) return nullptr;
      ++set.fields;
      inner->count = field.count;
      inner->own = field.own;
      return at + 2;
    }
    if (first) {
      ++set.fields;
      if (!sum(set.points, slot.plain)) return nullptr;
    } else if (!set.type->exact) {
      return nullptr;
    }
    ++at;
    if (behind == Class::kBraceRight) return at;
  }
}

inline bool SinglePass::is_first(const PriceTable::Slot& slot, Set& set) {
  const auto adds = [](std::uint64_t& names, std::uint64_t bit) {
    const bool first = (names & bit) == 0;
    names |= bit;
    return first;
  };
  // A branch, and no index into an array: the next field would have to wait for it.
  const std::uint64_t bit = std::uint64_t{1} << (slot.bit % 64);
  if (slot.bit >= 64) [[unlikely]]
    return adds(set.more_names, bit);
  return adds(set.names, bit);
}

// Of the field whose name stands here; an empty one, if there is none.
inline const PriceTable::Slot& SinglePass::slot_at(Place at, const PriceTable::Type& type) const {
  const std::uint32_t size = tokens_.size_of_name(*at);
  if (size >= scan::kShort) [[unlikely]]
    return long_slot(at, type);
  return PriceTable::find(type, scan::bytes_of(text_at(at), size));
}

// Behind its "}".
inline SinglePass::Place SinglePass::close(Place at, Set& set) {
  if (set.field != kNone) return close_abstract(at, set);
  Set& outer = *--top_;
  return sum(outer.points, set.own) && sum(outer.points, set.count, set.points) ? at : nullptr;
}

const PriceTable::Slot& SinglePass::long_slot(Place at, const PriceTable::Type& type) const {
  static constexpr PriceTable::Slot kNotFound;
  const std::string_view name = name_at(at);
  const PriceTable::Slot& slot = PriceTable::find(type, PriceTable::key_of(name));
  if (name.size() <= PriceTable::kWhole || slot.field == kNone) return slot;
  return same_text(model_->schema()->fields()[slot.field].name.text(), name) ? slot : kNotFound;
}

// Of a set where some fields get a size from above.
SinglePass::Place SinglePass::field_handed(Place at, Set& set) {
  return more_of_field(at, slot_at(at, *set.type), set);
}

// A field with anything but selections behind its first name, or an unusual one. `first`: of its
// first name.
SinglePass::Place SinglePass::more_of_field(Place at, const PriceTable::Slot& first, Set& set) {
  const std::string_view response = name_at(at);
  const PriceTable::Slot* slot = &first;
  ++at;
  if (is(at, ':')) {
    ++at;
    if (class_at(at) != Class::kNameStart || response.starts_with("__")) return nullptr;
    slot = &slot_at(at, *set.type);
    ++at;
    if (++alias_count_ > kMostAliases) return nullptr;
  }
  if (slot->field == kNone) return nullptr;
  argument_count_ = 0;
  if (is(at, '(')) at = arguments(at + 1);
  if (at == nullptr) return nullptr;
  const bool is_new = first.field == kNone ? is_first(response, set) : is_first(first, set);
  const bool bare = slot == &first && argument_count_ == 0;
  if (slot->field == prices_->typename_field() && !bare) return nullptr;
  // Of one response name only what is selected is merged: the first says what it costs.
  if (!is_new) return is(at, '{') || !set.type->exact ? nullptr : at;
  ++set.fields;
  return price_field(at, *slot, set);
}

// Of an alias that is no name of a field of the type.
bool SinglePass::is_first(std::string_view alias, const Set& set) {
  const auto end = aliases_.begin() + static_cast<std::ptrdiff_t>(aliases_open_);
  const auto begin = aliases_.begin() + static_cast<std::ptrdiff_t>(set.first_alias);
  const auto same = [&](std::string_view other) { return same_text(other, alias); };
  if (std::any_of(begin, end, same)) return false;
  *end = alias;
  ++aliases_open_;
  return true;
}

// Behind its arguments.
SinglePass::Place SinglePass::price_field(Place at, const PriceTable::Slot& slot, Set& set) {
  using Kind = PriceTable::Field::Kind;
  const PriceTable::Field& field = prices_->field(slot.field);
  if (field.kind == Kind::kOther || (field.kind == Kind::kLeaf) == is(at, '{')) return nullptr;
  Counted counted{field.count, field.own, kNoSize};
  if ((field.sliced || field.kind == Kind::kHands || set.hands_to != 0) &&
      !count_field(slot, set, counted)) {
    return nullptr;
  }
  if (field.kind == Kind::kLeaf) return sum(set.points, counted.own) ? at : nullptr;
  ++at;
  const bool abstract = field.kind == Kind::kAbstract;
  Set* const inner = open_set(at, abstract ? prices_->type(possible(field).front()) : *field.type);
  if (inner == nullptr) return nullptr;
  inner->count = counted.count;
  inner->own = counted.own;
  inner->hands_to = field.hands_to;
  inner->size = counted.size;
  if (!abstract) return at;
  inner->own = 0;
  inner->field = slot.field;
  inner->next = 1;
  inner->begin = at;
  inner->end = nullptr;
  return at;
}

bool SinglePass::count_field(const PriceTable::Slot& slot, const Set& set, Counted& counted) {
  using Kind = PriceTable::Field::Kind;
  if (slot.field == prices_->typename_field()) return true;
  const PriceTable::Field& field = prices_->field(slot.field);
  const FieldPrice& price = model_->field(slot.field);
  const bool multiplied = price.connection == FieldPrice::Connection::kMultiplied;
  Count size = price.size;
  if (field.sliced && !sliced(price, size)) return false;
  if (slot.bit < 64 && (set.hands_to >> slot.bit & 1) != 0) {
    if (field.sliced || field.kind == Kind::kHands) return false;
    if (set.size == kNoSize) {
      counted.count = 1;
      counted.own = 0;
      return field.kind != Kind::kAbstract;
    }
    if (price.is_list) counted.count = times_count(set.size, price.inner);
  } else if (field.kind == Kind::kHands) {
    if (size == kNoSize) return false;
    if (multiplied) counted.count = times_count(size, price.inner);
    counted.size = multiplied ? kNoSize : size;
  } else if (field.sliced) {
    counted.count = times_count(size, price.inner);
  }
  counted.own = std::max<Points>(0, times(counted.count, price.only_weight));
  return true;
}

const std::vector<std::uint32_t>& SinglePass::possible(const PriceTable::Field& field) const {
  return model_->schema()->types()[field.type->index].possible;
}

// It was read for one of the types that a value may be of: the dearest counts.
SinglePass::Place SinglePass::close_abstract(Place at, Set& set) {
  const FieldPrice& price = model_->field(set.field);
  const PriceTable::Field& field = prices_->field(set.field);
  const Points weight = price.weight
                            ? *price.weight
                            : model_->weight(set.type->index, field.type->index, price.is_list);
  Points whole = std::max<Points>(0, times(set.count, weight));
  if (!sum(whole, set.count, set.points)) return nullptr;
  set.own = std::max(set.own, whole);
  if (set.end == nullptr) set.end = at;
  if (set.end != at) return nullptr;
  if (set.next == possible(field).size()) {
    --top_;
    return sum(top_->points, set.own) ? at : nullptr;
  }
  if (!reads_again(set.begin, at)) return nullptr;
  begin_set(set, prices_->type(possible(field)[set.next++]));
  return set.begin;
}

// Fragments can make the work far more than the text: then it is left to who works out each set
// once.
bool SinglePass::reads_again(Place from, Place to) {
  constexpr std::size_t kMostAgain = 100'000;
  static_assert((kMostBytes + kMostAgain) / 2 < kMostVisits,
                "a field has a byte, and one behind it");
  again_ += *to - *from;
  return again_ <= std::min(kMostAgain, 4'000 + 8 * size_);
}

}  // namespace tollgate::graphql
