// See window_fill.h. Control thread.
#include "proxy/window_fill.h"

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
  using Row = std::tuple<std::string, std::string, std::chrono::nanoseconds, Measure>;
  std::map<Row, WindowFill> rows;
  windows.visit_used(
      now, [&](const Scope& scope, std::chrono::nanoseconds length, const Amounts& used) {
        const auto held = limits.find(&scope);
        if (held == limits.end()) return;
        for (const WindowLimits& window : held->second) {
          if (window.length != length) continue;
          for (const Measure measure : kMeasures) {
            const std::uint64_t most = window.most[measure];
            if (most == WindowLimits::kNone) continue;
            const std::string label = scope.name().label();
            WindowFill& row = rows[{label, scope.name().group, length, measure}];
            if (!row.scope.empty() && row.used >= used[measure]) continue;
            row = {label, scope.name().group, measure, window.name, used[measure], most};
          }
        }
      });
  std::vector<WindowFill> fill;
  for (auto& [key, row] : rows) fill.push_back(std::move(row));
  return fill;
}

}  // namespace tollgate
