// See server.h. The control loop's thread owns everything here but the workers' insides.
#include "proxy/server.h"

#include <fmt/format.h>
#include <malloc.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "proxy/access_log.h"
#include "proxy/admin.h"
#include "proxy/config_json.h"
#include "proxy/cpu_quota.h"
#include "proxy/file_watch.h"
#include "proxy/fixed_at_start.h"
#include "proxy/graphql_files.h"
#include "proxy/held_bytes.h"
#include "proxy/recent_refusals.h"
#include "proxy/snapshot.h"
#include "proxy/status.h"
#include "proxy/version.h"
#include "proxy/window_fill.h"
#include "proxy/windows_file.h"
#include "proxy/worker.h"

namespace tollgate {
namespace {

// How often windows are saved and idle ones given back: what a crash may forget.
constexpr Duration kKeepWindowsEvery = 2s;

Diagnostics one_problem(std::string file, std::string setting, std::string message) {
  return {Diagnostic{std::move(file), 0, 0, std::move(setting), std::move(message)}};
}

class ServerImpl final : public Server {
 public:
  explicit ServerImpl(ServerOptions options)
      : options_(std::move(options)),
        loop_(options_.clock),
        metrics_(kVersion, kCommit),
        drain_deadline_(
            loop_.deadlines(), [](void* self) { static_cast<ServerImpl*>(self)->give_up_drain(); },
            this),
        keep_windows_(
            loop_.deadlines(), [](void* self) { static_cast<ServerImpl*>(self)->keep_windows(); },
            this) {}

  ~ServerImpl() override {
    watch_.reset();
    workers_.clear();
    save_windows();  // of what the last calls were charged
  }

  tl::expected<void, Diagnostics> set_up();

  void run() override {
    for (const auto& worker : workers_) worker->start();
    loop_.run();
    workers_.clear();
  }
  std::uint16_t listen_port(std::size_t index) const override { return ports_.at(index); }
  std::uint16_t admin_port() const override { return admin_->port(); }
  std::uint16_t metrics_port() const override {
    return metrics_server_ == nullptr ? std::uint16_t{0} : metrics_server_->port();
  }
  void reload(std::function<void(bool)> done) override {
    loop_.post([this, done = std::move(done)] { reload_now(done); });
  }
  void drain() override {
    loop_.post([this] { drain_now(); });
  }
  void stop() override { loop_.stop(); }
  void reopen_log() override;
  void expire_deadlines(std::function<void()> done) override;

 private:
  tl::expected<void, Diagnostics> listen_all();
  Diagnostics addresses_of_others() const;
  tl::expected<void, Diagnostics> start_admin();
  void announce() const;
  void show_snapshot();
  void reload_now(const std::function<void(bool)>& done);
  void apply_everywhere(std::function<void(bool)> done);
  void drain_now();
  void give_up_drain();
  void restore_windows();
  void keep_windows();
  void save_windows();
  std::vector<WindowFill> window_fill() const;
  std::string status() const;
  std::string metrics();

  // constant once set up
  const ServerOptions options_;
  Loop loop_;
  Metrics metrics_;
  FailureCounter failures_;
  graphql::PersistedQueries persisted_queries_;
  std::unique_ptr<MemoryWindows> windows_;
  const LastingParts lasting_{failures_, persisted_queries_, windows_, metrics_};
  Resolver resolver_;
  RecentRefusals refusals_;
  HeldBytes held_;
  std::unique_ptr<AccessLog> access_log_;
  std::vector<std::uint16_t> ports_;
  Config start_config_;
  std::unique_ptr<AdminServer> admin_;
  std::unique_ptr<AdminServer> metrics_server_;
  std::unique_ptr<WindowsFile> windows_file_;  // null: windows are forgotten at the end
  std::unique_ptr<FileWatch> watch_;

  // control thread only
  SnapshotPtr snapshot_;
  ReloadStatus last_reload_;
  Instant started_;
  bool draining_ = false;
  std::size_t drained_workers_ = 0;
  std::uint64_t unsaved_ = 0;  // times that windows could not go into a file that is not ours
  Deadline drain_deadline_;
  Deadline keep_windows_;

  // any thread
  std::atomic<std::int64_t> client_connections_ = 0;

  std::vector<std::vector<std::shared_ptr<Fd>>>
      sockets_;  // per worker, until the workers have them
  std::vector<std::unique_ptr<Worker>> workers_;
};

tl::expected<void, Diagnostics> ServerImpl::set_up() {
  started_ = options_.clock.now();
  std::vector<SeenFile> read;
  auto snapshot =
      load_snapshot(options_.config_file, options_.environment, lasting_, nullptr, read);
  if (!snapshot) return tl::unexpected(snapshot.error());
  snapshot_ = std::move(*snapshot);
  malloc_trim(0);  // what reading took; once workers run it would hold them up
  start_config_ = snapshot_->config;
  show_snapshot();
  auto log = AccessLog::open(snapshot_->config.access_log.path);
  if (!log)
    return tl::unexpected(one_problem(options_.config_file, "access_log.path", log.error()));
  access_log_ = std::move(*log);
  if (auto listening = listen_all(); !listening) return listening;
  if (auto admin = start_admin(); !admin) return admin;
  // Only now: another process that has these addresses may have the file too.
  restore_windows();
  watch_ = FileWatch::start(loop_.base(), std::move(read), [this] { reload_now([](bool) {}); });
  const SharedParts shared{options_.clock, resolver_, *access_log_,
                           refusals_,      held_,     client_connections_};
  for (auto& sockets : sockets_) {
    workers_.push_back(
        std::make_unique<Worker>(shared, metrics_.add_worker(), snapshot_, std::move(sockets)));
  }
  sockets_.clear();
  announce();
  return {};
}

// What the metrics show of a snapshot that is in force from now on.
void ServerImpl::show_snapshot() {
  metrics_.set_config_hash(snapshot_->hash);
  std::vector<Metrics::KeyExpiry> expiries;
  for (const Key& key : snapshot_->keys->keys()) {
    if (!key.expires || key.disabled) continue;
    expiries.push_back({snapshot_->id_of(&key), *key.expires});
  }
  metrics_.set_key_expiries(std::move(expiries));
  for (const std::string& warning :
       {notify_is_not_built(snapshot_->keys->keys()), prices_without_schema(snapshot_->config)}) {
    if (!warning.empty()) spdlog::warn("{}", warning);
  }
  const std::vector<CertificateTerm> certificates = snapshot_->certificates();
  for (const CertificateTerm& each : certificates) {
    if (each.ends > options_.clock.now().wall) continue;
    spdlog::warn("{} holds a certificate that has ended: whoever checks it will not connect",
                 each.file);
  }
  metrics_.set_certificates(certificates);
}

// What an operator wants to see in the log of a start.
void ServerImpl::announce() const {
  const Config& config = snapshot_->config;
  for (std::size_t i = 0; i < config.listen.size(); ++i) {
    Endpoint endpoint = config.listen[i].address;
    endpoint.port = ports_[i];
    spdlog::info("listening on {} with {} workers{}{}", endpoint.text(), workers_.size(),
                 config.listen[i].tls ? ", TLS" : "",
                 config.listen[i].proxy_protocol ? ", PROXY protocol" : "");
  }
  std::string trusted;
  for (const IpRange& range : config.client_address.trusted_proxies) trusted += " " + range.text();
  spdlog::info("trusted proxies:{}", trusted.empty() ? " none" : trusted);
  for (const ApiConfig& api : config.apis) {
    spdlog::info("API {}: {}{} to {}", api.name, api.host, api.base, api.upstream.url);
  }
}

// Workers share an address, and another process that shares it too would take half of the calls: at
// first each must be free.
Diagnostics ServerImpl::addresses_of_others() const {
  Diagnostics problems;
  const std::vector<ListenConfig>& listen = snapshot_->config.listen;
  for (std::size_t i = 0; i < listen.size(); ++i) {
    if (listen[i].address.is_unix() || listen[i].address.port == 0) continue;
    const auto alone = listen_on(listen[i].address, Sharing::kNone);
    if (alone) continue;
    problems.push_back(
        {options_.config_file, 0, 0, fmt::format("listen[{}].address", i), alone.error()});
  }
  return problems;
}

// One socket a worker for TCP; Unix sockets are shared.
tl::expected<void, Diagnostics> ServerImpl::listen_all() {
  const Config& config = snapshot_->config;
  const std::size_t workers = config.workers != 0 ? config.workers : workers_for_cpu_quota();
  sockets_.resize(workers);
  Diagnostics problems = workers > 1 ? addresses_of_others() : Diagnostics();
  if (!problems.empty()) return tl::unexpected(problems);
  for (std::size_t i = 0; i < config.listen.size(); ++i) {
    Endpoint endpoint = config.listen[i].address;
    const bool shares = workers > 1 && !endpoint.is_unix();
    std::shared_ptr<Fd> shared;
    for (auto& sockets : sockets_) {
      if (shared == nullptr || !endpoint.is_unix()) {
        auto fd = listen_on(endpoint, shares ? Sharing::kReusePort : Sharing::kNone);
        if (!fd) {
          problems.push_back(
              {options_.config_file, 0, 0, fmt::format("listen[{}].address", i), fd.error()});
          break;
        }
        shared = std::make_shared<Fd>(std::move(*fd));
        if (!endpoint.is_unix()) endpoint.port = bound_port(shared->get());
      }
      sockets.push_back(shared);
    }
    ports_.push_back(endpoint.port);
  }
  if (!problems.empty()) return tl::unexpected(problems);
  return {};
}

tl::expected<void, Diagnostics> ServerImpl::start_admin() {
  const Config& config = snapshot_->config;
  const AdminSource source{
      .ready = [this] { return !draining_; },
      .metrics = [this] { return metrics(); },
      .config_json =
          [this] {
            return config_json(in_force(start_config_, snapshot_->listen, snapshot_->config));
          },
      .status_json = [this] { return status(); },
      .full = [this] { metrics_.count_bound(Bound::kAdminConnections); },
  };
  auto admin = AdminServer::listen(loop_, config.admin, AdminPages::kAll, source);
  if (!admin)
    return tl::unexpected(one_problem(options_.config_file, "admin.address", admin.error()));
  admin_ = std::move(*admin);
  if (!config.metrics) return {};
  auto metrics = AdminServer::listen(loop_, *config.metrics, AdminPages::kMetricsOnly, source);
  if (!metrics)
    return tl::unexpected(one_problem(options_.config_file, "metrics.address", metrics.error()));
  metrics_server_ = std::move(*metrics);
  return {};
}

void ServerImpl::reload_now(const std::function<void(bool)>& done) {
  std::vector<SeenFile> read;
  auto loaded =
      load_snapshot(options_.config_file, options_.environment, lasting_, snapshot_.get(), read);
  watch_->watch(std::move(read));
  last_reload_.at = options_.clock.now().wall;
  last_reload_.problems.clear();
  if (!loaded) {
    metrics_.count_reload(Metrics::ReloadResult::kFailure);
    for (const Diagnostic& problem : loaded.error()) {
      last_reload_.problems.push_back(problem.text());
      spdlog::error("reload refused, the configuration in force stays: {}", problem.text());
    }
    return done(false);
  }
  last_reload_.pending_restart = changed_since_start(start_config_, (*loaded)->config);
  for (const std::string& name : last_reload_.pending_restart) {
    spdlog::warn("{} has changed; that takes effect at the next start", name);
  }
  snapshot_ = std::move(*loaded);
  metrics_.count_reload(Metrics::ReloadResult::kSuccess);
  show_snapshot();
  spdlog::info("reloaded: {} APIs, {} keys, hash {}", snapshot_->apis.size(),
               snapshot_->keys->keys().size(), snapshot_->hash);
  apply_everywhere(done);
}

// Streams whose keys are no longer good end after that: whoever sees one end is refused by every
// worker.
void ServerImpl::apply_everywhere(std::function<void(bool)> done) {
  auto left = std::make_shared<std::atomic<std::size_t>>(workers_.size());
  for (const auto& worker : workers_) {
    worker->apply(snapshot_, [this, left, done] {
      if (left->fetch_sub(1) != 1) return;
      loop_.post([this, done] {
        for (const auto& each : workers_) each->reconsider();
        done(true);
      });
    });
  }
}

void ServerImpl::drain_now() {
  if (draining_) return loop_.stop();  // asked twice: at once
  draining_ = true;
  spdlog::info("draining: no new connections, {} open ones may end within {}",
               client_connections_.load(), format_duration(snapshot_->config.drain_timeout));
  drain_deadline_.start(snapshot_->config.drain_timeout);
  for (const auto& worker : workers_) {
    worker->drain([this] {
      loop_.post([this] {
        if (++drained_workers_ == workers_.size()) loop_.stop();
      });
    });
  }
}

void ServerImpl::give_up_drain() {
  spdlog::warn("drain.timeout is over: {} connections are cut", client_connections_.load());
  loop_.stop();
}

void ServerImpl::reopen_log() {
  loop_.post([this] {
    const auto reopened = access_log_->reopen();
    if (!reopened) spdlog::error("the access log stays as it is: {}", reopened.error());
  });
}

void ServerImpl::expire_deadlines(std::function<void()> done) {
  loop_.post([this, done = std::move(done)] {
    loop_.deadlines().expire();
    auto left = std::make_shared<std::atomic<std::size_t>>(workers_.size());
    for (const auto& worker : workers_) {
      worker->expire_deadlines([left, done] {
        if (left->fetch_sub(1) == 1) done();
      });
    }
  });
}

void ServerImpl::restore_windows() {
  keep_windows_.start(kKeepWindowsEvery);
  const std::string& file = snapshot_->config.limits.store.snapshot;
  if (file.empty()) return;
  const auto restored = tollgate::restore_windows(file, *windows_, options_.clock.now());
  if (!restored && restored.error().file == Unread::File::kForeign) {
    spdlog::error(
        "{}, so it is left alone: windows begin empty, and are not saved. Name another file in "
        "limits.store.snapshot, or remove this one, and start again",
        restored.error().why);
    return;
  }
  if (!restored) {
    spdlog::error("{}; windows begin empty, and it will be written anew", restored.error().why);
  } else if (*restored) {
    spdlog::info("windows of {} scopes are restored from {}", **restored, file);
  } else {
    spdlog::info("{} is not there yet: windows begin empty", file);
  }
  windows_file_ = std::make_unique<WindowsFile>(file);
}

void ServerImpl::keep_windows() {
  windows_->sweep(options_.clock.now().steady);
  save_windows();
  keep_windows_.start(kKeepWindowsEvery);
}

void ServerImpl::save_windows() {
  if (windows_file_ != nullptr) return windows_file_->save(*windows_, options_.clock.now());
  if (!start_config_.limits.store.snapshot.empty()) ++unsaved_;
}

std::vector<WindowFill> ServerImpl::window_fill() const {
  return fill_of_windows(*snapshot_, *windows_, options_.clock.now().steady);
}

std::string ServerImpl::status() const {
  return status_json(*snapshot_, metrics_, refusals_, last_reload_, window_fill(),
                     {started_.wall, options_.clock.now().wall, draining_});
}

std::string ServerImpl::metrics() {
  metrics_.set_lost_log_lines(access_log_->lost_lines());
  metrics_.set_shared_charges(windows_->shared_charges());
  if (!start_config_.limits.store.snapshot.empty()) {
    const WindowsFile::Writes writes =
        windows_file_ == nullptr ? WindowsFile::Writes{0, unsaved_} : windows_file_->writes();
    metrics_.set_window_snapshots(writes.succeeded, writes.failed);
  }
  return metrics_.text(window_fill());
}

}  // namespace

tl::expected<std::unique_ptr<Server>, Diagnostics> Server::start(ServerOptions options) {
  auto server = std::make_unique<ServerImpl>(std::move(options));
  if (auto ready = server->set_up(); !ready) return tl::unexpected(ready.error());
  return server;
}

}  // namespace tollgate
