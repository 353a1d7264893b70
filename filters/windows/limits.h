// What a plan comes to: how much of each measure may be used within windows of which length.
// Values; any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"

namespace tollgate {

inline constexpr std::size_t kMeasureCount = 3;
inline constexpr std::array<Measure, kMeasureCount> kMeasures = {
    Measure::kRequests, Measure::kComplexity, Measure::kMutations};
[[nodiscard]] std::string_view word_of(Measure measure);  // "requests"

// A call has fewer requests and mutations: its body has some bytes for each.
inline constexpr std::uint64_t kMostCounted = UINT32_MAX;

// So much of each measure.
class Amounts {
 public:
  constexpr std::uint64_t& operator[](Measure measure) {
    return amounts_[static_cast<std::size_t>(measure)];
  }
  constexpr std::uint64_t operator[](Measure measure) const {
    return amounts_[static_cast<std::size_t>(measure)];
  }
  friend bool operator==(const Amounts&, const Amounts&) = default;

 private:
  std::array<std::uint64_t, kMeasureCount> amounts_{};
};

struct WindowLimits {
  static constexpr std::uint64_t kNone = UINT64_MAX;  // of a measure: not held to anything
  std::chrono::nanoseconds length{};                  // above 0
  Amounts most;
  // Written for every answer, so worked out once: "10s", and of each measure that is held
  // `"requests-10s";q=60;w=10` and `"requests-10s";r=`.
  std::string name;
  std::array<std::string, kMeasureCount> policy;
  std::array<std::string, kMeasureCount> item;
};

// Structured fields hold integers of at most 15 digits (RFC 9651, 3.3.1).
inline constexpr std::uint64_t kMostInField = 999'999'999'999'999;

// Whole seconds, a begun one counts.
[[nodiscard]] std::uint64_t seconds_up(std::chrono::nanoseconds time);

// By rising length, each length once.
using Limits = std::vector<WindowLimits>;

[[nodiscard]] Limits limits_of(const PlanConfig& plan);
// So many percent, 1 to 100, of each limit, rounded down, but at least 1 of what was not 0.
[[nodiscard]] Limits share_of(const Limits& limits, std::uint64_t percent);
// What satisfies both.
[[nodiscard]] Limits stricter_of(const Limits& one, const Limits& other);

}  // namespace tollgate
