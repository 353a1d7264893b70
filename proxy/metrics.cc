// See metrics.h. Scrapes run on the control thread, counting on the workers'.
#include "proxy/metrics.h"

#include <map>
#include <mutex>
#include <unordered_map>

#include "proxy/metrics_sums.h"
#include "proxy/metrics_text.h"
#include "proxy/process_metrics.h"
#include "proxy/worker_metrics.h"

namespace tollgate {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// Names as numbers; 0 is the empty name.
class Names {
 public:
  std::uint32_t id(std::string_view name) {
    const auto [found, added] =
        ids_.emplace(std::string(name), static_cast<std::uint32_t>(names_.size()));
    if (added) names_.emplace_back(name);
    return found->second;
  }
  [[nodiscard]] const std::string& name(std::uint32_t id) const { return names_[id]; }
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  std::vector<std::string> names_{""};
  std::unordered_map<std::string, std::uint32_t> ids_{{"", 0}};
};

MetricFamily family(const char* name, const char* help, MetricType type) {
  return {name, help, type, {}};
}

using LabelViews = std::initializer_list<std::pair<std::string_view, std::string_view>>;

ClientMetric& add_series(MetricFamily& to, double value) {
  ClientMetric& metric = to.metric.emplace_back();
  metric.counter.value = value;
  metric.gauge.value = value;
  return metric;
}
void add(MetricFamily& to, LabelViews labels, double value) {
  Labels& added = add_series(to, value).label;
  added.reserve(labels.size());
  for (const auto& [name, text] : labels) added.push_back({std::string(name), std::string(text)});
}

std::string_view outcome_word(std::size_t outcome) {
  if (outcome == 0) return "forwarded";
  return outcome <= kReasonCount ? reason_rows()[outcome - 1].word : "answered";
}

}  // namespace

struct Metrics::State {
  State(std::string_view v, std::string_view c) : version(v), commit(c) {}
  const std::string version;
  const std::string commit;

  // guarded by mu
  mutable std::mutex mu;
  Names apis;
  Names keys;
  std::vector<std::unique_ptr<WorkerMetrics>> workers;
  std::array<std::uint64_t, 2> reloads{};
  bool last_reload_successful = true;
  std::string config_hash;
  std::vector<KeyExpiry> key_expiries;
  std::array<std::uint64_t, kBoundCount> bounds{};  // that no worker counts
  std::optional<std::array<std::uint64_t, 2>> window_snapshots;
  std::vector<CertificateTerm> certificates;

  [[nodiscard]] Sums sums() const;
  void append_calls(std::vector<MetricFamily>& out, const Sums& sums) const;
  void append_durations(std::vector<MetricFamily>& out, const Sums& sums) const;
  void append_limits(std::vector<MetricFamily>& out, const Sums& sums,
                     const std::vector<WindowFill>& windows) const;
  void append_connections(std::vector<MetricFamily>& out, const Sums& sums) const;
  void append_process(std::vector<MetricFamily>& out) const;
};

Sums Metrics::State::sums() const {
  Sums sums;
  sums.bounds = bounds;
  for (std::uint32_t id = 1; id < apis.size(); ++id)
    sums.apis[id];  // configured ones from the start
  for (const auto& worker : workers) {
    WorkerMetrics::State& state = *worker->state_;
    const WorkerMetrics::State::Rows rows = state.rows();
    for (const auto& [api, row] : rows.apis) sums.apis[api].add(*row);
    for (const KeyCounters* row : rows.keys) {
      KeySum& sum = sums.keys[{row->api, row->key}];
      for (std::size_t i = 0; i < kOutcomeCount; ++i) sum.outcomes[i] += row->outcomes[i].get();
      sum.last_used_ms = std::max(sum.last_used_ms, row->last_used_ms.get());
    }
    for (const ChargeCounters* row : rows.charges) {
      Amounts& charged = sums.charged[{row->api, row->scope}];
      for (const Measure measure : kMeasures) {
        charged[measure] += row->charged[static_cast<std::size_t>(measure)].get();
      }
    }
    for (const ExceededCounters* row : rows.exceeded) {
      sums.exceeded[{row->api, row->scope, row->measure, row->length, row->enforced}] +=
          row->calls.get();
    }
    for (std::size_t i = 0; i < kBoundCount; ++i) sums.bounds[i] += state.bounds[i].get();
    for (std::size_t i = 0; i < kHandshakeCount; ++i) {
      sums.handshakes[i] += state.handshakes[i].get();
    }
    sums.client_connections += state.client_connections.load(std::memory_order_relaxed);
  }
  return sums;
}

void Metrics::State::append_calls(std::vector<MetricFamily>& out, const Sums& sums) const {
  auto requests = family(
      "tollgate_requests_total",
      "Calls by API, key and outcome: forwarded, answered by Tollgate itself, or the reason of the "
      "refusal.",
      MetricType::Counter);
  auto last_used = family("tollgate_key_last_used_timestamp_seconds",
                          "When a key last made a call, in Unix time.", MetricType::Gauge);
  std::map<KeyId, std::uint64_t> last;
  for (const auto& [who, sum] : sums.keys) {
    const std::string& api = apis.name(who.first);
    const std::string& key = keys.name(who.second);
    for (std::size_t i = 0; i < kOutcomeCount; ++i) {
      if (sum.outcomes[i] == 0) continue;
      add(requests, {{"api", api}, {"key", key}, {"outcome", outcome_word(i)}},
          static_cast<double>(sum.outcomes[i]));
    }
    if (who.second != 0) last[who.second] = std::max(last[who.second], sum.last_used_ms);
  }
  for (const auto& [key, ms] : last) {
    add(last_used, {{"key", keys.name(key)}}, static_cast<double>(ms) / 1e3);
  }
  auto expires = family("tollgate_key_expires_timestamp_seconds",
                        "When a key expires, in Unix time; of keys that do and are not disabled.",
                        MetricType::Gauge);
  for (const KeyExpiry& each : key_expiries) {
    add(expires, {{"key", keys.name(each.key)}},
        static_cast<double>(each.expires.time_since_epoch().count()));
  }
  auto responses =
      family("tollgate_responses_total", "Answers by API and status code.", MetricType::Counter);
  auto bytes =
      family("tollgate_bytes_total", "Bytes of calls by API: in from clients, out to clients.",
             MetricType::Counter);
  for (const auto& [id, sum] : sums.apis) {
    const std::string& api = apis.name(id);
    for (const auto& [code, count] : sum.responses) {
      add(responses, {{"api", api}, {"code", std::to_string(code)}}, static_cast<double>(count));
    }
    add(bytes, {{"api", api}, {"direction", "in"}}, static_cast<double>(sum.bytes_in));
    add(bytes, {{"api", api}, {"direction", "out"}}, static_cast<double>(sum.bytes_out));
  }
  for (auto* each : {&requests, &last_used, &expires, &responses, &bytes}) {
    out.push_back(std::move(*each));
  }
}

void Metrics::State::append_durations(std::vector<MetricFamily>& out, const Sums& sums) const {
  auto request =
      family("tollgate_request_duration_seconds",
             "From a call's first byte to the last of its answer.", MetricType::Histogram);
  auto upstream = family("tollgate_upstream_duration_seconds",
                         "From handing a call on to its answer's head.", MetricType::Histogram);
  auto added =
      family("tollgate_added_duration_seconds",
             "What Tollgate itself added to a call that it forwarded.", MetricType::Histogram);
  auto complexity = family("tollgate_query_complexity", "Points of GraphQL calls that were priced.",
                           MetricType::Histogram);
  constexpr double kSecond = 1e9;
  for (const auto& [id, sum] : sums.apis) {
    const Labels labels{{"api", apis.name(id)}};
    complexity.metric.push_back(sum.query_complexity.metric(kComplexityBounds, 1, labels));
    request.metric.push_back(sum.request_duration.metric(kDurationBounds, kSecond, labels));
    upstream.metric.push_back(sum.upstream_duration.metric(kDurationBounds, kSecond, labels));
    added.metric.push_back(sum.added_duration.metric(kAddedBounds, kSecond, labels));
  }
  for (auto* each : {&request, &upstream, &added, &complexity}) out.push_back(std::move(*each));
}

void Metrics::State::append_limits(std::vector<MetricFamily>& out, const Sums& sums,
                                   const std::vector<WindowFill>& windows) const {
  auto charged = family("tollgate_charged_total",
                        "What calls were charged, by API, scope and measure; of a call that was "
                        "given back, nothing.",
                        MetricType::Counter);
  // A scope whose group has changed is another one of the same label.
  std::map<std::pair<ApiId, std::string>, Amounts> charged_sums;
  for (const auto& [who, amounts] : sums.charged) {
    Amounts& sum = charged_sums[{who.first, who.second->name().label()}];
    for (const Measure measure : kMeasures) sum[measure] += amounts[measure];
  }
  for (const auto& [who, amounts] : charged_sums) {
    for (const Measure measure : kMeasures) {
      add(charged,
          {{"api", apis.name(who.first)}, {"scope", who.second}, {"measure", word_of(measure)}},
          static_cast<double>(amounts[measure]));
    }
  }
  auto exceeded = family("tollgate_limit_exceeded_total",
                         "Calls that found no room in a window: refused (enforce), or let through "
                         "and only counted (shadow).",
                         MetricType::Counter);
  std::map<Labels, std::uint64_t> exceeded_sums;
  for (const auto& [key, calls] : sums.exceeded) {
    exceeded_sums[{{"api", apis.name(key.api)},
                   {"scope", key.scope->name().label()},
                   {"measure", std::string(word_of(key.measure))},
                   {"window", format_duration(std::chrono::duration_cast<Duration>(key.length))},
                   {"mode", key.enforced ? "enforce" : "shadow"}}] += calls;
  }
  for (const auto& [labels, calls] : exceeded_sums) {
    add_series(exceeded, static_cast<double>(calls)).label = labels;
  }
  auto utilization = family(
      "tollgate_limit_utilization_ratio",
      "How full a window is: 1 is its limit. Of client addresses, the fullest.", MetricType::Gauge);
  for (const WindowFill& fill : windows) {
    add(utilization,
        {{"scope", fill.scope},
         {"group", fill.group},
         {"measure", word_of(fill.measure)},
         {"window", fill.window}},
        fill.ratio());
  }
  auto snapshots =
      family("tollgate_window_snapshots_total",
             "Attempts to write the windows to limits.store.snapshot.", MetricType::Counter);
  if (window_snapshots) {
    add(snapshots, {{"result", "success"}}, static_cast<double>((*window_snapshots)[0]));
    add(snapshots, {{"result", "failure"}}, static_cast<double>((*window_snapshots)[1]));
  }
  for (auto* each : {&charged, &exceeded, &utilization, &snapshots}) {
    out.push_back(std::move(*each));
  }
}

void Metrics::State::append_connections(std::vector<MetricFamily>& out, const Sums& sums) const {
  auto clients =
      family("tollgate_client_connections", "Open connections of clients.", MetricType::Gauge);
  add(clients, {}, static_cast<double>(sums.client_connections));
  auto upstream =
      family("tollgate_upstream_connections",
             "Open connections to upstreams by API: idle in the pool, or busy with a call.",
             MetricType::Gauge);
  auto failures = family("tollgate_upstream_connect_failures_total",
                         "Attempts to connect to an upstream that failed.", MetricType::Counter);
  for (const auto& [id, sum] : sums.apis) {
    if (id == 0) continue;
    const std::string& api = apis.name(id);
    add(upstream, {{"api", api}, {"state", "busy"}}, static_cast<double>(sum.upstream_busy));
    add(upstream, {{"api", api}, {"state", "idle"}}, static_cast<double>(sum.upstream_idle));
    add(failures, {{"api", api}}, static_cast<double>(sum.connect_failures));
  }
  auto overload =
      family("tollgate_overload_total",
             "How often a bound of Tollgate's own was hit, by bound; log_queue counts lines.",
             MetricType::Counter);
  for (std::size_t i = 0; i < kBoundCount; ++i) {
    add(overload, {{"bound", word_of(static_cast<Bound>(i))}}, static_cast<double>(sums.bounds[i]));
  }
  auto handshakes =
      family("tollgate_handshakes_total",
             "What connections of clients began with: TLS or the PROXY protocol, by result.",
             MetricType::Counter);
  for (std::size_t i = 0; i < kHandshakeCount; ++i) {
    add(handshakes,
        {{"protocol", i / 2 == static_cast<std::size_t>(Handshake::kTls) ? "tls" : "proxy"},
         {"result",
          i % 2 == static_cast<std::size_t>(HandshakeResult::kSuccess) ? "success" : "failure"}},
        static_cast<double>(sums.handshakes[i]));
  }
  for (auto* each : {&clients, &upstream, &failures, &overload, &handshakes}) {
    out.push_back(std::move(*each));
  }
}

void Metrics::State::append_process(std::vector<MetricFamily>& out) const {
  auto reload = family("tollgate_config_reloads_total",
                       "Reloads of the configuration and the keys.", MetricType::Counter);
  add(reload, {{"result", "success"}}, static_cast<double>(reloads[0]));
  add(reload, {{"result", "failure"}}, static_cast<double>(reloads[1]));
  auto successful = family("tollgate_config_last_reload_successful",
                           "1 if the files as they are now are in force, 0 if they were refused.",
                           MetricType::Gauge);
  add(successful, {}, last_reload_successful ? 1 : 0);
  auto info = family("tollgate_config_info", "Hash of the configuration and keys in force.",
                     MetricType::Gauge);
  add(info, {{"hash", config_hash}}, 1);
  auto build = family("tollgate_build_info", "What is running.", MetricType::Gauge);
  add(build, {{"version", version}, {"commit", commit}}, 1);
  auto begins = family("tollgate_certificate_begins_timestamp_seconds",
                       "From when a certificate that Tollgate shows is good, in Unix time, by its "
                       "file.",
                       MetricType::Gauge);
  auto ends = family("tollgate_certificate_expires_timestamp_seconds",
                     "When a certificate that Tollgate shows ends, in Unix time, by its file.",
                     MetricType::Gauge);
  for (const CertificateTerm& each : certificates) {
    const auto seconds = [](std::chrono::system_clock::time_point time) {
      return static_cast<double>(std::chrono::system_clock::to_time_t(time));
    };
    add(begins, {{"file", each.file}}, seconds(each.begins));
    add(ends, {{"file", each.file}}, seconds(each.ends));
  }
  for (auto* each : {&reload, &successful, &info, &build, &begins, &ends})
    out.push_back(std::move(*each));
  append_process_metrics(out);
}

Metrics::Metrics(std::string_view version, std::string_view commit)
    : state_(std::make_unique<State>(version, commit)) {}
Metrics::~Metrics() = default;

ApiId Metrics::api_id(std::string_view name) {
  const std::lock_guard lock(state_->mu);
  return state_->apis.id(name);
}

KeyId Metrics::key_id(std::string_view name) {
  const std::lock_guard lock(state_->mu);
  return state_->keys.id(name);
}

WorkerMetrics& Metrics::add_worker() {
  const std::lock_guard lock(state_->mu);
  return *state_->workers.emplace_back(std::make_unique<WorkerMetrics>());
}

void Metrics::count_reload(ReloadResult result) {
  const std::lock_guard lock(state_->mu);
  state_->last_reload_successful = result == ReloadResult::kSuccess;
  ++state_->reloads[result == ReloadResult::kSuccess ? 0 : 1];
}

void Metrics::set_config_hash(std::string_view hash) {
  const std::lock_guard lock(state_->mu);
  state_->config_hash = hash;
}

void Metrics::set_key_expiries(std::vector<KeyExpiry> expiries) {
  const std::lock_guard lock(state_->mu);
  state_->key_expiries = std::move(expiries);
}

void Metrics::set_certificates(std::vector<CertificateTerm> certificates) {
  const std::lock_guard lock(state_->mu);
  state_->certificates = std::move(certificates);
}

void Metrics::count_bound(Bound bound) {
  const std::lock_guard lock(state_->mu);
  ++state_->bounds[static_cast<std::size_t>(bound)];
}

void Metrics::set_lost_log_lines(std::uint64_t lines) {
  const std::lock_guard lock(state_->mu);
  state_->bounds[static_cast<std::size_t>(Bound::kLogQueue)] = lines;
}

void Metrics::set_shared_charges(std::uint64_t calls) {
  const std::lock_guard lock(state_->mu);
  state_->bounds[static_cast<std::size_t>(Bound::kLimitAddresses)] = calls;
}

void Metrics::set_window_snapshots(std::uint64_t succeeded, std::uint64_t failed) {
  const std::lock_guard lock(state_->mu);
  state_->window_snapshots = {succeeded, failed};
}

std::string Metrics::text(const std::vector<WindowFill>& windows) const {
  std::vector<MetricFamily> families;
  {
    const std::lock_guard lock(state_->mu);
    const Sums sums = state_->sums();
    state_->append_calls(families, sums);
    state_->append_durations(families, sums);
    state_->append_limits(families, sums, windows);
    state_->append_connections(families, sums);
    state_->append_process(families);
  }
  std::erase_if(families, [](const MetricFamily& each) { return each.metric.empty(); });
  return metrics_text(families);
}

std::vector<Metrics::KeyUse> Metrics::key_use() const {
  const std::lock_guard lock(state_->mu);
  std::vector<KeyUse> uses(state_->keys.size());
  for (const auto& [who, sum] : state_->sums().keys) {
    KeyUse& use = uses[who.second];
    use.forwarded += sum.outcomes[0];
    use.refused += sum.refused();
    use.last_used = std::max(use.last_used, static_cast<double>(sum.last_used_ms) / 1e3);
  }
  return uses;
}

std::vector<Metrics::ApiUse> Metrics::api_use() const {
  const std::lock_guard lock(state_->mu);
  const Sums sums = state_->sums();
  std::vector<ApiUse> uses(state_->apis.size());
  for (const auto& [id, api] : sums.apis) {
    uses[id] = {0, 0, api.connect_failures, api.upstream_idle, api.upstream_busy};
  }
  for (const auto& [who, sum] : sums.keys) {
    uses[who.first].forwarded += sum.outcomes[0];
    uses[who.first].refused += sum.refused();
  }
  return uses;
}

std::int64_t Metrics::client_connections() const {
  const std::lock_guard lock(state_->mu);
  return state_->sums().client_connections;
}

}  // namespace tollgate
