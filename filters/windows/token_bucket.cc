// See token_bucket.h.
#include "filters/windows/token_bucket.h"

#include <algorithm>

namespace tollgate {
namespace {

// Some 70 years, so that an instant of now and this still has a place.
constexpr std::int64_t kLongestWait = std::int64_t{1} << 61;

__extension__ using Wide = unsigned __int128;

// Rounded up. What fits 64 bits is divided several times as fast, and most does.
Wide divided(Wide dividend, std::uint64_t divisor) {
  dividend += divisor - 1;
  if (dividend >> 64 == 0) return static_cast<std::uint64_t>(dividend) / divisor;
  return dividend / divisor;
}

}  // namespace

TokenBucket::TokenBucket(const WindowLimits& held) : length_(held.length), sizes_known_(true) {
  for (const Measure measure : kMeasures) bucket(measure).size = held.most[measure];
}

bool TokenBucket::serves(const WindowLimits& held) const {
  return sizes_known_ && held.length == length_ &&
         std::all_of(kMeasures.begin(), kMeasures.end(),
                     [&](Measure measure) { return bucket(measure).size == held.most[measure]; });
}

void TokenBucket::move_to(SteadyTime now) {
  if (now <= now_) return;
  const auto passed = static_cast<Wide>((now - now_).count());
  now_ = now;
  for (Bucket& bucket : buckets_) {
    // A bucket of any size is full again after a whole window.
    const bool whole = !sizes_known_ && passed >= static_cast<Wide>(length_.count());
    const Wide refill = passed * bucket.size;
    bucket.taken = whole || refill >= bucket.taken ? 0 : bucket.taken - refill;
  }
}

std::uint64_t TokenBucket::tokens(const Bucket& bucket) const {
  return static_cast<std::uint64_t>(
      divided(bucket.taken, static_cast<std::uint64_t>(length_.count())));
}

void TokenBucket::charge(const Amounts& amounts, SteadyTime now) {
  move_to(now);
  for (const Measure measure : kMeasures) {
    Bucket& charged = bucket(measure);
    if (charged.size == WindowLimits::kNone) continue;
    charged.taken += scaled(amounts[measure]);
    if (sizes_known_) charged.taken = std::min(charged.taken, scaled(charged.size));
  }
}

void TokenBucket::refund(const Amounts& amounts, SteadyTime charged_at) {
  const auto passed =
      static_cast<Wide>(std::max(now_ - charged_at, std::chrono::nanoseconds(0)).count());
  for (const Measure measure : kMeasures) {
    Bucket& refunded = bucket(measure);
    const Wide charged = scaled(amounts[measure]);
    const Wide left = charged - std::min(charged, passed * refunded.size);
    refunded.taken -= std::min(refunded.taken, left);
  }
}

std::chrono::nanoseconds TokenBucket::until(const Bucket& bucket, Wide taken) {
  if (bucket.taken <= taken || bucket.size == 0) return std::chrono::nanoseconds(0);
  const Wide wait = divided(bucket.taken - taken, bucket.size);
  return std::chrono::nanoseconds(static_cast<std::int64_t>(std::min<Wide>(wait, kLongestWait)));
}

std::chrono::nanoseconds TokenBucket::wait(Measure measure, std::uint64_t asked,
                                           std::uint64_t most) const {
  return until(bucket(measure), scaled(most - asked));
}

std::chrono::nanoseconds TokenBucket::until_more(Measure measure, std::uint64_t most) const {
  (void)most;  // its size
  const Bucket& asked = bucket(measure);
  if (asked.taken == 0) return std::chrono::nanoseconds(0);
  return until(asked, scaled(tokens(asked) - 1));
}

std::chrono::nanoseconds TokenBucket::until_all(Measure measure) const {
  return until(bucket(measure), 0);
}

std::vector<PastCharge> TokenBucket::past() const {
  if (idle()) return {};
  PastCharge all{now_, {}};
  for (const Measure measure : kMeasures) all.amounts[measure] = tokens(bucket(measure));
  return {all};
}

void TokenBucket::restore(const std::vector<PastCharge>& past) {
  for (const PastCharge& each : past) charge(each.amounts, each.at);
}

bool TokenBucket::idle() const {
  return std::all_of(buckets_.begin(), buckets_.end(),
                     [](const Bucket& bucket) { return bucket.taken == 0; });
}

}  // namespace tollgate
