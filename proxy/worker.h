// One worker: one thread, one loop, its own listeners, connections, upstream pools and counters. A
// connection never leaves its worker. Public functions may be called from the control thread only;
// they post.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "filters/graphql/workspace.h"
#include "proxy/access_log.h"
#include "proxy/arrival.h"
#include "proxy/date_text.h"
#include "proxy/ids.h"
#include "proxy/relay.h"
#include "proxy/resolver.h"

struct event;

namespace tollgate {

class RecentRefusals;

// What all workers share; thread-safe each, and outlives the workers.
struct SharedParts {
  const Clock& clock;
  Resolver& resolver;
  AccessLog& access_log;
  RecentRefusals& refusals;
  HeldBytes& held;
  std::atomic<std::int64_t>& client_connections;  // of all workers, for connections.max
};

class Worker final : public RelayHost, public ArrivalHost {
 public:
  // `listeners` are this worker's own sockets, or ones that it shares (Unix).
  Worker(const SharedParts& shared, WorkerMetrics& metrics, SnapshotPtr snapshot,
         std::vector<std::shared_ptr<Fd>> listeners);
  ~Worker();  // stops and joins; open connections are closed
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start();
  // `applied` runs on the worker's thread once calls that begin are judged by the snapshot.
  void apply(SnapshotPtr snapshot, std::function<void()> applied);
  // Ends the open tunnels and streams whose keys are no longer good.
  void reconsider();
  // Stops accepting; `drained` runs on the worker's thread once the last connection is closed.
  void drain(std::function<void()> drained);
  // Lets deadlines that are due by the clock expire; for a clock that is moved by hand. `done` runs
  // on the worker's thread.
  void expire_deadlines(std::function<void()> done);

 private:
  struct Listener;

  UpstreamPool& pool_for(const ApiInForce& api) override;
  void record(const CallRecord& call) override;
  void closed(Relay& relay) override;
  void arrived(Arrival& arrival, Client client) override;
  void turned_back(Arrival& arrival, const std::string& why) override;

  bool accept_some(Listener& listener);
  void take_client(const Listener& listener, Fd client, const SocketAddress& peer);
  void relay_for(Client client);
  void dispose_arrival(Arrival& arrival);
  void count_closed();
  void say_turned_back(const IpAddress& peer, const std::string& why);
  void turn_away(const Greeting& greeting, const Fd& client);
  bool shed(const Listener& listener);
  [[nodiscard]] Greeting greeting_of(const Listener& listener) const;
  void pause_accepting();
  void apply_now(SnapshotPtr snapshot);
  void bring_pools_in_line();
  void reconsider_now();
  std::unique_ptr<UpstreamPool> make_pool(const ApiInForce& api);
  void flush_log();
  void finish_drain_if_empty();

  // constant
  const SharedParts shared_;
  WorkerMetrics& metrics_;

  // this worker only
  Loop loop_;
  Fd spare_;
  BufferPool buffers_;
  CallPool calls_;
  IdSource ids_;
  graphql::Workspace graphql_;
  std::vector<char> scratch_;
  std::string head_;
  std::string own_fields_;
  DateText date_;
  std::string log_lines_;
  SnapshotPtr snapshot_;
  bool draining_ = false;
  std::function<void()> drained_;
  std::vector<std::unique_ptr<UpstreamPool>> pools_;    // in the order of snapshot_->apis
  std::vector<std::unique_ptr<UpstreamPool>> retired_;  // of calls that began before a reload
  std::unordered_map<Arrival*, std::unique_ptr<Arrival>> arrivals_;
  std::uint64_t turned_back_ = 0;  // since the last line of the log that says so
  std::chrono::steady_clock::time_point say_again_;
  std::unordered_map<Relay*, std::unique_ptr<Relay>> relays_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  Deadline accept_again_;
  const RelayParts relay_parts_;

  std::thread thread_;
};

}  // namespace tollgate
