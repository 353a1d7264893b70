// See sliding_window.h.
#include "filters/windows/sliding_window.h"

#include <algorithm>
#include <cassert>

namespace tollgate {
namespace {

constexpr int kSlotsPerWindow = 100;
// Slots begin at least a hundredth apart, so a window needs at most two more than that; a ring
// grows to just so many, since most keys' windows stay far below.
constexpr std::uint32_t kUsualMost = kSlotsPerWindow + 2;
constexpr std::uint32_t kLeast = 2;

std::uint32_t narrowed(std::uint64_t amount) {
  return static_cast<std::uint32_t>(std::min(amount, kMostCounted));
}

}  // namespace

SlidingWindow::SlidingWindow(std::chrono::nanoseconds length)
    : length_(length), slot_length_(length / kSlotsPerWindow) {
  assert(length.count() > 0);
}

std::uint64_t SlidingWindow::amount(const Slot& slot, Measure measure) {
  switch (measure) {
    case Measure::kRequests:
      return slot.requests;
    case Measure::kComplexity:
      return slot.complexity;
    case Measure::kMutations:
      return slot.mutations;
  }
  return 0;
}

void SlidingWindow::move_to(SteadyTime now) {
  if (now <= now_) return;
  now_ = now;
  while (size_ > 0 && left(slot(0)).count() <= 0) {
    for (const Measure measure : kMeasures) used_[measure] -= amount(slot(0), measure);
    if (++first_ == capacity_) first_ = 0;
    --size_;
  }
}

void SlidingWindow::charge(const Amounts& amounts, SteadyTime now) {
  Slot* newest = size_ > 0 ? &slot(size_ - 1) : nullptr;
  // Slots are in the order of time, whichever worker's clock is a little behind.
  if (newest != nullptr) now = std::max(now, newest->last);
  // A slot counts requests and mutations in 32 bits; what would not fit begins another.
  if (newest == nullptr || now - newest_began_ >= slot_length_ ||
      newest->requests + amounts[Measure::kRequests] > kMostCounted ||
      newest->mutations + amounts[Measure::kMutations] > kMostCounted) {
    newest = &begin_slot(now);
  }
  newest->last = now;
  newest->complexity += amounts[Measure::kComplexity];
  newest->requests += narrowed(amounts[Measure::kRequests]);
  newest->mutations += narrowed(amounts[Measure::kMutations]);
  used_[Measure::kComplexity] += amounts[Measure::kComplexity];
  used_[Measure::kRequests] += narrowed(amounts[Measure::kRequests]);
  used_[Measure::kMutations] += narrowed(amounts[Measure::kMutations]);
}

SlidingWindow::Slot& SlidingWindow::begin_slot(SteadyTime now) {
  if (size_ == capacity_) grow();
  ++size_;
  newest_began_ = now;
  Slot& begun = slot(size_ - 1);
  begun = {};
  return begun;
}

void SlidingWindow::refund(const Amounts& amounts, SteadyTime charged_at) {
  // What counts no more is free already; the oldest slot holds the charges of others.
  if (now_ - charged_at >= length_) return;
  // The charge is in the first slot that ends no earlier than it was made.
  std::uint32_t low = 0;
  std::uint32_t high = size_;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (slot(middle).last < charged_at) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == size_) return;
  Slot& found = slot(low);
  const std::uint64_t complexity = std::min(found.complexity, amounts[Measure::kComplexity]);
  const std::uint32_t requests = std::min(found.requests, narrowed(amounts[Measure::kRequests]));
  const std::uint32_t mutations = std::min(found.mutations, narrowed(amounts[Measure::kMutations]));
  found.complexity -= complexity;
  found.requests -= requests;
  found.mutations -= mutations;
  used_[Measure::kComplexity] -= complexity;
  used_[Measure::kRequests] -= requests;
  used_[Measure::kMutations] -= mutations;
}

std::chrono::nanoseconds SlidingWindow::wait(Measure measure, std::uint64_t asked,
                                             std::uint64_t most) const {
  std::uint64_t still_used = used_[measure];
  for (std::uint32_t i = 0; i < size_; ++i) {
    if (still_used + asked <= most) return i == 0 ? std::chrono::nanoseconds(0) : left(slot(i - 1));
    still_used -= amount(slot(i), measure);
  }
  return size_ == 0 ? std::chrono::nanoseconds(0) : left(slot(size_ - 1));
}

std::chrono::nanoseconds SlidingWindow::until_more(Measure measure, std::uint64_t most) const {
  std::uint64_t still_used = used_[measure];
  for (std::uint32_t i = 0; i < size_; ++i) {
    const std::uint64_t freed = amount(slot(i), measure);
    still_used -= freed;
    // Above a limit that was lowered, nothing is free before it is reached again.
    if (freed > 0 && (still_used < most || still_used == 0)) return left(slot(i));
  }
  return std::chrono::nanoseconds(0);
}

std::chrono::nanoseconds SlidingWindow::until_all(Measure measure) const {
  for (std::uint32_t i = size_; i > 0; --i) {
    if (amount(slot(i - 1), measure) > 0) return left(slot(i - 1));
  }
  return std::chrono::nanoseconds(0);
}

std::vector<PastCharge> SlidingWindow::past() const {
  std::vector<PastCharge> past;
  for (std::uint32_t i = 0; i < size_; ++i) {
    PastCharge& each = past.emplace_back(PastCharge{slot(i).last, {}});
    for (const Measure measure : kMeasures) each.amounts[measure] = amount(slot(i), measure);
  }
  return past;
}

void SlidingWindow::restore(const std::vector<PastCharge>& past) {
  for (const PastCharge& each : past) charge(each.amounts, each.at);
}

void SlidingWindow::release() {
  assert(idle());
  slots_.reset();
  capacity_ = first_ = 0;
}

void SlidingWindow::grow() {
  std::uint32_t capacity = std::max(kLeast, capacity_ * 2);
  if (capacity_ < kUsualMost) capacity = std::min(capacity, kUsualMost);
  auto slots = std::make_unique_for_overwrite<Slot[]>(capacity);
  for (std::uint32_t i = 0; i < size_; ++i) slots[i] = slot(i);
  slots_ = std::move(slots);
  capacity_ = capacity;
  first_ = 0;
}

}  // namespace tollgate
