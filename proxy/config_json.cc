// See config_json.h. What has no effect in this version is left out: it is not in force.
#include "proxy/config_json.h"

#include <nlohmann/json.hpp>

namespace tollgate {
namespace {

using Json = nlohmann::ordered_json;

Json ranges(const std::vector<IpRange>& list) {
  Json json = Json::array();
  for (const IpRange& range : list) json.push_back(range.text());
  return json;
}

std::string header_name(ClientAddressHeader header) {
  switch (header) {
    case ClientAddressHeader::kXForwardedFor:
      return "X-Forwarded-For";
    case ClientAddressHeader::kForwarded:
      return "Forwarded";
    case ClientAddressHeader::kNone:
      break;
  }
  return "none";
}

Json connections_json(const ConnectionsConfig& connections) {
  return {{"max", connections.max},
          {"header_timeout", format_duration(connections.header_timeout)},
          {"body_timeout", format_duration(connections.body_timeout)},
          {"idle_timeout", format_duration(connections.idle_timeout)},
          {"max_header_bytes", connections.max_header_bytes},
          {"max_headers", connections.max_headers},
          {"max_body_bytes", connections.max_body_bytes},
          {"max_held_bytes", connections.max_held_bytes}};
}

Json upstream_json(const UpstreamConfig& upstream) {
  return {{"url", upstream.url},
          {"connect_timeout", format_duration(upstream.connect_timeout)},
          {"response_timeout", format_duration(upstream.response_timeout)},
          {"idle_timeout", format_duration(upstream.idle_timeout)},
          {"keepalive", format_duration(upstream.keepalive)},
          {"max_connections", upstream.max_connections},
          {"retries", upstream.retries}};
}

Json auth_json(const AuthConfig& auth) {
  Json headers = Json::array();
  for (const CredentialHeader& header : auth.headers) {
    headers.push_back(header.form == CredentialForm::kBearer ? header.name + ": Bearer"
                                                             : header.name);
  }
  Json failures = Json::object();
  failures[format_duration(auth.failures.window)] = auth.failures.attempts;
  return {{"headers", headers},
          {"cookies", auth.cookies},
          {"required", auth.required},
          {"preflight", auth.preflight == Preflight::kForward ? "forward" : "refuse"},
          {"conceal", auth.conceal},
          {"forward_credential", auth.forward_credential},
          {"failures", failures}};
}

Json api_json(const ApiConfig& api) {
  Json open = Json::array();
  for (const OpenPath& each : api.open) open.push_back(each.method + " " + each.path);
  return {{"name", api.name},
          {"base", api.base},
          {"host", api.host},
          {"strip_base", api.strip_base},
          {"kind", api.kind == ApiKind::kGraphql ? "graphql" : "rest"},
          {"upstream", upstream_json(api.upstream)},
          {"auth", auth_json(api.auth)},
          {"allow_ips", ranges(api.allow_ips)},
          {"open", open},
          {"json_body", api.json_body}};
}

}  // namespace

std::string config_json(const Config& config) {
  Json listen = Json::array();
  for (const ListenConfig& each : config.listen)
    listen.push_back({{"address", each.address.text()}});
  Json apis = Json::array();
  for (const ApiConfig& api : config.apis) apis.push_back(api_json(api));
  Json json = {
      {"listen", listen},
      {"admin", {{"address", config.admin.text()}}},
      {"metrics", config.metrics ? Json{{"address", config.metrics->text()}} : Json()},
      {"workers", config.workers == 0 ? Json("auto") : Json(config.workers)},
      {"client_address",
       {{"trusted_proxies", ranges(config.client_address.trusted_proxies)},
        {"header", header_name(config.client_address.header)}}},
      {"access_log", {{"path", config.access_log.path}}},
      {"connections", connections_json(config.connections)},
      {"drain", {{"timeout", format_duration(config.drain_timeout)}}},
      {"keys", {{"file", config.keys_file}}},
      {"apis", apis},
  };
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tollgate
