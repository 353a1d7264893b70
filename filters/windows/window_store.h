// Where windows are kept: what every call is charged to. Lives outside the snapshot, so a reload
// forgets nothing. All or nothing: a call is charged in every window of every scope that it is held
// to, or in none.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "conf/config.h"
#include "conf/ip.h"
#include "filters/windows/limits.h"

namespace tollgate {

using SteadyTime = std::chrono::steady_clock::time_point;

// A scope by its name. Client addresses of one group share a name, which is empty: they are told
// apart by the address.
struct ScopeName {
  LimitScope kind = LimitScope::kKey;
  std::string name;
  std::string group;
  friend auto operator<=>(const ScopeName&, const ScopeName&) = default;
  // "key:acme-erp", "environment:acme-production", "address": in metrics and on the status page.
  [[nodiscard]] std::string label() const;
};
[[nodiscard]] std::string_view word_of(LimitScope scope);  // "environment"

// The windows of one scope. Made and owned by a store, stays while that lives.
class Scope {
 public:
  explicit Scope(ScopeName name) : name_(std::move(name)) {}
  virtual ~Scope() = default;
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  [[nodiscard]] const ScopeName& name() const { return name_; }

 private:
  const ScopeName name_;
};

// Whose windows a call is charged to, and what they are held to. Of two, the first is an
// environment and the second a key of it. Views what the snapshot and the store own.
struct Payer {
  struct Part {
    Scope* scope = nullptr;
    const Limits* limits = nullptr;
  };
  std::array<Part, 2> parts{};
  std::size_t count = 0;  // of parts; 0: nothing limits the call
  IpAddress address;      // of a scope of addresses: which
};

// One measure in one window, as a call found it.
struct WindowUsage {
  const Scope* scope = nullptr;
  const WindowLimits* window = nullptr;  // of the payer's limits
  Measure measure = Measure::kRequests;
  std::uint64_t most = 0;  // the limit
  std::uint64_t used = 0;  // the call's own charge included, where it was charged
  bool refuses = false;    // there was no room for what the call asked
  // Of a window that refuses: until what was asked fits, if nothing else comes. `kNever` where it
  // is more than the limit.
  std::chrono::nanoseconds wait{};
  std::chrono::nanoseconds until_more{};  // until some of what is used is free again; 0: nothing is
  std::chrono::nanoseconds until_all{};   // until all of it is; only of `look`

  static constexpr std::chrono::nanoseconds kNever = std::chrono::nanoseconds::max();
  [[nodiscard]] std::uint64_t remaining() const { return used < most ? most - used : 0; }
};

// Every limited measure of every window of every part, in the order of parts, lengths and measures.
using Usage = std::vector<WindowUsage>;

// Thread-safe: all workers charge at once.
class WindowStore {
 public:
  virtual ~WindowStore() = default;

  // The scope of this name, which is made if it is new.
  [[nodiscard]] virtual Scope& scope(const ScopeName& name) = 0;

  enum class Outcome : std::uint8_t { kCharged, kRefused };
  // `usage` becomes what the windows are like afterwards.
  [[nodiscard]] virtual Outcome charge(const Payer& payer, const Amounts& amounts, SteadyTime now,
                                       Usage& usage) = 0;
  // Gives back what was charged at `charged_at`.
  virtual void refund(const Payer& payer, const Amounts& amounts, SteadyTime charged_at) = 0;
  // `usage` becomes what the windows are like, charging nothing.
  virtual void look(const Payer& payer, SteadyTime now, Usage& usage) = 0;
};

}  // namespace tollgate
