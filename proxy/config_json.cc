// See config_json.h. What has no effect in this version is left out: it is not in force.
#include "proxy/config_json.h"

#include <nlohmann/json.hpp>

#include "filters/windows/window_store.h"

namespace tollgate {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json date_or_null(const std::optional<UnixTime>& date) {
  return date ? Json(format_date(*date)) : Json();
}

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

Json certificate_json(const CertificateConfig& files) {
  return {{"certificate", files.certificate}, {"private_key", files.private_key}};
}

Json listen_json(const ListenConfig& listen) {
  Json json = {{"address", listen.address.text()},
               {"tls", nullptr},
               {"proxy_protocol", listen.proxy_protocol}};
  if (!listen.tls) return json;
  json["tls"] = certificate_json(listen.tls->certificate);
  json["tls"]["client_ca"] = text_or_null(listen.tls->client_ca);
  json["tls"]["min_version"] = listen.tls->min_version == TlsVersion::k1_3 ? "1.3" : "1.2";
  json["tls"]["certificates"] = Json::array();
  for (const CertificateConfig& each : listen.tls->certificates) {
    json["tls"]["certificates"].push_back(certificate_json(each));
  }
  return json;
}

Json upstream_tls_json(const UpstreamConfig& upstream) {
  if (upstream.scheme != UpstreamScheme::kHttps) return nullptr;
  const UpstreamTlsConfig& tls = upstream.tls;
  return {{"ca", text_or_null(tls.ca)},
          {"server_name", tls.server_name.empty() ? upstream.endpoint.host : tls.server_name},
          {"certificate", text_or_null(tls.certificate.certificate)},
          {"private_key", text_or_null(tls.certificate.private_key)}};
}

Json upstream_json(const UpstreamConfig& upstream) {
  return {{"url", upstream.url},
          {"tls", upstream_tls_json(upstream)},
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

Json field_json(const FieldCostConfig& field) {
  Json json = Json::object();
  if (field.weight) json["weight"] = *field.weight;
  if (field.assumed_size) json["assumed_size"] = *field.assumed_size;
  if (field.slicing_arguments) json["slicing_arguments"] = *field.slicing_arguments;
  if (field.sized_fields) json["sized_fields"] = *field.sized_fields;
  return json;
}

Json cost_json(const CostConfig& cost) {
  Json fields = Json::object();
  for (const auto& [name, field] : cost.fields) fields[name] = field_json(field);
  return {{"preset", cost.preset == CostPreset::kCentra ? "centra" : "standard"},
          {"operation",
           {{"query", cost.query_weight},
            {"mutation", cost.mutation_weight},
            {"subscription", cost.subscription_weight}}},
          {"mutation_field", cost.mutation_field},
          {"object", cost.object},
          {"scalar", cost.scalar},
          {"scalar_in_list", cost.scalar_in_list},
          {"list_size", cost.list_size},
          {"slicing_arguments", cost.slicing_arguments},
          {"connections",
           cost.connections == ConnectionsModel::kMultiplied ? "multiplied" : "handed_down"},
          {"types", cost.types},
          {"fields", fields}};
}

Json graphql_json(const GraphqlConfig& graphql) {
  return {{"schema", text_or_null(graphql.schema)},
          {"max_body_bytes", graphql.max_body_bytes},
          {"max_complexity", graphql.max_complexity},
          {"max_depth", graphql.max_depth},
          {"max_aliases", graphql.max_aliases},
          {"max_tokens", graphql.max_tokens},
          {"max_directives", graphql.max_directives},
          {"max_batch", graphql.max_batch},
          {"introspection",
           {{"allow", graphql.introspection.allow}, {"cost", graphql.introspection.cost}}},
          {"rate_limits_query", graphql.rate_limits_query},
          {"persisted_documents", text_or_null(graphql.persisted_documents)},
          {"cost", cost_json(graphql.cost)}};
}

Json rest_json(const std::vector<RestCost>& costs) {
  Json list = Json::array();
  for (const RestCost& each : costs) {
    list.push_back({{"match", each.method + " " + each.path}, {"complexity", each.complexity}});
  }
  return {{"costs", list}};
}

Json api_limits_json(const ApiLimitsConfig& limits) {
  const std::string_view mode = limits.mode == LimitMode::kOff      ? "off"
                                : limits.mode == LimitMode::kShadow ? "shadow"
                                                                    : "enforce";
  return {{"mode", mode},
          {"enforce_from", date_or_null(limits.enforce_from)},
          {"scope", word_of(limits.scope)},
          {"group", limits.group}};
}

Json deprecation_json(const DeprecationConfig& deprecation) {
  return {{"since", date_or_null(deprecation.since)},
          {"sunset", date_or_null(deprecation.sunset)},
          {"link", text_or_null(deprecation.link)},
          {"refuse_after_sunset", deprecation.refuse_after_sunset}};
}

Json plans_json(const std::map<std::string, PlanConfig>& plans) {
  Json json = Json::object();
  for (const auto& [name, plan] : plans) {
    Json& measures = json[name] = Json::object();
    for (const Measure measure : kMeasures) {
      for (const auto& [length, limit] : plan.limits[static_cast<std::size_t>(measure)]) {
        measures[std::string(word_of(measure))][format_duration(length)] = limit;
      }
    }
  }
  return json;
}

Json environments_json(const std::map<std::string, EnvironmentConfig>& environments) {
  Json json = Json::object();
  for (const auto& [name, environment] : environments) {
    json[name] = {
        {"plan", text_or_null(environment.plan)},
        {"key_share",
         environment.key_share ? Json(std::to_string(*environment.key_share) + "%") : Json()}};
  }
  return json;
}

Json limits_json(const LimitsConfig& limits) {
  const std::string_view refund = limits.refund == Refund::kNone          ? "none"
                                  : limits.refund == Refund::kUpstream5xx ? "upstream_5xx"
                                                                          : "not_forwarded";
  return {{"default_plan", text_or_null(limits.default_plan)},
          {"algorithm",
           limits.algorithm == LimitAlgorithm::kTokenBucket ? "token_bucket" : "sliding_window"},
          {"max_addresses", limits.max_addresses},
          {"refund", refund},
          {"retry_after", limits.retry_after == RetryAfter::kHttpDate ? "http_date" : "seconds"},
          {"store", {{"kind", "memory"}, {"snapshot", text_or_null(limits.store.snapshot)}}}};
}

Json api_json(const ApiConfig& api) {
  Json open = Json::array();
  for (const OpenPath& each : api.open) open.push_back(each.method + " " + each.path);
  const bool graphql = api.kind == ApiKind::kGraphql;
  return {{"name", api.name},
          {"base", api.base},
          {"host", api.host},
          {"strip_base", api.strip_base},
          {"kind", graphql ? "graphql" : "rest"},
          {"upstream", upstream_json(api.upstream)},
          {"auth", auth_json(api.auth)},
          {"allow_ips", ranges(api.allow_ips)},
          {"open", open},
          {"json_body", api.json_body},
          {graphql ? "graphql" : "rest",
           graphql ? graphql_json(api.graphql) : rest_json(api.rest_costs)},
          {"limits", api_limits_json(api.limits)},
          {"deprecation", deprecation_json(api.deprecation)}};
}

}  // namespace

std::string config_json(const Config& config) {
  Json listen = Json::array();
  for (const ListenConfig& each : config.listen) listen.push_back(listen_json(each));
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
      {"keys", {{"file", text_or_null(config.keys_file)}}},
      {"plans", plans_json(config.plans)},
      {"environments", environments_json(config.environments)},
      {"limits", limits_json(config.limits)},
      {"apis", apis},
  };
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tollgate
