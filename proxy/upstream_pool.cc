// See upstream_pool.h. Invariant: total_ counts every connection that is idle, busy or being made;
// whoever gives one up calls slot_freed, which lets the oldest waiting call go on.
#include "proxy/upstream_pool.h"

#include <event2/event.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tollgate {

// The way of a lease to a connection: waiting for a slot, for addresses, or for a connect to end.
struct UpstreamLease::Attempt {
  enum class Stage : std::uint8_t { kWaiting, kResolving, kConnecting, kSecuring };
  Attempt(UpstreamPool& pool, UpstreamLease& owner)
      : lease(owner),
        deadline(
            pool.loop_.deadlines(),
            [](void* self) {
              auto* attempt = static_cast<Attempt*>(self);
              attempt->lease.pool_->attempt_timed_out(attempt->lease);
            },
            this) {}
  ~Attempt() { stop_event(); }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  void watch(Loop& loop) {
    event_assign(
        &connected, loop.base(), socket.fd.get(), EV_WRITE,
        [](evutil_socket_t s, short, void* self) {
          auto* attempt = static_cast<Attempt*>(self);
          attempt->watching = false;
          attempt->lease.pool_->connect_over(attempt->lease, connect_result(s));
        },
        this);
    event_add(&connected, nullptr);
    watching = true;
  }
  void stop_event() {
    if (watching) event_del(&connected);
    watching = false;
  }

  UpstreamLease& lease;
  Stage stage = Stage::kWaiting;
  Deadline deadline;
  Socket socket;
  std::unique_ptr<TlsHandshake> handshake;  // ends before its socket
  event connected{};
  bool watching = false;
  std::size_t addresses_tried = 0;
};

UpstreamConnection::UpstreamConnection(UpstreamPool& pool, Socket socket)
    : pool_(pool),
      stream_(pool.loop_, pool.buffers_, *this, std::move(socket)),
      unread_(pool.buffers_),
      idle_(pool.loop_.deadlines(), on_idle_deadline, this) {}

void UpstreamConnection::on_readable() {
  if (user_ != nullptr) {
    user_->on_upstream_readable();
  } else if (!stream_.secure() || !stream_.is_silent()) {  // TLS may have had a ticket to give
    // The upstream closed it, or sent what nobody asked for: either way it serves no further call.
    pool_.close_idle(*this);
  }
}

void UpstreamConnection::on_drained() {
  if (user_ != nullptr) user_->on_upstream_drained();
}

void UpstreamConnection::on_idle_deadline(void* self) {
  auto* connection = static_cast<UpstreamConnection*>(self);
  connection->pool_.close_idle(*connection);
}

UpstreamLease::UpstreamLease(UpstreamUser& user) : user_(user) {}
UpstreamLease::~UpstreamLease() { drop(); }

void UpstreamLease::give_back() {
  UpstreamPool* pool = std::exchange(pool_, nullptr);
  pool->release(std::move(connection_));
}

void UpstreamLease::drop() {
  if (pool_ == nullptr) return;
  UpstreamPool* pool = std::exchange(pool_, nullptr);
  if (connection_ != nullptr) {
    pool->close_busy(std::move(connection_));
  } else {
    pool->abandon(*this);
  }
}

UpstreamPool::UpstreamPool(Loop& loop, BufferPool& buffers, Resolver& resolver,
                           WorkerMetrics& metrics, UpstreamTarget target, ApiId api)
    : loop_(loop),
      buffers_(buffers),
      resolver_(resolver),
      metrics_(metrics),
      target_(std::move(target)),
      api_(api),
      self_(std::make_shared<UpstreamPool*>(this)) {
  if (const auto literal = literal_address(config_.endpoint)) {
    addresses_.push_back(*literal);
    ask_again_ = std::chrono::steady_clock::time_point::max();
  }
}

UpstreamPool::~UpstreamPool() {
  *self_ = nullptr;
  metrics_.add_upstream_connections(api_, UpstreamState::kIdle, -static_cast<int>(idle_.size()));
}

void UpstreamPool::acquire(UpstreamLease& lease, Freshness freshness) {
  lease.pool_ = this;
  if (freshness == Freshness::kReusedIsFine) {
    if (auto idle = take_idle()) return hand_over(lease, std::move(idle));
  }
  lease.attempt_ = std::make_unique<UpstreamLease::Attempt>(*this, lease);
  lease.attempt_->deadline.start(config_.connect_timeout);
  if (total_ >= config_.max_connections) {
    // An idle connection that must not be used makes room for a new one.
    if (idle_.empty()) {
      waiting_.push_back(&lease);
      return;
    }
    close_idle(*idle_.front());
    if (total_ >= config_.max_connections) {  // somebody who waited longer took the slot
      waiting_.push_back(&lease);
      return;
    }
  }
  ++total_;
  begin_attempt(lease);
}

std::unique_ptr<UpstreamConnection> UpstreamPool::take_idle() {
  for (auto it = idle_.rbegin(); it != idle_.rend(); ++it) {
    // The loop has looked at those of earlier turns: they are open and silent. One of this very
    // turn may hold bytes that nobody asked for, and the next call would take them for its answer.
    if ((*it)->released_turn_ == loop_.turn() && !(*it)->stream_.is_silent()) continue;
    auto connection = std::move(*it);
    idle_.erase(std::next(it).base());
    connection->idle_.stop();
    metrics_.add_upstream_connections(api_, UpstreamState::kIdle, -1);
    return connection;
  }
  return nullptr;
}

void UpstreamPool::begin_attempt(UpstreamLease& lease) {
  refresh_addresses();
  if (addresses_.empty()) {
    lease.attempt_->stage = UpstreamLease::Attempt::Stage::kResolving;
    resolving_.push_back(&lease);
    return;
  }
  try_next_address(lease);
}

void UpstreamPool::try_next_address(UpstreamLease& lease) {
  UpstreamLease::Attempt& attempt = *lease.attempt_;
  attempt.stage = UpstreamLease::Attempt::Stage::kConnecting;
  int error = 0;
  while (attempt.addresses_tried < addresses_.size()) {
    ++attempt.addresses_tried;
    auto fd = start_connect(addresses_[next_address_++ % addresses_.size()]);
    if (fd) {
      attempt.socket.fd = std::move(*fd);
      attempt.watch(loop_);
      return;
    }
    error = fd.error();
    if (error == EMFILE || error == ENFILE) {
      metrics_.count_bound(Bound::kFileDescriptors);
      return fail(lease, UpstreamFailure::kBusy,
                  "no file descriptor was left for a connection to the upstream");
    }
    metrics_.count_connect_failure(api_);
  }
  fail(lease, UpstreamFailure::kConnect, std::strerror(error));  // NOLINT(concurrency-mt-unsafe)
}

void UpstreamPool::connect_over(UpstreamLease& lease, int error) {
  UpstreamLease::Attempt& attempt = *lease.attempt_;
  if (error == 0) return secure(lease);
  metrics_.count_connect_failure(api_);
  attempt.socket.fd.reset();
  if (attempt.addresses_tried < addresses_.size()) return try_next_address(lease);
  fail(lease, UpstreamFailure::kConnect, std::strerror(error));  // NOLINT(concurrency-mt-unsafe)
}

void UpstreamPool::secure(UpstreamLease& lease) {
  UpstreamLease::Attempt& attempt = *lease.attempt_;
  Socket& socket = attempt.socket;
  if (target_.tls == nullptr) {
    return hand_over(lease, std::make_unique<UpstreamConnection>(*this, std::move(socket)));
  }
  attempt.stage = UpstreamLease::Attempt::Stage::kSecuring;
  socket.tls = target_.tls->connect(socket.fd.get());
  if (socket.tls == nullptr) return secured(lease, "there is no memory for it");
  attempt.handshake = std::make_unique<TlsHandshake>(
      loop_, socket.fd.get(), *socket.tls,
      [this, &lease](const std::string& fault) { secured(lease, fault); });
  attempt.handshake->step();
}

void UpstreamPool::secured(UpstreamLease& lease, const std::string& fault) {
  if (!fault.empty()) {
    UpstreamLease::Attempt& attempt = *lease.attempt_;
    metrics_.count_connect_failure(api_);
    // One that is broken may have a neighbour that is well; one that is somebody else has not.
    const bool broken = attempt.socket.tls != nullptr && !tls::is_distrusted(*attempt.socket.tls);
    if (broken && attempt.addresses_tried < addresses_.size()) {
      attempt.handshake.reset();
      attempt.socket = {};
      return try_next_address(lease);
    }
    return fail(lease, UpstreamFailure::kConnect, "the TLS handshake with it failed: " + fault);
  }
  Socket socket = std::move(lease.attempt_->socket);
  hand_over(lease, std::make_unique<UpstreamConnection>(*this, std::move(socket)));
}

void UpstreamPool::attempt_timed_out(UpstreamLease& lease) {
  const auto stage = lease.attempt_->stage;
  const std::string after = format_duration(config_.connect_timeout);
  if (stage == UpstreamLease::Attempt::Stage::kWaiting) {
    metrics_.count_bound(Bound::kUpstreamConnections);
    return fail(lease, UpstreamFailure::kBusy,
                fmt::format("all {} connections to the upstream were busy for {}",
                            config_.max_connections, after));
  }
  metrics_.count_connect_failure(api_);
  std::string_view what = "the connection was not accepted";
  if (stage == UpstreamLease::Attempt::Stage::kResolving) what = "its name was not resolved";
  if (stage == UpstreamLease::Attempt::Stage::kSecuring) what = "the TLS handshake was not over";
  fail(lease, UpstreamFailure::kConnect, fmt::format("{} after {}", what, after));
}

void UpstreamPool::fail(UpstreamLease& lease, UpstreamFailure failure, std::string_view why) {
  lease.drop();
  lease.user_.on_upstream_failed(failure, why);
}

void UpstreamPool::hand_over(UpstreamLease& lease, std::unique_ptr<UpstreamConnection> connection) {
  lease.attempt_.reset();
  connection->user_ = &lease.user_;
  lease.connection_ = std::move(connection);
  metrics_.add_upstream_connections(api_, UpstreamState::kBusy, 1);
  lease.user_.on_upstream_connected();
}

void UpstreamPool::release(std::unique_ptr<UpstreamConnection> connection) {
  // Who waits takes it within this turn, before the loop has looked at it again: see take_idle.
  const bool clean =
      !connection->stream_.broken() && (waiting_.empty() || connection->stream_.is_silent());
  if (retired_ || config_.keepalive == Duration::zero() || !clean) {
    return close_busy(std::move(connection));
  }
  metrics_.add_upstream_connections(api_, UpstreamState::kBusy, -1);
  ++connection->served_;
  connection->user_ = nullptr;
  connection->unread_.clear();
  connection->stream_.resume_reading();
  if (!waiting_.empty()) {
    UpstreamLease& lease = *waiting_.front();
    waiting_.pop_front();
    return hand_over(lease, std::move(connection));
  }
  connection->released_turn_ = loop_.turn();
  connection->idle_.start(config_.keepalive);
  metrics_.add_upstream_connections(api_, UpstreamState::kIdle, 1);
  idle_.push_back(std::move(connection));
}

void UpstreamPool::close_idle(UpstreamConnection& connection) {
  const auto it = std::find_if(idle_.begin(), idle_.end(),
                               [&](const auto& each) { return each.get() == &connection; });
  if (it == idle_.end()) return;
  connection.idle_.stop();
  connection.stream_.pause_reading();
  metrics_.add_upstream_connections(api_, UpstreamState::kIdle, -1);
  loop_.dispose(std::move(*it));
  idle_.erase(it);
  slot_freed();
}

void UpstreamPool::close_busy(std::unique_ptr<UpstreamConnection> connection) {
  metrics_.add_upstream_connections(api_, UpstreamState::kBusy, -1);
  connection->user_ = nullptr;
  connection->stream_.pause_reading();
  // It may be in its own callback.
  loop_.dispose(std::move(connection));
  slot_freed();
}

void UpstreamPool::abandon(UpstreamLease& lease) {
  const auto attempt = std::move(lease.attempt_);
  switch (attempt->stage) {
    case UpstreamLease::Attempt::Stage::kWaiting:
      std::erase(waiting_, &lease);
      return;
    case UpstreamLease::Attempt::Stage::kResolving:
      std::erase(resolving_, &lease);
      break;
    case UpstreamLease::Attempt::Stage::kConnecting:
    case UpstreamLease::Attempt::Stage::kSecuring:
      break;
  }
  slot_freed();
}

void UpstreamPool::slot_freed() {
  --total_;
  if (waiting_.empty()) return;
  UpstreamLease& lease = *waiting_.front();
  waiting_.pop_front();
  ++total_;
  begin_attempt(lease);
}

void UpstreamPool::refresh_addresses() {
  if (asking_ || loop_.now().steady < ask_again_) return;
  asking_ = true;
  resolver_.resolve(config_.endpoint.host, config_.endpoint.port, loop_,
                    [pool = self_](const Resolver::Answer& answer) {
                      if (*pool != nullptr) (*pool)->addresses_found(answer);
                    });
}

void UpstreamPool::addresses_found(const Resolver::Answer& answer) {
  asking_ = false;
  if (answer) {
    addresses_ = *answer;
    ask_again_ = loop_.now().steady + kAddressAge;
  }
  while (!resolving_.empty()) {
    UpstreamLease& lease = *resolving_.front();
    resolving_.pop_front();
    if (!addresses_.empty()) {
      try_next_address(lease);
      continue;
    }
    metrics_.count_connect_failure(api_);
    lease.attempt_->stage = UpstreamLease::Attempt::Stage::kConnecting;
    fail(lease, UpstreamFailure::kConnect,
         fmt::format("its name {} does not resolve: {}", config_.endpoint.host,
                     answer ? "no address" : answer.error()));
  }
}

void UpstreamPool::retire() {
  retired_ = true;
  while (!idle_.empty()) close_idle(*idle_.back());
}

}  // namespace tollgate
