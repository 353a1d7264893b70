// A window that moves with time: what was charged counts until exactly its length has passed, or
// less than one hundredth of the length longer, so no span of that length ever holds more than was
// let in. Not thread-safe; its scope's lock guards it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "filters/windows/limits.h"

namespace tollgate {

using SteadyTime = std::chrono::steady_clock::time_point;

// So much was charged at this instant.
struct PastCharge {
  SteadyTime at;
  Amounts amounts;
};

class SlidingWindow {
 public:
  explicit SlidingWindow(std::chrono::nanoseconds length);
  explicit SlidingWindow(const WindowLimits& held) : SlidingWindow(held.length) {}
  // Whether it can say what is used under these limits; a sliding window counts alike under any.
  [[nodiscard]] bool serves(const WindowLimits& held) const { return held.length == length_; }

  [[nodiscard]] std::chrono::nanoseconds length() const { return length_; }
  // Forgets what counts no more at `now`. To be called before what asks below. A `now` that lies
  // before an earlier one, as another worker may have read it, forgets nothing.
  void move_to(SteadyTime now);
  // As of the last move_to.
  [[nodiscard]] std::uint64_t used(Measure measure) const { return used_[measure]; }
  // At most kMostCounted requests and mutations at once.
  void charge(const Amounts& amounts, SteadyTime now);
  // Takes back what was charged at `charged_at`, if that still counts.
  void refund(const Amounts& amounts, SteadyTime charged_at);

  // How long after the last move_to `asked` fits below `most`, if nothing else is charged;
  // asked <= most.
  [[nodiscard]] std::chrono::nanoseconds wait(Measure measure, std::uint64_t asked,
                                              std::uint64_t most) const;
  // How long until there is more to use below `most`, and until everything of this measure is free
  // again; 0: nothing is used.
  [[nodiscard]] std::chrono::nanoseconds until_more(Measure measure, std::uint64_t most) const;
  [[nodiscard]] std::chrono::nanoseconds until_all(Measure measure) const;

  // What counts, oldest first; charges that were made within one hundredth of the window are one.
  [[nodiscard]] std::vector<PastCharge> past() const;
  // Oldest first; to an empty window.
  void restore(const std::vector<PastCharge>& past);
  // As of the last move_to.
  [[nodiscard]] bool idle() const { return size_ == 0; }
  // Of an idle window: gives its memory back.
  void release();

 private:
  // Charges that were made close to each other. They are over together, when the last is.
  struct Slot {
    SteadyTime last;
    std::uint64_t complexity;
    std::uint32_t requests;
    std::uint32_t mutations;
  };
  [[nodiscard]] static std::uint64_t amount(const Slot& slot, Measure measure);
  [[nodiscard]] std::chrono::nanoseconds left(const Slot& slot) const {
    return slot.last + length_ - now_;
  }
  // Slot number `i` from the oldest.
  [[nodiscard]] Slot& slot(std::uint32_t i) const {
    const std::uint32_t at = first_ + i;
    return slots_[at < capacity_ ? at : at - capacity_];
  }
  Slot& begin_slot(SteadyTime now);
  void grow();

  std::chrono::nanoseconds length_;
  std::chrono::nanoseconds slot_length_;
  SteadyTime now_ = SteadyTime::min();
  Amounts used_;
  SteadyTime newest_began_;        // first charge in the newest slot
  std::unique_ptr<Slot[]> slots_;  // a ring
  std::uint32_t capacity_ = 0;
  std::uint32_t first_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace tollgate
