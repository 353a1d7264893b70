// Fragments, whose definitions may stand before and behind the operation. See single_pass.h.
#include <algorithm>

#include "filters/graphql/single_pass.h"

namespace tollgate::graphql {

using scan::Class;

SinglePass::Place SinglePass::fragment(Place at, Set& set) {
  const char* const dots = text_at(at);
  if (dots[0] != '.' || dots[1] != '.' || dots[2] != '.') return nullptr;
  at += 3;
  if (is(at, '{')) return inline_fragment(at + 1, set, kNone);
  if (!is_word(at, "on")) return spread(at, set);
  std::uint32_t on = kNone;
  at = condition(at + 1, on);
  return at != nullptr && is(at, '{') ? inline_fragment(at + 1, set, on) : nullptr;
}

// A condition of a type that is not there holds for all: that is left to others.
SinglePass::Place SinglePass::condition(Place at, std::uint32_t& type) const {
  if (class_at(at) != Class::kNameStart) return nullptr;
  type = model_->schema()->find_type(Name(name_at(at)));
  return type == kNone ? nullptr : at + 1;
}

// `condition` kNone: there is none.
SinglePass::Place SinglePass::inline_fragment(Place at, Set& set, std::uint32_t condition) {
  constexpr std::size_t kMostPassed = 256;
  if (is(at, '}')) return nullptr;
  if (condition != kNone && !model_->schema()->satisfies(set.type->index, condition)) {
    passed_.push_back(at);
    return passed_.size() > kMostPassed ? nullptr : skip_set(at, 1);
  }
  entered_.push_back(at);
  return open_fragment(set, {}) ? at : nullptr;
}

SinglePass::Place SinglePass::spread(Place at, Set& set) {
  if (class_at(at) != Class::kNameStart) return nullptr;
  const std::string_view name = name_at(at);
  ++at;
  Fragment* fragment = find(fragments_, fragment_count_, name);
  if (fragment == nullptr && operation_end_ == nullptr) {
    if (!add_rest(at)) return nullptr;
    fragment = find(fragments_, fragment_count_, name);
  }
  if (fragment == nullptr) return nullptr;
  const auto index = static_cast<std::uint32_t>(fragment - fragments_.data());
  if (Fragment* const around = spread_around()) around->spreads |= std::uint32_t{1} << index;
  if (!model_->schema()->satisfies(set.type->index, fragment->condition)) return at;
  fragment->entered = true;
  const bool opened =
      reads_again(fragment->begin, fragment->end) && open_fragment(set, {index, at});
  return opened ? fragment->begin : nullptr;
}

bool SinglePass::open_fragment(Set& set, OpenFragment fragment) {
  if (open_count_ == kMostFew) return false;
  open_fragments_[open_count_++] = fragment;
  ++set.fragments;
  return true;
}

// Behind its "}".
SinglePass::Place SinglePass::close_fragment(Place at, Set& set) {
  const OpenFragment closed = open_fragments_[--open_count_];
  --set.fragments;
  if (closed.spread == kNone) return at;
  return at == fragments_[closed.spread].end ? closed.back : nullptr;
}

// Of a place within the operation: the definitions behind it. Where each ends is held against its
// reading, once that is there.
bool SinglePass::add_rest(Place at) {
  const auto depth = static_cast<std::size_t>(top_ - sets_.data()) + open_count_;
  operation_end_ = spread_around() == nullptr ? skip_set(at, depth) : skip_set(operation_begin_, 1);
  if (operation_end_ == nullptr) return false;
  const Place end = add_fragments(operation_end_);
  return end != nullptr && *end == size_;
}

// As many as stand there.
SinglePass::Place SinglePass::add_fragments(Place at) {
  while (is_word(at, "fragment")) {
    ++at;
    if (class_at(at) != Class::kNameStart || is_word(at, "on") || !is_word(at + 1, "on")) {
      return nullptr;
    }
    Fragment fragment;
    fragment.name = name_at(at);
    at = condition(at + 2, fragment.condition);
    if (at == nullptr || !is(at, '{') || is(at + 1, '}')) return nullptr;
    fragment.begin = at + 1;
    at = fragment.end = skip_set(fragment.begin, 1);
    if (at == nullptr || fragment_count_ == kMostFew) return nullptr;
    if (find(fragments_, fragment_count_, fragment.name) != nullptr) return nullptr;
    fragments_[fragment_count_++] = fragment;
  }
  return at;
}

// Behind the "}" of the outermost of `depth` sets. Nothing in them is looked at but strings.
SinglePass::Place SinglePass::skip_set(Place at, std::size_t depth) {
  for (;;) {
    switch (*text_at(at)) {
      case '"': {
        Literal string;
        at = number_or_string(at, string);
        if (at == nullptr) return nullptr;
        continue;
      }
      case '{':
        ++depth;
        break;
      case '}':
        if (--depth == 0) return at + 1;
        break;
      case '#':
      case '\0':
        return nullptr;
      default:
        break;
    }
    ++at;
  }
}

// The innermost fragment of a name that is being read; null: none is.
SinglePass::Fragment* SinglePass::spread_around() {
  for (std::size_t i = open_count_; i > 0; --i) {
    const std::uint32_t spread = open_fragments_[i - 1].spread;
    if (spread != kNone) return &fragments_[spread];
  }
  return nullptr;
}

// Whether a fragment leads to itself, be it for a type that is never met there.
bool SinglePass::has_cycle() {
  const auto leads_to = [&](std::size_t from, std::size_t to) {
    return (fragments_[from].spreads >> to & 1) != 0;
  };
  for (std::size_t by = 0; by < fragment_count_; ++by) {
    for (std::size_t i = 0; i < fragment_count_; ++i) {
      if (leads_to(i, by)) fragments_[i].spreads |= fragments_[by].spreads;
    }
  }
  for (std::size_t i = 0; i < fragment_count_; ++i) {
    if (leads_to(i, i)) return true;
  }
  return false;
}

bool SinglePass::all_entered() {
  for (std::size_t i = 0; i < fragment_count_; ++i) {
    if (!fragments_[i].entered) return false;
  }
  if (passed_.empty()) return true;
  std::sort(entered_.begin(), entered_.end());
  return std::all_of(passed_.begin(), passed_.end(), [&](Place passed) {
    return std::binary_search(entered_.begin(), entered_.end(), passed);
  });
}

}  // namespace tollgate::graphql
