// The connections of one worker to one upstream: kept alive between calls, bounded in number, the
// warmest used first. Worker thread only.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "proxy/loop.h"
#include "proxy/metrics.h"
#include "proxy/resolver.h"
#include "proxy/stream.h"
#include "proxy/tls/context.h"
#include "proxy/tls/handshake.h"

namespace tollgate {

class UpstreamPool;

enum class UpstreamFailure : std::uint8_t {
  kConnect,  // refused, unreachable, timed out, no such name, not the one that TLS is to find
  kBusy,     // max_connections in use for as long as connect_timeout
};

// Who uses a connection: the call that it serves.
class UpstreamUser {
 public:
  virtual void on_upstream_connected() = 0;
  // Instead of on_upstream_connected. `why` is for the log and the answer's detail.
  virtual void on_upstream_failed(UpstreamFailure failure, std::string_view why) = 0;
  virtual void on_upstream_readable() = 0;
  virtual void on_upstream_drained() = 0;

 protected:
  ~UpstreamUser() = default;
};

class UpstreamConnection final : public StreamHandler, public Disposable {
 public:
  UpstreamConnection(UpstreamPool& pool, Socket socket);

  [[nodiscard]] Stream& stream() { return stream_; }
  // Whether it has served a call before: then it may have died while nobody looked.
  [[nodiscard]] bool reused() const { return served_ > 0; }
  Buffer& unread() { return unread_; }  // an answer's head that has not arrived whole

 private:
  friend class UpstreamPool;
  void on_readable() override;
  void on_drained() override;
  static void on_idle_deadline(void* self);

  UpstreamPool& pool_;
  Stream stream_;
  Buffer unread_;
  Deadline idle_;
  UpstreamUser* user_ = nullptr;  // null: idle
  std::uint64_t served_ = 0;
  std::uint64_t released_turn_ = 0;
};

// What a call holds of the pool: a wait, a connect under way, or a connection. Dropping it gives
// everything up; a connection is closed then, unless it was given back.
class UpstreamLease {
 public:
  explicit UpstreamLease(UpstreamUser& user);
  ~UpstreamLease();
  UpstreamLease(const UpstreamLease&) = delete;
  UpstreamLease& operator=(const UpstreamLease&) = delete;

  [[nodiscard]] UpstreamConnection* connection() { return connection_.get(); }
  [[nodiscard]] bool held() const { return pool_ != nullptr; }
  // For the next call: the connection is clean, at the end of an answer.
  void give_back();
  void drop();

 private:
  friend class UpstreamPool;
  struct Attempt;
  UpstreamUser& user_;
  UpstreamPool* pool_ = nullptr;  // null: nothing is held
  std::unique_ptr<UpstreamConnection> connection_;
  std::unique_ptr<Attempt> attempt_;  // until there is a connection
};

enum class Freshness : std::uint8_t { kReusedIsFine, kNew };

// Where a pool connects to.
struct UpstreamTarget {
  UpstreamConfig config;
  std::shared_ptr<const ClientTls> tls;  // null: plain
  friend bool operator==(const UpstreamTarget&, const UpstreamTarget&) = default;
};

class UpstreamPool {
 public:
  UpstreamPool(Loop& loop, BufferPool& buffers, Resolver& resolver, WorkerMetrics& metrics,
               UpstreamTarget target, ApiId api);
  ~UpstreamPool();
  UpstreamPool(const UpstreamPool&) = delete;
  UpstreamPool& operator=(const UpstreamPool&) = delete;

  [[nodiscard]] const UpstreamTarget& target() const { return target_; }
  [[nodiscard]] ApiId api() const { return api_; }
  // Ends in on_upstream_connected or on_upstream_failed of the lease's user: at once where that is
  // possible, or later.
  void acquire(UpstreamLease& lease, Freshness freshness);
  // After a reload that no longer names this upstream: idle connections are closed, and busy ones
  // once their call is over.
  void retire();
  [[nodiscard]] bool in_use() const { return total_ > idle_.size() || !waiting_.empty(); }

 private:
  friend class UpstreamConnection;
  friend class UpstreamLease;
  std::unique_ptr<UpstreamConnection> take_idle();
  void begin_attempt(UpstreamLease& lease);
  void try_next_address(UpstreamLease& lease);
  void connect_over(UpstreamLease& lease, int error);
  void secure(UpstreamLease& lease);
  void secured(UpstreamLease& lease, const std::string& fault);
  void attempt_timed_out(UpstreamLease& lease);
  void fail(UpstreamLease& lease, UpstreamFailure failure, std::string_view why);
  void hand_over(UpstreamLease& lease, std::unique_ptr<UpstreamConnection> connection);
  void release(std::unique_ptr<UpstreamConnection> connection);
  void close_idle(UpstreamConnection& connection);
  void close_busy(std::unique_ptr<UpstreamConnection> connection);
  void abandon(UpstreamLease& lease);
  void slot_freed();
  void refresh_addresses();
  void addresses_found(const Resolver::Answer& answer);

  // constant
  Loop& loop_;
  BufferPool& buffers_;
  Resolver& resolver_;
  WorkerMetrics& metrics_;
  const UpstreamTarget target_;
  const UpstreamConfig& config_ = target_.config;
  const ApiId api_;
  static constexpr std::chrono::seconds kAddressAge{10};

  // this worker only
  std::vector<std::unique_ptr<UpstreamConnection>> idle_;  // the last released at the back
  std::deque<UpstreamLease*> waiting_;                     // for a slot, oldest first
  std::deque<UpstreamLease*> resolving_;                   // for the first addresses
  std::uint64_t total_ = 0;                                // idle, busy and connecting
  std::vector<SocketAddress> addresses_;
  std::size_t next_address_ = 0;
  std::chrono::steady_clock::time_point ask_again_;
  bool asking_ = false;
  bool retired_ = false;
  std::shared_ptr<UpstreamPool*> self_;  // nulled at the end, for answers that come too late
};

}  // namespace tollgate
