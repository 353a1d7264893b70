// See worker_metrics.h. The functions here run on the worker's own thread, but for rows().
#include "proxy/worker_metrics.h"

#include <algorithm>
#include <iterator>

namespace tollgate {
namespace {

void change(std::atomic<std::int64_t>& gauge, int by) {
  gauge.store(gauge.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace

std::string_view word_of(Bound bound) {
  switch (bound) {
    case Bound::kConnections:
      return "connections";
    case Bound::kUpstreamConnections:
      return "upstream_connections";
    case Bound::kHeaderTimeout:
      return "header_timeout";
    case Bound::kBodyTimeout:
      return "body_timeout";
    case Bound::kIdleTimeout:
      return "idle_timeout";
    case Bound::kHeaderBytes:
      return "header_bytes";
    case Bound::kHeaders:
      return "headers";
    case Bound::kBodyBytes:
      return "body_bytes";
    case Bound::kHeldBytes:
      return "held_bytes";
    case Bound::kFileDescriptors:
      return "file_descriptors";
    case Bound::kLogQueue:
      return "log_queue";
    case Bound::kAdminConnections:
      return "admin_connections";
    case Bound::kLimitAddresses:
      return "limit_addresses";
  }
  return "";
}

WorkerMetrics::State::Rows WorkerMetrics::State::rows() {
  Rows rows;
  const auto pointer = [](const auto& row) { return row.get(); };
  const std::lock_guard lock(mu);
  for (const auto& [api, row] : apis) rows.apis.emplace_back(api, row.get());
  std::ranges::transform(keys, std::back_inserter(rows.keys), pointer);
  std::ranges::transform(charges, std::back_inserter(rows.charges), pointer);
  std::ranges::transform(exceeded, std::back_inserter(rows.exceeded), pointer);
  return rows;
}

ApiCounters& WorkerMetrics::State::api_row(ApiId api) {
  if (api < api_rows.size() && api_rows[api] != nullptr) return *api_rows[api];
  if (api >= api_rows.size()) api_rows.resize(api + 1, nullptr);
  const std::lock_guard lock(mu);
  api_rows[api] = apis.emplace_back(api, std::make_unique<ApiCounters>()).second.get();
  return *api_rows[api];
}

KeyCounters& WorkerMetrics::State::key_row(ApiId api, KeyId key) {
  if (last_row != nullptr && last_row->api == api && last_row->key == key) return *last_row;
  KeyCounters*& row = key_rows[std::uint64_t{api} << 32 | key];
  if (row == nullptr) {
    const std::lock_guard lock(mu);
    row = keys.emplace_back(std::make_unique<KeyCounters>()).get();
    row->api = api;
    row->key = key;
  }
  last_row = row;
  return *row;
}

ChargeCounters& WorkerMetrics::State::charge_row(ApiId api, const Scope* scope) {
  std::vector<ChargeCounters*>& rows = charge_rows[scope];
  for (ChargeCounters* row : rows) {
    if (row->api == api) return *row;
  }
  auto made = std::make_unique<ChargeCounters>();
  made->api = api;
  made->scope = scope;
  rows.push_back(made.get());
  const std::lock_guard lock(mu);
  return *charges.emplace_back(std::move(made));
}

ExceededCounters& WorkerMetrics::State::exceeded_row(ApiId api, const WindowUsage& usage,
                                                     bool enforced) {
  std::vector<ExceededCounters*>& rows = exceeded_rows[usage.scope];
  for (ExceededCounters* row : rows) {
    if (row->api == api && row->measure == usage.measure && row->length == usage.window->length &&
        row->enforced == enforced) {
      return *row;
    }
  }
  auto made = std::make_unique<ExceededCounters>();
  made->api = api;
  made->scope = usage.scope;
  made->measure = usage.measure;
  made->length = usage.window->length;
  made->enforced = enforced;
  rows.push_back(made.get());
  const std::lock_guard lock(mu);
  return *exceeded.emplace_back(std::move(made));
}

WorkerMetrics::WorkerMetrics() : state_(std::make_unique<State>()) {}
WorkerMetrics::~WorkerMetrics() = default;

void WorkerMetrics::count_call(const CallRecord& call) {
  ApiCounters& api = state_->api_row(call.api_id);
  api.request_duration.observe(kDurationBounds, call.duration);
  if (call.upstream_duration) {
    api.upstream_duration.observe(kDurationBounds, *call.upstream_duration);
    api.added_duration.observe(kAddedBounds, call.added);
  }
  if (call.cost != nullptr && !call.cost->operation.empty()) {
    api.query_complexity.observe(kComplexityBounds,
                                 static_cast<std::int64_t>(call.cost->complexity));
  }
  if (call.status >= 100 && call.status < 600) {
    api.responses[static_cast<std::size_t>(call.status)].add();
  }
  api.bytes_in.add(call.bytes_in);
  api.bytes_out.add(call.bytes_out);
  if (call.charge != nullptr) count_charge(call);
  KeyCounters& key = state_->key_row(call.api_id, call.key_id);
  key.outcomes[outcome_of(call)].add();
  const auto began =
      std::chrono::duration_cast<std::chrono::milliseconds>(call.began.time_since_epoch());
  key.last_used_ms.set(static_cast<std::uint64_t>(began.count()));
}

void WorkerMetrics::count_charge(const CallRecord& call) {
  const Charge& charge = *call.charge;
  for (std::size_t i = 0; charge.charged && i < charge.payer.count; ++i) {
    ChargeCounters& row = state_->charge_row(call.api_id, charge.payer.parts[i].scope);
    for (const Measure measure : kMeasures) {
      row.charged[static_cast<std::size_t>(measure)].add(charge.amounts[measure]);
    }
  }
  if (!charge.exceeded) return;
  for (const WindowUsage& usage : charge.usage) {
    if (!usage.refuses) continue;
    state_->exceeded_row(call.api_id, usage, call.limits_enforced).calls.add();
  }
}

void WorkerMetrics::count_bound(Bound bound) {
  state_->bounds[static_cast<std::size_t>(bound)].add();
}

void WorkerMetrics::count_handshake(Handshake kind, HandshakeResult result) {
  state_->handshakes[static_cast<std::size_t>(kind) * 2 + static_cast<std::size_t>(result)].add();
}

void WorkerMetrics::count_connect_failure(ApiId api) {
  state_->api_row(api).connect_failures.add();
}

void WorkerMetrics::add_client_connections(int by) { change(state_->client_connections, by); }

void WorkerMetrics::add_upstream_connections(ApiId api, UpstreamState state, int by) {
  ApiCounters& row = state_->api_row(api);
  change(state == UpstreamState::kIdle ? row.upstream_idle : row.upstream_busy, by);
}

}  // namespace tollgate
