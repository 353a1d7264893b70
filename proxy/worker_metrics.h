// What one worker counts; for metrics.cc. Rows come into being under a lock and never move or go
// away, so the worker counts into them without one.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "filters/reason.h"
#include "proxy/histogram.h"
#include "proxy/metrics.h"

namespace tollgate {

inline constexpr std::size_t kBoundCount = 13;
inline constexpr std::size_t kHandshakeCount = 4;  // two kinds, each with two results
[[nodiscard]] std::string_view word_of(Bound bound);

// Outcome 0 is "forwarded", then the reasons in their order, then "answered": by Tollgate itself.
inline constexpr std::size_t kOutcomeCount = kReasonCount + 2;
[[nodiscard]] inline std::size_t outcome_of(const CallRecord& call) {
  if (call.reason) return static_cast<std::size_t>(*call.reason) + 1;
  return call.answered ? kReasonCount + 1 : 0;
}

struct ApiCounters {
  Histogram<15> request_duration;
  Histogram<15> upstream_duration;
  Histogram<12> added_duration;
  Histogram<12> query_complexity;      // of GraphQL calls that were priced
  std::array<Counter, 600> responses;  // by status
  Counter bytes_in;
  Counter bytes_out;
  Counter connect_failures;
  std::atomic<std::int64_t> upstream_idle{0};
  std::atomic<std::int64_t> upstream_busy{0};
};

struct KeyCounters {
  ApiId api = 0;
  KeyId key = 0;
  std::array<Counter, kOutcomeCount> outcomes;
  Counter last_used_ms;  // Unix time
};

// What was charged to one scope by calls to one API.
struct ChargeCounters {
  ApiId api = 0;
  const Scope* scope = nullptr;
  std::array<Counter, kMeasureCount> charged;
};

// Calls that found no room in one window.
struct ExceededCounters {
  ApiId api = 0;
  const Scope* scope = nullptr;
  Measure measure = Measure::kRequests;
  std::chrono::nanoseconds length{};
  bool enforced = false;  // else counted only
  Counter calls;
};

struct WorkerMetrics::State {
  // this worker's thread only
  std::vector<ApiCounters*> api_rows;  // by ApiId
  std::unordered_map<std::uint64_t, KeyCounters*> key_rows;
  KeyCounters* last_row = nullptr;  // most calls are like the last
  std::unordered_map<const Scope*, std::vector<ChargeCounters*>> charge_rows;  // few APIs each
  std::unordered_map<const Scope*, std::vector<ExceededCounters*>> exceeded_rows;

  // any thread
  std::array<Counter, kBoundCount> bounds;
  std::array<Counter, kHandshakeCount> handshakes;
  std::atomic<std::int64_t> client_connections{0};

  // guarded by mu: the lists, not what their items count
  std::mutex mu;
  std::vector<std::pair<ApiId, std::unique_ptr<ApiCounters>>> apis;
  std::vector<std::unique_ptr<KeyCounters>> keys;
  std::vector<std::unique_ptr<ChargeCounters>> charges;
  std::vector<std::unique_ptr<ExceededCounters>> exceeded;

  // Where all counters are. Any thread. A worker that adds a row waits no longer than this takes,
  // whatever is then done with them.
  struct Rows {
    std::vector<std::pair<ApiId, const ApiCounters*>> apis;
    std::vector<const KeyCounters*> keys;
    std::vector<const ChargeCounters*> charges;
    std::vector<const ExceededCounters*> exceeded;
  };
  [[nodiscard]] Rows rows();

  // this worker's thread only
  ApiCounters& api_row(ApiId api);
  KeyCounters& key_row(ApiId api, KeyId key);
  ChargeCounters& charge_row(ApiId api, const Scope* scope);
  ExceededCounters& exceeded_row(ApiId api, const WindowUsage& usage, bool enforced);
};

}  // namespace tollgate
