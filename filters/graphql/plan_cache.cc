// See plan_cache.h.
#include "filters/graphql/plan_cache.h"

#include <algorithm>

namespace tollgate::graphql {
namespace {

template <class T>
std::size_t bytes_of(const std::vector<T>& items) {
  return items.capacity() * sizeof(T);
}

std::size_t bytes_of(const Plan& plan) {
  return bytes_of(plan.sets) + bytes_of(plan.nodes) + bytes_of(plan.alternatives) +
         bytes_of(plan.sizes) + bytes_of(plan.size_terms) + bytes_of(plan.weight_terms) +
         bytes_of(plan.variables);
}

}  // namespace

PlannedText::Variant* PlannedText::find_variant(std::string_view wanted) {
  for (std::size_t i = 0; i < variant_count; ++i) {
    if (variants[i].conditions == wanted) return &variants[i];
  }
  return nullptr;
}

PlannedText::Variant& PlannedText::add_variant() {
  if (variant_count == variants.size()) variants.emplace_back();
  return variants[variant_count++];
}

PlanCache::Key PlanCache::key(std::uint64_t generation, std::string_view text,
                              std::string_view operation_name) {
  Key key{generation, text, operation_name, 0};
  if (!keeps(key)) return key;
  key.hash = keyed_hash(text.data(), text.size());
  if (!operation_name.empty()) {
    key.hash ^= keyed_hash(operation_name.data(), operation_name.size()) << 1;
  }
  return key;
}

PlannedText* PlanCache::find(const Key& key) {
  if (places_.empty() || !keeps(key)) return nullptr;
  PlannedText* set = set_of(key.hash);
  for (PlannedText* place = set; place != set + kPlaces; ++place) {
    if (place->hash == key.hash && place->generation == key.generation && place->text == key.text &&
        place->operation_name == key.operation_name) {
      place->last_used = ++uses_;
      return place;
    }
  }
  return nullptr;
}

// Another text may have the same mark: then a place is given to one that comes for the first time.
bool PlanCache::has_come(const Key& key) const {
  const auto& marks = marks_[key.hash % kSets];
  return keeps(key) && std::find(marks.begin(), marks.end(), mark_of(key.hash)) != marks.end();
}

void PlanCache::mark(const Key& key) {
  if (!keeps(key)) return;
  auto& marks = marks_[key.hash % kSets];
  std::copy_backward(marks.begin(), marks.end() - 1, marks.end());
  marks.front() = mark_of(key.hash);
}

PlannedText* PlanCache::add(const Key& key) {
  if (!keeps(key)) return nullptr;
  if (!has_come(key)) {
    mark(key);
    return nullptr;
  }
  if (places_.empty()) places_.resize(kSets * kPlaces);
  PlannedText* set = set_of(key.hash);
  PlannedText* oldest = set;
  for (PlannedText* place = set; place != set + kPlaces; ++place) {
    if (place->last_used < oldest->last_used) oldest = place;
  }
  empty(*oldest);
  oldest->hash = key.hash;
  oldest->generation = key.generation;
  oldest->text = key.text;
  oldest->operation_name = key.operation_name;
  oldest->last_used = ++uses_;
  return oldest;
}

void PlanCache::account(PlannedText& text) {
  bytes_ -= text.bytes;
  text.bytes = sizeof(PlannedText) + text.text.capacity() + text.operation_name.capacity() +
               bytes_of(text.conditions) + bytes_of(text.variants);
  for (const PlannedText::Variant& variant : text.variants) {
    text.bytes += variant.conditions.capacity() + bytes_of(variant.plan);
  }
  bytes_ += text.bytes;
  for (std::size_t i = 0; i < places_.size() && bytes_ > kMostBytes; ++i) {
    PlannedText& place = places_[sweep_];
    sweep_ = (sweep_ + 1) % places_.size();
    if (&place != &text) free(place);
  }
}

// For another text of about the same size, which is to allocate nothing.
void PlanCache::empty(PlannedText& place) {
  if (place.bytes > kKeptBytes) return free(place);
  place.generation = 0;
  place.conditions.clear();
  place.variant_count = 0;
}

void PlanCache::free(PlannedText& place) {
  bytes_ -= place.bytes;
  place = PlannedText();
}

void PlanCache::clear() {
  places_.clear();
  places_.shrink_to_fit();
  bytes_ = 0;
}

}  // namespace tollgate::graphql
