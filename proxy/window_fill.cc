// See window_fill.h. Control thread.
#include "proxy/window_fill.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "proxy/snapshot.h"

namespace tollgate {
namespace {

// Above so many rows, those of scopes in which nothing is used are left out.
constexpr std::size_t kMostIdleRows = 1000;

struct Held {
  std::chrono::nanoseconds length{};
  std::string_view name;
  Amounts most;
};
// The strictest limits of a scope, where several plans hold it to some; by rising length.
using LimitsByScope = std::unordered_map<const Scope*, std::vector<Held>>;

void hold(std::vector<Held>& held, const Limits& limits) {
  for (const WindowLimits& window : limits) {
    const auto place =
        std::lower_bound(held.begin(), held.end(), window.length,
                         [](const Held& each, auto length) { return each.length < length; });
    if (place == held.end() || place->length != window.length) {
      held.insert(place, {window.length, window.name, window.most});
      continue;
    }
    for (const Measure measure : kMeasures) {
      place->most[measure] = std::min(place->most[measure], window.most[measure]);
    }
  }
}

struct LimitedScope {
  std::string label;
  std::string_view group;
  const Scope* scope;
  const std::vector<Held>* held;
};

LimitsByScope limits_in_force(const Snapshot& snapshot) {
  LimitsByScope limits;
  std::set<std::pair<const Scope*, const Limits*>> seen;  // keys of an environment share both
  for (const ApiInForce& api : snapshot.apis) {
    api.payers->for_each_part([&](const Payer::Part& part) {
      if (seen.emplace(part.scope, part.limits).second) hold(limits[part.scope], *part.limits);
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
  std::vector<LimitedScope> scopes;
  std::size_t rows = 0;
  for (const auto& [scope, held] : limits) {
    scopes.push_back({scope->name().label(), scope->name().group, scope, &held});
    rows += held.size() * kMeasureCount;
  }
  std::ranges::sort(scopes, {},
                    [](const LimitedScope& each) { return std::tie(each.label, each.group); });
  std::vector<WindowFill> fill;
  fill.reserve(rows);
  for (const auto& [label, group, scope, held] : scopes) {
    for (const Held& window : *held) {  // by rising length
      const auto found = most_used.find({scope, window.length});
      if (found == most_used.end() && rows > kMostIdleRows) continue;
      const Amounts used = found == most_used.end() ? Amounts() : found->second;
      for (const Measure measure : kMeasures) {
        const std::uint64_t most = window.most[measure];
        if (most == WindowLimits::kNone) continue;
        fill.push_back(
            {label, std::string(group), measure, std::string(window.name), used[measure], most});
      }
    }
  }
  return fill;
}

}  // namespace tollgate
