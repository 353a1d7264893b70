// A bucket of the limit's size for each measure, which refills evenly over the window's length. Up
// to twice the limit can pass within an unlucky span: a full bucket at once, and then what flows
// in. Every limit has buckets of its own, so that each refills at its own pace; at most they are
// empty, however much others of the scope may use. Not thread-safe; its scope's lock guards it.
#pragma once

#include "filters/windows/sliding_window.h"

namespace tollgate {

// The same words as SlidingWindow, which describes them.
class TokenBucket {
 public:
  // Of sizes that are not known: it keeps what an earlier process charged.
  explicit TokenBucket(std::chrono::nanoseconds length) : length_(length) {}
  explicit TokenBucket(const WindowLimits& held);
  [[nodiscard]] bool serves(const WindowLimits& held) const;

  [[nodiscard]] std::chrono::nanoseconds length() const { return length_; }
  void move_to(SteadyTime now);
  // Tokens taken, a begun one whole.
  [[nodiscard]] std::uint64_t used(Measure measure) const {
    const Tokens& taken = bucket(measure).taken;
    return taken.whole + (taken.fractions > 0 ? 1 : 0);
  }
  void charge(const Amounts& amounts, SteadyTime now);
  // Without what has flowed in since then: some of that may have been for this charge.
  void refund(const Amounts& amounts, SteadyTime charged_at);

  [[nodiscard]] std::chrono::nanoseconds wait(Measure measure, std::uint64_t asked,
                                              std::uint64_t most) const;
  [[nodiscard]] std::chrono::nanoseconds until_more(Measure measure, std::uint64_t most) const;
  [[nodiscard]] std::chrono::nanoseconds until_all(Measure measure) const;

  // One charge, of all that is taken, at the last move_to.
  [[nodiscard]] std::vector<PastCharge> past() const;
  void restore(const std::vector<PastCharge>& past);
  [[nodiscard]] bool idle() const;
  void release() {}

 private:
  // Tokens and fractions of one, of which there are as many as the window has nanoseconds: so the
  // refill is exact, and what every call asks needs no wide division.
  struct Tokens {
    std::uint64_t whole = 0;
    std::uint64_t fractions = 0;  // less than one token
  };
  struct Bucket {
    Tokens taken;
    std::uint64_t size = 0;  // WindowLimits::kNone: of any size, nothing is counted
  };
  Bucket& bucket(Measure measure) { return buckets_[static_cast<std::size_t>(measure)]; }
  [[nodiscard]] const Bucket& bucket(Measure measure) const {
    return buckets_[static_cast<std::size_t>(measure)];
  }
  // What flows into a bucket of this size in a time shorter than the window.
  [[nodiscard]] Tokens refill(std::uint64_t size, std::chrono::nanoseconds time) const;
  // At most to nothing.
  void take_off(Tokens& taken, const Tokens& refilled) const;
  // Until no more than so many tokens are taken.
  [[nodiscard]] std::chrono::nanoseconds until(const Bucket& bucket, std::uint64_t tokens) const;

  std::chrono::nanoseconds length_;
  bool sizes_known_ = false;
  SteadyTime now_{};
  std::array<Bucket, kMeasureCount> buckets_;
};

}  // namespace tollgate
