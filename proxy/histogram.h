// A histogram of whole numbers (durations are nanoseconds) with fixed bounds: one writer, any
// number of readers.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace tollgate {

// A counter that its one writer changes without a locked instruction.
class Counter {
 public:
  void add(std::uint64_t by = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

template <std::size_t N>
class Histogram {
 public:
  // Upper bounds, ascending.
  using Bounds = std::array<std::int64_t, N>;

  void observe(const Bounds& bounds, std::int64_t value) {
    const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), value);
    counts_[static_cast<std::size_t>(bucket - bounds.begin())].add();
    sum_.add(static_cast<std::uint64_t>(std::max<std::int64_t>(0, value)));
  }
  void observe(const Bounds& bounds, std::chrono::nanoseconds duration) {
    observe(bounds, duration.count());
  }
  [[nodiscard]] std::uint64_t count(std::size_t bucket) const { return counts_[bucket].get(); }
  [[nodiscard]] std::uint64_t sum() const { return sum_.get(); }

 private:
  std::array<Counter, N + 1> counts_;  // the last: above all bounds
  Counter sum_;
};

inline constexpr Histogram<15>::Bounds kDurationBounds = {
    500'000,       1'000'000,     2'500'000,     5'000'000,      10'000'000,
    25'000'000,    50'000'000,    100'000'000,   250'000'000,    500'000'000,
    1'000'000'000, 2'500'000'000, 5'000'000'000, 10'000'000'000, 30'000'000'000};
inline constexpr Histogram<12>::Bounds kAddedBounds = {
    5'000,   10'000,    25'000,    50'000,     100'000,     250'000,
    500'000, 1'000'000, 5'000'000, 25'000'000, 100'000'000, 1'000'000'000};

// In points.
inline constexpr Histogram<12>::Bounds kComplexityBounds = {
    0, 1, 10, 50, 100, 500, 1'000, 5'000, 10'000, 50'000, 250'000, 1'000'000};

}  // namespace tollgate
