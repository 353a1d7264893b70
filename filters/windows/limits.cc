// See limits.h.
#include "filters/windows/limits.h"

#include <fmt/format.h>

#include <algorithm>

namespace tollgate {
namespace {

// The window of this length, which is added where there is none.
WindowLimits& window_of(Limits& limits, std::chrono::nanoseconds length) {
  const auto place = std::lower_bound(
      limits.begin(), limits.end(), length,
      [](const WindowLimits& window, std::chrono::nanoseconds l) { return window.length < l; });
  if (place != limits.end() && place->length == length) return *place;
  WindowLimits added;
  added.length = length;
  for (const Measure measure : kMeasures) added.most[measure] = WindowLimits::kNone;
  return *limits.insert(place, added);
}

Limits with_texts(Limits limits) {
  for (WindowLimits& window : limits) {
    window.name = format_duration(std::chrono::duration_cast<Duration>(window.length));
    for (const Measure measure : kMeasures) {
      const std::uint64_t most = window.most[measure];
      if (most == WindowLimits::kNone) continue;
      const auto i = static_cast<std::size_t>(measure);
      window.policy[i] = fmt::format("\"{}-{}\";q={};w={}", word_of(measure), window.name,
                                     std::min(most, kMostInField), seconds_up(window.length));
      window.item[i] = fmt::format("\"{}-{}\";r=", word_of(measure), window.name);
    }
  }
  return limits;
}

}  // namespace

std::uint64_t seconds_up(std::chrono::nanoseconds time) {
  return static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(time).count());
}

std::string_view word_of(Measure measure) {
  switch (measure) {
    case Measure::kRequests:
      return "requests";
    case Measure::kComplexity:
      return "complexity";
    case Measure::kMutations:
      return "mutations";
  }
  return "";
}

Limits limits_of(const PlanConfig& plan) {
  Limits limits;
  for (const Measure measure : kMeasures) {
    for (const auto& [length, most] : plan.limits[static_cast<std::size_t>(measure)]) {
      window_of(limits, length).most[measure] = most;
    }
  }
  return with_texts(std::move(limits));
}

Limits share_of(const Limits& limits, std::uint64_t percent) {
  Limits shared = limits;
  for (WindowLimits& window : shared) {
    for (const Measure measure : kMeasures) {
      std::uint64_t& most = window.most[measure];
      if (most == WindowLimits::kNone || most == 0) continue;
      most = std::max<std::uint64_t>(1, most * percent / 100);  // limits are below 2^53
    }
  }
  return with_texts(std::move(shared));
}

Limits stricter_of(const Limits& one, const Limits& other) {
  Limits both = one;
  for (const WindowLimits& window : other) {
    WindowLimits& held = window_of(both, window.length);
    for (const Measure measure : kMeasures) {
      held.most[measure] = std::min(held.most[measure], window.most[measure]);
    }
  }
  return with_texts(std::move(both));
}

}  // namespace tollgate
