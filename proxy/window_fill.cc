// See window_fill.h. Control thread.
#include "proxy/window_fill.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

#include "proxy/snapshot.h"

namespace tollgate {
namespace {

// The strictest limits of a scope, where several plans hold it to some.
using LimitsByScope = std::unordered_map<const Scope*, Limits>;

LimitsByScope limits_in_force(const Snapshot& snapshot) {
  LimitsByScope limits;
  for (const ApiInForce& api : snapshot.apis) {
    const Scope* last = nullptr;
    api.payers->for_each_part([&](const Payer::Part& part) {
      if (part.scope == last) return;  // all keys of an environment
      last = part.scope;
      Limits& held = limits[part.scope];
      held = held.empty() ? *part.limits : stricter_of(held, *part.limits);
    });
  }
  return limits;
}

}  // namespace

std::vector<WindowFill> fill_of_windows(const Snapshot& snapshot, MemoryWindows& windows,
                                        SteadyTime now) {
  const LimitsByScope limits = limits_in_force(snapshot);
  using Row = std::tuple<const Scope*, std::chrono::nanoseconds>;
  std::map<Row, Amounts> most_used;
  windows.visit_used(now,
                     [&](const Scope& scope, std::chrono::nanoseconds length, const Amounts& used) {
                       Amounts& most = most_used[{&scope, length}];
                       for (const Measure measure : kMeasures) {
                         most[measure] = std::max(most[measure], used[measure]);
                       }
                     });
  std::vector<WindowFill> fill;
  for (const auto& [scope, held] : limits) {
    const std::string label = scope->name().label();
    for (const WindowLimits& window : held) {
      const auto found = most_used.find({scope, window.length});
      const Amounts used = found == most_used.end() ? Amounts() : found->second;
      for (const Measure measure : kMeasures) {
        const std::uint64_t most = window.most[measure];
        if (most == WindowLimits::kNone) continue;
        fill.push_back({label, scope->name().group, measure, window.name, used[measure], most});
      }
    }
  }
  // Limits have their windows by rising length, and measures are in order.
  std::stable_sort(fill.begin(), fill.end(), [](const WindowFill& one, const WindowFill& other) {
    return std::tie(one.scope, one.group) < std::tie(other.scope, other.group);
  });
  return fill;
}

}  // namespace tollgate
