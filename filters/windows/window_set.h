// The windows of one scope, of whatever lengths the plans that it is held to name. Not thread-safe;
// its scope's lock guards it.
#pragma once

#include <algorithm>
#include <tuple>
#include <vector>

#include "filters/windows/memory_windows.h"

namespace tollgate {

// `Window` is SlidingWindow or TokenBucket.
template <class Window>
class WindowSet {
 public:
  // Adds a row to `usage` for everything that `limits` hold, with what `amounts` would meet.
  // Whether all of it fits.
  [[nodiscard]] bool check(const Scope& scope, const Limits& limits, const Amounts& amounts,
                           SteadyTime now, Usage& usage) {
    bool fits = true;
    for_each(limits, now, [&](Window& window, const WindowLimits& held, Measure measure) {
      const std::uint64_t most = held.most[measure];
      if (most == WindowLimits::kNone) return;
      const std::uint64_t used = window.used(measure);
      const std::uint64_t asked = amounts[measure];
      WindowUsage& row = usage.emplace_back();
      row.scope = &scope;
      row.window = &held;
      row.measure = measure;
      row.most = most;
      row.used = used;
      if (asked == 0 || (used <= most && asked <= most - used)) return;
      fits = false;
      row.refuses = true;
      row.wait = asked > most ? WindowUsage::kNever : window.wait(measure, asked, most);
    });
    return fits;
  }

  // Also in windows that no plan names any more: another plan may again.
  void charge(const Amounts& amounts, SteadyTime now) {
    for (Kept& kept : windows_) {
      kept.window.move_to(now);
      kept.window.charge(amounts, now);
    }
  }
  void refund(const Amounts& amounts, SteadyTime charged_at) {
    for (Kept& kept : windows_) kept.window.refund(amounts, charged_at);
  }

  // Fill the times of this scope's rows, which are the first of `rows`, and take them off.
  void describe_more(const Limits& limits, SteadyTime now, std::span<WindowUsage>& rows) {
    for_each(limits, now, [&](const Window& window, const WindowLimits& held, Measure measure) {
      if (held.most[measure] == WindowLimits::kNone) return;
      rows.front().until_more = window.until_more(measure, held.most[measure]);
      rows = rows.subspan(1);
    });
  }
  void describe_all(const Limits& limits, SteadyTime now, std::span<WindowUsage>& rows) {
    for_each(limits, now, [&](const Window& window, const WindowLimits& held, Measure measure) {
      if (held.most[measure] == WindowLimits::kNone) return;
      rows.front().until_all = window.until_all(measure);
      rows = rows.subspan(1);
    });
  }

  // Drops windows in which nothing counts, and those that no call has asked for in their length.
  void sweep(SteadyTime now) {
    for (Kept& kept : windows_) kept.window.move_to(now);
    std::erase_if(windows_, [&](const Kept& kept) {
      return kept.window.idle() || now - kept.asked > kept.window.length();
    });
    if (windows_.empty()) windows_.shrink_to_fit();
  }
  [[nodiscard]] bool empty() const { return windows_.empty(); }

  // Calls `take` with the length of each window and what is used in it.
  template <class Take>
  void visit_used(SteadyTime now, const Take& take) {
    for (Kept& kept : windows_) {
      kept.window.move_to(now);
      Amounts used;
      for (const Measure measure : kMeasures) used[measure] = kept.window.used(measure);
      take(kept.window.length(), used);
    }
  }
  // One of each length: of buckets of several sizes the one that most was taken from.
  [[nodiscard]] std::vector<ScopeRecord::Window> record(SteadyTime now) {
    std::vector<ScopeRecord::Window> records;
    for (Kept& kept : windows_) kept.window.move_to(now);
    for (auto place = windows_.begin(); place != windows_.end();) {
      const std::chrono::nanoseconds length = place->window.length();
      const Window& most = most_used_of(place)->window;
      if (!most.idle()) records.push_back({length, most.past()});
      while (place != windows_.end() && place->window.length() == length) ++place;
    }
    return records;
  }
  void restore(const ScopeRecord::Window& record, SteadyTime now) {
    const bool known = std::any_of(windows_.begin(), windows_.end(), [&](const Kept& kept) {
      return kept.window.length() == record.length;
    });
    if (known) return;
    Window window(record.length);
    window.restore(record.past);
    insert(std::move(window), now);
  }

 private:
  struct Kept {
    Window window;
    SteadyTime asked;  // when a plan last named it
  };
  using Place = typename std::vector<Kept>::iterator;

  template <class Take>
  void for_each(const Limits& limits, SteadyTime now, const Take& take) {
    std::size_t at = 0;
    for (const WindowLimits& held : limits) {
      // A scope that is held to one plan has its windows in just this order.
      const bool here = at < windows_.size() && windows_[at].window.serves(held);
      Kept& kept = here ? windows_[at] : kept_for(held, now);
      ++at;
      kept.asked = std::max(kept.asked, now);
      Window& window = kept.window;
      window.move_to(now);
      for (const Measure measure : kMeasures) take(window, held, measure);
    }
  }

  [[nodiscard]] Kept& kept_for(const WindowLimits& held, SteadyTime now) {
    Place place = std::find_if(windows_.begin(), windows_.end(),
                               [&](const Kept& kept) { return kept.window.serves(held); });
    if (place == windows_.end()) place = insert(make(held, now), now);
    return *place;
  }

  Place insert(Window window, SteadyTime now) {
    const auto place = std::find_if(windows_.begin(), windows_.end(), [&](const Kept& kept) {
      return kept.window.length() > window.length();
    });
    return windows_.insert(place, Kept{std::move(window), now});
  }

  // Of the windows as long as this one, which is the first of them.
  [[nodiscard]] Place most_used_of(Place first) {
    const auto used = [](const Kept& kept) {
      return std::tuple(kept.window.used(Measure::kRequests),
                        kept.window.used(Measure::kComplexity),
                        kept.window.used(Measure::kMutations));
    };
    const Place end = std::find_if(first, windows_.end(), [&](const Kept& kept) {
      return kept.window.length() != first->window.length();
    });
    return std::max_element(
        first, end, [&](const Kept& one, const Kept& other) { return used(one) < used(other); });
  }

  // A new window begins with what the others know: a changed plan keeps what was charged. One as
  // long or the next longer one knows all of it, else the longest knows the most.
  [[nodiscard]] Window make(const WindowLimits& held, SteadyTime now) {
    Window made(held);
    if (windows_.empty()) return made;
    const auto known = std::min(held.length, windows_.back().window.length());
    const Place source = std::find_if(windows_.begin(), windows_.end(), [&](const Kept& kept) {
      return kept.window.length() >= known;
    });
    std::vector<PastCharge> past = most_used_of(source)->window.past();
    std::erase_if(past, [&](const PastCharge& each) { return now - each.at >= held.length; });
    made.restore(past);
    return made;
  }

  std::vector<Kept> windows_;  // by rising length
};

}  // namespace tollgate
