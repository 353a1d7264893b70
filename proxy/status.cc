// See status.h.
#include "proxy/status.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "proxy/version.h"

namespace tollgate {
namespace {

using Json = nlohmann::ordered_json;
using WallTime = std::chrono::system_clock::time_point;

std::string time_text(WallTime time) {
  return format_date(std::chrono::floor<std::chrono::seconds>(time));
}

// What is not there is null, as in the access log.
Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json apis_json(const Snapshot& snapshot, const Metrics& metrics) {
  const std::vector<Metrics::ApiUse> uses = metrics.api_use();
  Json list = Json::array();
  for (const ApiInForce& api : snapshot.apis) {
    const Metrics::ApiUse& use = uses[api.id];
    list.push_back({{"name", api.config->name},
                    {"base", api.config->base},
                    {"host", text_or_null(api.config->host)},
                    {"kind", api.config->kind == ApiKind::kGraphql ? "graphql" : "rest"},
                    {"upstream",
                     {{"url", api.config->upstream.url},
                      {"idle", use.upstream_idle},
                      {"busy", use.upstream_busy},
                      {"connect_failures", use.connect_failures}}},
                    {"forwarded", use.forwarded},
                    {"refused", use.refused}});
  }
  return list;
}

Json key_json(const Key& key, const Metrics::KeyUse& use) {
  const UnixTime last_used(std::chrono::seconds(static_cast<std::int64_t>(use.last_used)));
  return {{"name", key.name},
          {"prefix", key.prefix},
          {"environment", text_or_null(key.environment)},
          {"plan", text_or_null(key.plan)},
          {"disabled", key.disabled},
          {"expires", key.expires ? Json(format_date(*key.expires)) : Json()},
          {"forwarded", use.forwarded},
          {"refused", use.refused},
          {"last_used", use.last_used > 0 ? Json(format_date(last_used)) : Json()}};
}

Json keys_json(const Snapshot& snapshot, const Metrics& metrics) {
  const std::vector<Metrics::KeyUse> uses = metrics.key_use();
  Json list = Json::array();
  for (const Key& key : snapshot.keys->keys()) {
    list.push_back(key_json(key, uses[snapshot.id_of(&key)]));
  }
  return list;
}

Json windows_json(const std::vector<WindowFill>& windows) {
  Json list = Json::array();
  for (const WindowFill& fill : windows) {
    list.push_back({{"scope", fill.scope},
                    {"group", fill.group},
                    {"measure", word_of(fill.measure)},
                    {"window", fill.window},
                    {"limit", fill.limit},
                    {"used", fill.used}});
  }
  return list;
}

Json refusals_json(const RecentRefusals& refusals) {
  Json list = Json::array();
  for (const RecentRefusal& each : refusals.latest_first()) {
    Json json = {
        {"time", time_text(each.time)},        {"reason", row_of(each.reason).word},
        {"api", text_or_null(each.api)},       {"key", text_or_null(each.key)},
        {"client", text_or_null(each.client)}, {"method", text_or_null(each.method)},
        {"path", text_or_null(each.path)},     {"request_id", text_or_null(each.request_id)}};
    if (each.concealed) json["concealed"] = row_of(*each.concealed).word;
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace

std::string status_json(const Snapshot& snapshot, const Metrics& metrics,
                        const RecentRefusals& refusals, const ReloadStatus& reload,
                        const std::vector<WindowFill>& windows, const ProcessStatus& process) {
  const auto uptime =
      std::chrono::duration_cast<std::chrono::seconds>(process.now - process.started);
  const Json json = {
      {"version", kVersion},
      {"commit", kCommit},
      {"started", time_text(process.started)},
      {"uptime_seconds", uptime.count()},
      {"draining", process.draining},
      {"config",
       {{"hash", snapshot.hash},
        {"last_reload", reload.at ? Json(time_text(*reload.at)) : Json()},
        {"last_reload_successful", reload.problems.empty()},
        {"problems", reload.problems},
        {"pending_restart", reload.pending_restart}}},
      {"client_connections", metrics.client_connections()},
      {"apis", apis_json(snapshot, metrics)},
      {"keys", keys_json(snapshot, metrics)},
      {"windows", windows_json(windows)},
      {"last_refusals", refusals_json(refusals)},
  };
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tollgate
