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
  [[nodiscard]] std::uint64_t used(Measure measure) const { return tokens(bucket(measure)); }
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
  __extension__ using Wide = unsigned __int128;
  struct Bucket {
    // In tokens times nanoseconds of the window, so that the refill is exact: tokens are below 2^54
    // and a window is shorter than 2^59 ns.
    Wide taken = 0;
    std::uint64_t size = 0;  // WindowLimits::kNone: of any size, nothing is counted
  };
  Bucket& bucket(Measure measure) { return buckets_[static_cast<std::size_t>(measure)]; }
  [[nodiscard]] const Bucket& bucket(Measure measure) const {
    return buckets_[static_cast<std::size_t>(measure)];
  }
  [[nodiscard]] Wide scaled(std::uint64_t tokens) const {
    return static_cast<Wide>(tokens) * static_cast<Wide>(length_.count());
  }
  [[nodiscard]] std::uint64_t tokens(const Bucket& bucket) const;  // a begun one whole
  // Until no more than `taken` is taken.
  [[nodiscard]] static std::chrono::nanoseconds until(const Bucket& bucket, Wide taken);

  std::chrono::nanoseconds length_;
  bool sizes_known_ = false;
  SteadyTime now_{};
  std::array<Bucket, kMeasureCount> buckets_;
};

}  // namespace tollgate
