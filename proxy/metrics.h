// The numbers that /metrics shows. Each worker counts into plain integers of its own; a scrape sums
// them.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/units.h"
#include "proxy/call_record.h"
#include "proxy/tls/context.h"
#include "proxy/window_fill.h"

namespace tollgate {

// Bounds of Tollgate's own, as overload_total{bound} names them.
enum class Bound : std::uint8_t {
  kConnections,          // connections.max
  kUpstreamConnections,  // upstream.max_connections
  kHeaderTimeout,        // connections.header_timeout
  kBodyTimeout,
  kIdleTimeout,
  kHeaderBytes,
  kHeaders,
  kBodyBytes,
  kHeldBytes,
  kFileDescriptors,   // accept failed for want of one
  kLogQueue,          // access log lines lost: the disk is full, or what is to be written waits
  kAdminConnections,  // of the admin address or of the metrics address
  kLimitAddresses,    // limits.max_addresses: calls that were charged to shared windows
};

// What a connection may have to begin with.
enum class Handshake : std::uint8_t { kTls, kProxy };
enum class HandshakeResult : std::uint8_t { kSuccess, kFailure };

enum class UpstreamState : std::uint8_t { kIdle, kBusy };

// One worker's counters. Only its worker writes; any thread reads (relaxed atomics, no
// read-modify-write).
class WorkerMetrics {
 public:
  WorkerMetrics();
  ~WorkerMetrics();
  WorkerMetrics(const WorkerMetrics&) = delete;
  WorkerMetrics& operator=(const WorkerMetrics&) = delete;

  void count_call(const CallRecord& call);
  void count_bound(Bound bound);
  void count_connect_failure(ApiId api);
  void count_handshake(Handshake kind, HandshakeResult result);
  void add_client_connections(int change);
  void add_upstream_connections(ApiId api, UpstreamState state, int change);

 private:
  void count_charge(const CallRecord& call);
  friend class Metrics;
  struct State;
  std::unique_ptr<State> state_;
};

// The process's metrics. Thread-safe.
class Metrics {
 public:
  Metrics(std::string_view version, std::string_view commit);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  [[nodiscard]] ApiId api_id(std::string_view name);
  [[nodiscard]] KeyId key_id(std::string_view name);
  // Owned by the metrics, for the life of the process.
  [[nodiscard]] WorkerMetrics& add_worker();

  enum class ReloadResult { kSuccess, kFailure };
  void count_reload(ReloadResult result);
  void set_config_hash(std::string_view hash);
  struct KeyExpiry {
    KeyId key = 0;
    UnixTime expires;
  };
  // Of the keys in force, those that expire.
  void set_key_expiries(std::vector<KeyExpiry> expiries);
  // When each certificate ends; by file, in place of those of before.
  void set_certificates(std::vector<CertificateTerm> certificates);
  void count_bound(Bound bound);
  // Of the access log, since the start; overload_total{bound="log_queue"} shows them.
  void set_lost_log_lines(std::uint64_t lines);
  // Likewise, of overload_total{bound="limit_addresses"}.
  void set_shared_charges(std::uint64_t calls);
  // Of limits.store.snapshot, since the start; before this nothing is shown of it.
  void set_window_snapshots(std::uint64_t succeeded, std::uint64_t failed);

  // Prometheus text format 0.0.4. How full windows are is asked for by the scrape.
  [[nodiscard]] std::string text(const std::vector<WindowFill>& windows) const;
  // Sums for /status.
  struct KeyUse {
    std::uint64_t forwarded = 0;
    std::uint64_t refused = 0;
    double last_used = 0;  // Unix seconds; 0: never
  };
  struct ApiUse {
    std::uint64_t forwarded = 0;
    std::uint64_t refused = 0;
    std::uint64_t connect_failures = 0;
    std::int64_t upstream_idle = 0;
    std::int64_t upstream_busy = 0;
  };
  [[nodiscard]] std::vector<KeyUse> key_use() const;  // by KeyId
  [[nodiscard]] std::vector<ApiUse> api_use() const;  // by ApiId
  [[nodiscard]] std::int64_t client_connections() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tollgate
