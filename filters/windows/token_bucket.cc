// See token_bucket.h.
#include "filters/windows/token_bucket.h"

#include <algorithm>

namespace tollgate {
namespace {

// Some 70 years, so that an instant of now and this still has a place.
constexpr std::int64_t kLongestWait = std::int64_t{1} << 61;

__extension__ using Wide = unsigned __int128;

}  // namespace

TokenBucket::TokenBucket(const WindowLimits& held) : length_(held.length), sizes_known_(true) {
  for (const Measure measure : kMeasures) bucket(measure).size = held.most[measure];
}

bool TokenBucket::serves(const WindowLimits& held) const {
  return sizes_known_ && held.length == length_ &&
         std::all_of(kMeasures.begin(), kMeasures.end(),
                     [&](Measure measure) { return bucket(measure).size == held.most[measure]; });
}

TokenBucket::Tokens TokenBucket::refill(std::uint64_t size, std::chrono::nanoseconds time) const {
  const auto length = static_cast<std::uint64_t>(length_.count());
  const Wide fractions = static_cast<Wide>(time.count()) * size;
  // What fits 64 bits is divided several times as fast, and most does.
  if (fractions >> 64 == 0) {
    const auto narrow = static_cast<std::uint64_t>(fractions);
    return {narrow / length, narrow % length};
  }
  return {static_cast<std::uint64_t>(fractions / length),
          static_cast<std::uint64_t>(fractions % length)};
}

void TokenBucket::take_off(Tokens& taken, const Tokens& refilled) const {
  const bool borrows = refilled.fractions > taken.fractions;
  const std::uint64_t whole = refilled.whole + (borrows ? 1 : 0);
  if (whole > taken.whole) {
    taken = {};
    return;
  }
  taken.whole -= whole;
  if (borrows) taken.fractions += static_cast<std::uint64_t>(length_.count());
  taken.fractions -= refilled.fractions;
}

void TokenBucket::move_to(SteadyTime now) {
  if (now <= now_) return;
  const auto passed = now - now_;
  now_ = now;
  // A bucket of any size is full again after a whole window.
  const bool full = passed >= length_;
  for (Bucket& bucket : buckets_) {
    if (bucket.taken.whole == 0 && bucket.taken.fractions == 0) continue;
    if (full) {
      bucket.taken = {};
    } else {
      take_off(bucket.taken, refill(bucket.size, passed));
    }
  }
}

void TokenBucket::charge(const Amounts& amounts, SteadyTime now) {
  move_to(now);
  for (const Measure measure : kMeasures) {
    Bucket& charged = bucket(measure);
    if (charged.size == WindowLimits::kNone) continue;
    charged.taken.whole += amounts[measure];
    if (sizes_known_ && charged.taken.whole >= charged.size) charged.taken = {charged.size, 0};
  }
}

void TokenBucket::refund(const Amounts& amounts, SteadyTime charged_at) {
  const auto passed = std::max(now_ - charged_at, std::chrono::nanoseconds(0));
  if (passed >= length_) return;
  for (const Measure measure : kMeasures) {
    Bucket& refunded = bucket(measure);
    Tokens left{amounts[measure], 0};
    take_off(left, refill(refunded.size, passed));
    take_off(refunded.taken, left);
  }
}

std::chrono::nanoseconds TokenBucket::until(const Bucket& bucket, std::uint64_t tokens) const {
  const Tokens& taken = bucket.taken;
  if (taken.whole < tokens || bucket.size == 0) return std::chrono::nanoseconds(0);
  const auto length = static_cast<Wide>(length_.count());
  const Wide fractions = (taken.whole - tokens) * length + taken.fractions + (bucket.size - 1);
  if (fractions >> 64 == 0) {
    return std::chrono::nanoseconds(static_cast<std::uint64_t>(fractions) / bucket.size);
  }
  return std::chrono::nanoseconds(
      static_cast<std::int64_t>(std::min<Wide>(fractions / bucket.size, kLongestWait)));
}

std::chrono::nanoseconds TokenBucket::wait(Measure measure, std::uint64_t asked,
                                           std::uint64_t most) const {
  return until(bucket(measure), most - asked);
}

std::chrono::nanoseconds TokenBucket::until_more(Measure measure, std::uint64_t most) const {
  (void)most;  // its size
  const std::uint64_t tokens = used(measure);
  return tokens == 0 ? std::chrono::nanoseconds(0) : until(bucket(measure), tokens - 1);
}

std::chrono::nanoseconds TokenBucket::until_all(Measure measure) const {
  return until(bucket(measure), 0);
}

std::vector<PastCharge> TokenBucket::past() const {
  if (idle()) return {};
  PastCharge all{now_, {}};
  for (const Measure measure : kMeasures) all.amounts[measure] = used(measure);
  return {all};
}

void TokenBucket::restore(const std::vector<PastCharge>& past) {
  for (const PastCharge& each : past) charge(each.amounts, each.at);
}

bool TokenBucket::idle() const {
  return std::all_of(kMeasures.begin(), kMeasures.end(),
                     [this](Measure measure) { return used(measure) == 0; });
}

}  // namespace tollgate
