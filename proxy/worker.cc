// See worker.h.
#include "proxy/worker.h"

#include <event2/event.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "filters/refusal.h"
#include "proxy/head_writer.h"
#include "proxy/recent_refusals.h"

namespace tollgate {
namespace {

// Accepting goes in small portions, so that those who are connected are served in between.
constexpr int kAcceptsPerTurn = 16;
constexpr int kDrainPortions = 256;  // 4096 connections, as many as a listener's queue holds
constexpr std::size_t kScratchBytes = 64 * 1024;
constexpr std::size_t kLogFlushBytes = 16 * 1024;
constexpr Duration kAcceptPause = 100ms;
constexpr Duration kSayTurnedBackEvery = 10s;
constexpr Duration kDrainArrivalTime = 1s;  // for who has not even begun to call

// Held so that one is there when there is none left; it does not matter of what.
Fd spare_descriptor() { return Fd(eventfd(0, EFD_CLOEXEC)); }

UpstreamTarget target_of(const ApiInForce& api) {
  return {api.config->upstream, api.upstream_tls.tls};
}

}  // namespace

struct Worker::Listener {
  Listener(Worker& owner, std::size_t place, std::shared_ptr<Fd> socket)
      : worker(owner),
        index(place),
        fd(std::move(socket)),
        readable(event_new(
            owner.loop_.base(), fd->get(), EV_READ | EV_PERSIST,
            [](evutil_socket_t, short, void* self) {
              auto* listener = static_cast<Listener*>(self);
              listener->worker.accept_some(*listener);
            },
            this)) {
    event_add(readable, nullptr);
  }
  ~Listener() { event_free(readable); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  Worker& worker;
  const std::size_t index;  // in snapshot_->listen
  std::shared_ptr<Fd> fd;
  event* readable;
};

Worker::Worker(const SharedParts& shared, WorkerMetrics& metrics, SnapshotPtr snapshot,
               std::vector<std::shared_ptr<Fd>> listeners)
    : shared_(shared),
      metrics_(metrics),
      loop_(shared.clock),
      spare_(spare_descriptor()),
      scratch_(kScratchBytes),
      accept_again_(
          loop_.deadlines(),
          [](void* self) {
            for (const auto& listener : static_cast<Worker*>(self)->listeners_) {
              event_add(listener->readable, nullptr);
            }
          },
          this),
      relay_parts_{loop_,    buffers_, calls_,      shared_.held, metrics_,  ids_,     graphql_,
                   scratch_, head_,    own_fields_, date_,        snapshot_, draining_} {
  head_.reserve(kScratchBytes);
  apply_now(std::move(snapshot));
  for (auto& fd : listeners) {
    listeners_.push_back(std::make_unique<Listener>(*this, listeners_.size(), std::move(fd)));
  }
  loop_.at_turn_end([this] { flush_log(); });
}

Worker::~Worker() {
  if (thread_.joinable()) {
    loop_.stop();
    thread_.join();
  }
  listeners_.clear();
  arrivals_.clear();
  drained_ = nullptr;
  std::vector<Relay*> relays;
  for (const auto& [relay, owned] : relays_) relays.push_back(relay);
  for (Relay* relay : relays) relay->cut();
  relays_.clear();
  flush_log();
  // What is dying still uses the pools and the buffers.
  loop_.bury();
  pools_.clear();
  retired_.clear();
  loop_.bury();
}

void Worker::start() {
  thread_ = std::thread([this] { loop_.run(); });
}

void Worker::apply(SnapshotPtr snapshot, std::function<void()> applied) {
  loop_.post([this, snapshot = std::move(snapshot), applied = std::move(applied)] {
    apply_now(snapshot);
    applied();
  });
}

void Worker::reconsider() {
  loop_.post([this] { reconsider_now(); });
}

void Worker::apply_now(SnapshotPtr snapshot) {
  const SnapshotPtr before = std::exchange(snapshot_, std::move(snapshot));
  if (before != nullptr && before->models() != snapshot_->models()) graphql_.estimator.forget();
  bring_pools_in_line();
}

// One pool for each API; those that go on as they were keep theirs.
void Worker::bring_pools_in_line() {
  std::vector<std::unique_ptr<UpstreamPool>> before = std::exchange(pools_, {});
  for (const ApiInForce& api : snapshot_->apis) {
    const auto same = std::find_if(before.begin(), before.end(), [&](const auto& pool) {
      return pool != nullptr && pool->api() == api.id && pool->target() == target_of(api);
    });
    pools_.push_back(same != before.end() ? std::move(*same) : make_pool(api));
  }
  for (auto& pool : before) {
    if (pool == nullptr) continue;
    pool->retire();
    retired_.push_back(std::move(pool));
  }
  std::erase_if(retired_, [](const auto& pool) { return !pool->in_use(); });
}

void Worker::reconsider_now() {
  std::vector<Relay*> relays;
  relays.reserve(relays_.size());
  for (const auto& [relay, owned] : relays_) relays.push_back(relay);
  for (Relay* relay : relays) relay->reconsider(*snapshot_);
}

void Worker::drain(std::function<void()> drained) {
  loop_.post([this, drained = std::move(drained)] {
    draining_ = true;
    drained_ = drained;
    // Who is in the queue has connected: they are served, and told to go elsewhere with their
    // answer.
    for (const auto& listener : listeners_) {
      for (int i = 0; i < kDrainPortions && accept_some(*listener); ++i) {
      }
    }
    listeners_.clear();
    std::vector<Relay*> relays;
    for (const auto& [relay, owned] : relays_) relays.push_back(relay);
    for (Relay* relay : relays) relay->drain();
    for (const auto& [arrival, owned] : arrivals_) arrival->hurry(kDrainArrivalTime);
    finish_drain_if_empty();
  });
}

void Worker::expire_deadlines(std::function<void()> done) {
  loop_.post([this, done = std::move(done)] {
    loop_.deadlines().expire();
    done();
  });
}

void Worker::finish_drain_if_empty() {
  if (draining_ && relays_.empty() && arrivals_.empty() && drained_)
    std::exchange(drained_, nullptr)();
}

// ---- accepting

// True: there may be more.
bool Worker::accept_some(Listener& listener) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    SocketAddress peer;
    peer.length = sizeof peer.storage;
    Fd client(accept4(listener.fd->get(), reinterpret_cast<sockaddr*>(&peer.storage), &peer.length,
                      SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (client.valid()) {
      take_client(listener, std::move(client), peer);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      metrics_.count_bound(Bound::kFileDescriptors);
      if (shed(listener)) continue;
      pause_accepting();
      return false;
    }
    if (errno != EINTR && errno != ECONNABORTED) return false;
  }
  return true;
}

// Tells the next who waits that no descriptor is left, by the one that is kept for it. False: that
// cannot be done, or nobody waits.
bool Worker::shed(const Listener& listener) {
  spare_.reset();
  bool told = false;
  {
    const Fd client(accept4(listener.fd->get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (client.valid()) {
      turn_away(greeting_of(listener), client);
      told = true;
    }
  }
  spare_ = spare_descriptor();
  return told && spare_.valid();
}

// A listener stays readable while there is no descriptor to accept with: the loop would spin.
void Worker::pause_accepting() {
  for (const auto& listener : listeners_) event_del(listener->readable);
  accept_again_.start(kAcceptPause);
}

void Worker::take_client(const Listener& listener, Fd client, const SocketAddress& peer) {
  const auto bound = static_cast<std::int64_t>(snapshot_->config.connections.max);
  if (shared_.client_connections.fetch_add(1, std::memory_order_relaxed) >= bound && bound != 0) {
    shared_.client_connections.fetch_sub(1, std::memory_order_relaxed);
    metrics_.count_bound(Bound::kConnections);
    return turn_away(greeting_of(listener), client);
  }
  metrics_.add_client_connections(1);
  if (peer.storage.ss_family != AF_UNIX) set_no_delay(client.get());
  const Greeting greeting = greeting_of(listener);
  if (greeting.at_once()) return relay_for({{std::move(client), nullptr}, ip_of(peer), {}});
  auto arrival =
      std::make_unique<Arrival>(loop_, *this, metrics_, greeting, std::move(client), ip_of(peer));
  Arrival& begins = *arrival;
  arrivals_.emplace(&begins, std::move(arrival));
  begins.begin(snapshot_->config.connections.header_timeout);
}

Greeting Worker::greeting_of(const Listener& listener) const {
  return {snapshot_->listen[listener.index].proxy_protocol,
          snapshot_->listen_tls[listener.index].tls};
}

void Worker::relay_for(Client client) {
  auto relay = std::make_unique<Relay>(relay_parts_, *this, std::move(client));
  relays_.emplace(relay.get(), std::move(relay));
}

void Worker::arrived(Arrival& arrival, Client client) {
  relay_for(std::move(client));
  dispose_arrival(arrival);
}

void Worker::turned_back(Arrival& arrival, const std::string& why) {
  if (!why.empty()) say_turned_back(arrival.peer(), why);
  count_closed();
  dispose_arrival(arrival);
  finish_drain_if_empty();
}

// Strangers decide how often this happens: the log says so once in ten seconds.
void Worker::say_turned_back(const IpAddress& peer, const std::string& why) {
  ++turned_back_;
  const auto now = loop_.now().steady;
  if (now < say_again_) return;
  spdlog::warn("connections that ended before their first call: {}; the last one, from {}: {}",
               turned_back_, peer.text(), why);
  turned_back_ = 0;
  say_again_ = now + kSayTurnedBackEvery;
}

void Worker::dispose_arrival(Arrival& arrival) {
  const auto found = arrivals_.find(&arrival);
  loop_.dispose(std::move(found->second));
  arrivals_.erase(found);
}

void Worker::turn_away(const Greeting& greeting, const Fd& client) {
  if (greeting.tls != nullptr) return;  // there is no session to say it in
  Note note;
  note.detail = "All connections that this proxy may hold are in use. Try again later.";
  const Refusal refusal = render_refusal(ApiKind::kRest, nullptr, Reason::kOverloaded, note);
  head_.clear();
  write_refusal(head_, refusal, {}, {}, date_.at(loop_.now().wall), KeepAlive::kNo, Method::kOther);
  send(client.get(), head_.data(), head_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  shutdown(client.get(), SHUT_WR);
  // What is unread when a socket is closed resets the connection, and the answer with it.
  [[maybe_unused]] const ssize_t read =
      recv(client.get(), scratch_.data(), scratch_.size(), MSG_DONTWAIT);
}

// ---- for the relays

std::unique_ptr<UpstreamPool> Worker::make_pool(const ApiInForce& api) {
  return std::make_unique<UpstreamPool>(loop_, buffers_, shared_.resolver, metrics_, target_of(api),
                                        api.id);
}

UpstreamPool& Worker::pool_for(const ApiInForce& api) {
  const auto& apis = snapshot_->apis;
  if (&api >= apis.data() && &api < apis.data() + apis.size()) {
    return *pools_[static_cast<std::size_t>(&api - apis.data())];
  }
  // The call began before a reload.
  const auto serves = [&](const auto& pool) {
    return pool->api() == api.id && pool->target() == target_of(api);
  };
  for (auto* pools : {&pools_, &retired_}) {
    const auto found = std::find_if(pools->begin(), pools->end(), serves);
    if (found != pools->end()) return **found;
  }
  retired_.push_back(make_pool(api));
  retired_.back()->retire();
  return *retired_.back();
}

void Worker::record(const CallRecord& call) {
  metrics_.count_call(call);
  if (call.reason) shared_.refusals.add(call);
  if (!shared_.access_log.enabled()) return;
  append_log_line(log_lines_, call);
  if (log_lines_.size() >= kLogFlushBytes) flush_log();
}

void Worker::flush_log() {
  if (log_lines_.empty()) return;
  shared_.access_log.write(log_lines_);
  log_lines_.clear();
}

void Worker::count_closed() {
  metrics_.add_client_connections(-1);
  shared_.client_connections.fetch_sub(1, std::memory_order_relaxed);
}

void Worker::closed(Relay& relay) {
  const auto found = relays_.find(&relay);
  if (found == relays_.end()) return;
  loop_.dispose(std::move(found->second));
  relays_.erase(found);
  count_closed();
  finish_drain_if_empty();
}

}  // namespace tollgate
