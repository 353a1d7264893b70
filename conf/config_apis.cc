// apis: where calls go and who may make them. What GraphQL costs is in config_graphql.cc.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "conf/config_parts.h"
#include "conf/endpoint.h"

namespace tollgate {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos;
  });
}

// Whether a call's path may consist of these characters: others are percent-encoded or refused
// (RFC 3986, 3.3).
bool is_path(std::string_view text) {
  constexpr std::string_view kMarks = "-._~!$&'()*+,;=:@/%";
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos;
  });
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return text;
}

tl::expected<std::string, std::string> parse_base(const std::string& words) {
  std::string base = words;
  while (base.size() > 1 && base.ends_with('/')) base.pop_back();
  if (!base.starts_with('/') || base.find_first_of("?# \t\r\n%*") != std::string::npos) {
    return tl::unexpected(
        fmt::format("\"{}\" is not a base path: it begins with \"/\" and has no query, blank or "
                    "wildcard, for example "
                    "/graphql",
                    words));
  }
  if (base.find("//") != std::string::npos || !is_path(base) ||
      base.find("/../") != std::string::npos || base.find("/./") != std::string::npos ||
      base.ends_with("/..") || base.ends_with("/.")) {
    return tl::unexpected(fmt::format("\"{}\": no call has such a path", words));
  }
  return base;
}

tl::expected<std::string, std::string> parse_host(const std::string& words) {
  const auto endpoint = parse_endpoint(words + ":1");
  if (endpoint && words.find(':') == std::string::npos) {
    std::string host = lower(words);
    if (host.ends_with('.')) host.pop_back();
    return host;
  }
  return tl::unexpected(
      fmt::format("\"{}\" is not a host name: write it without scheme and port, for example "
                  "api.example.com",
                  words));
}

// What has to be written where the path encodes it without need: "a for %61"; empty: nothing.
std::string plain_spelling(std::string_view path) {
  for (std::size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
    unsigned byte = 0;
    const std::string_view digits = path.substr(at + 1, 2);
    const char* const end = digits.data() + digits.size();
    if (std::from_chars(digits.data(), end, byte, 16).ptr != digits.data() + 2) continue;
    const char c = static_cast<char>(byte);
    if (is_alphanumeric(c) || c == '-' || c == '.' || c == '_') {
      return fmt::format("{} for %{}", c, digits);
    }
  }
  return {};
}

// "GET /healthz"; without a blank the path is empty.
std::pair<std::string, std::string> method_and_path(const std::string& words) {
  const std::size_t blank = words.find(' ');
  return {words.substr(0, blank), blank == std::string::npos ? "" : words.substr(blank + 1)};
}

// Why no call can match a method and a path of the right form; empty: one can.
std::string never_met(const std::string& words, const std::string& method, std::string_view path) {
  if (std::any_of(method.begin(), method.end(), [](char c) { return c >= 'a' && c <= 'z'; })) {
    return fmt::format(
        "\"{}\" matches no call that is meant: methods are case-sensitive, and those "
        "of HTTP are written in capitals, for example GET",
        words);
  }
  const std::string plain = plain_spelling(path);
  if (plain.empty()) return {};
  return fmt::format("\"{}\" matches nothing: write {}", words, plain);
}

// "GET /healthz"
tl::expected<OpenPath, std::string> parse_open(const std::string& words) {
  const auto [method, path] = method_and_path(words);
  if (is_token(method) && path.starts_with('/') && path.find('*') == std::string::npos &&
      is_path(path)) {
    if (auto never = never_met(words, method, path); !never.empty()) {
      return tl::unexpected(std::move(never));
    }
    return OpenPath{method, path};
  }
  return tl::unexpected(fmt::format(
      "\"{}\" is not an open path: write a method and an exact path, for example \"GET /healthz\"",
      words));
}

// Whether one of the paths that a pattern stands for is below the base.
bool can_lie_below(std::string_view pattern, std::string_view base) {
  const std::string_view literal = pattern.substr(0, pattern.find('*'));
  if (is_below(literal, base)) return true;
  return literal.size() < pattern.size() && fmt::format("{}/", base).starts_with(literal);
}

tl::expected<RestCost, std::string> parse_match(const std::string& words) {
  const auto [method, path] = method_and_path(words);
  if ((is_token(method) || method == "*") && path.starts_with('/') &&
      path.find_first_of(" \t\r\n?#") == std::string::npos) {
    if (auto never = never_met(words, method, path); !never.empty()) {
      return tl::unexpected(std::move(never));
    }
    return RestCost{method, path, 1};
  }
  return tl::unexpected(fmt::format(
      "\"{}\" matches nothing: write a method and a path, for example \"POST /orders/*\"", words));
}

tl::expected<CredentialHeader, std::string> parse_credential_header(const std::string& words) {
  if (lower(words) == "authorization: bearer") {
    return CredentialHeader{CredentialForm::kBearer, "Authorization"};
  }
  static const std::vector<std::string> kTaken = {"host",
                                                  "connection",
                                                  "content-length",
                                                  "transfer-encoding",
                                                  "te",
                                                  "trailer",
                                                  "upgrade",
                                                  "keep-alive",
                                                  "expect",
                                                  "cookie",
                                                  "accept",
                                                  "content-type",
                                                  "content-encoding",
                                                  "proxy-connection",
                                                  "user-agent",
                                                  "origin",
                                                  "access-control-request-method",
                                                  "x-forwarded-for",
                                                  "x-forwarded-host",
                                                  "x-forwarded-proto",
                                                  "forwarded",
                                                  "x-request-id",
                                                  "traceparent"};
  const std::string name = lower(words);
  if (!is_token(words)) {
    return tl::unexpected(
        fmt::format("\"{}\" is not a header: write a name such as API-Authorization, or "
                    "\"Authorization: Bearer\"",
                    words));
  }
  if (std::find(kTaken.begin(), kTaken.end(), name) != kTaken.end() ||
      name.starts_with("tollgate-")) {
    return tl::unexpected(
        fmt::format("\"{}\" has a meaning of its own and cannot hold a key", words));
  }
  return CredentialHeader{CredentialForm::kHeader, words};
}

tl::expected<std::string, std::string> parse_cookie_name(const std::string& words) {
  if (is_token(words)) return words;
  return tl::unexpected(fmt::format("\"{}\" is not the name of a cookie", words));
}

// Adds what `parse` makes of each item of a list.
template <typename T, typename Parse>
void parsed_list(YamlMap& map, const std::string& name, std::vector<T>& values,
                 const Parse& parse) {
  std::vector<T> read;
  map.list(name, [&](const YAML::Node& item, const std::string& path) {
    const auto words = map.reader().scalar(item, path);
    if (!words) return;
    auto value = parse(*words);
    if (value) {
      read.push_back(std::move(*value));
    } else {
      map.reader().wrong_value(item, path, *words, value.error());
    }
  });
  if (map.find(name) != nullptr) values = std::move(read);
}

void read_upstream(YamlMap& map, UpstreamConfig& upstream) {
  const YAML::Node* url =
      map.require("url", "where the API's calls go, for example http://127.0.0.1:4000");
  if (url != nullptr) {
    UpstreamUrl parsed;
    map.parsed("url", parsed, [&](const std::string& words) {
      upstream.url = words;
      return parse_upstream_url(words);
    });
    upstream.scheme = parsed.scheme;
    upstream.endpoint = parsed.endpoint;
  }
  map.duration("connect_timeout", upstream.connect_timeout);
  map.duration("response_timeout", upstream.response_timeout);
  map.duration("idle_timeout", upstream.idle_timeout);
  map.duration("keepalive", upstream.keepalive, YamlMap::Zero::kAllowed);
  map.count("max_connections", upstream.max_connections, YamlMap::Zero::kForbidden);
  map.count("retries", upstream.retries);
  if (upstream.retries > 10) {
    map.reader().problem(*map.find("retries"), map.path_of("retries"), "must be at most 10");
  }
  map.map("tls", [&](YamlMap& tls) {
    tls.file("ca", upstream.tls.ca);
    tls.text("server_name", upstream.tls.server_name);
    read_certificate(tls, upstream.tls.certificate);
    if (url != nullptr && upstream.scheme != UpstreamScheme::kHttps) {
      map.reader().problem(tls.node(), tls.path(),
                           "is for a url that begins with https: remove it, or write https");
    }
  });
}

void read_failures(YamlMap& auth, FailuresConfig& failures) {
  YamlReader& reader = auth.reader();
  std::size_t windows = 0;
  auth.entries("failures", "{1m: 30}",
               [&](const std::string& window, const YAML::Node& value, const std::string& path) {
                 if (++windows > 1)
                   return reader.problem(value, path, "only one window of failures is counted");
                 const auto length = parse_duration(window);
                 if (!length || *length < 1s) {
                   return reader.problem(value, path,
                                         length ? "a window is at least 1s long" : length.error());
                 }
                 const auto words = reader.scalar(value, path);
                 const auto attempts = words ? parse_count(*words) : tl::unexpected(std::string());
                 if (!attempts) {
                   if (words) reader.wrong_value(value, path, *words, attempts.error());
                   return;
                 }
                 failures = {*length, *attempts};
               });
}

void read_auth(YamlMap& map, AuthConfig& auth) {
  parsed_list(map, "headers", auth.headers, parse_credential_header);
  parsed_list(map, "cookies", auth.cookies, parse_cookie_name);
  map.flag("required", auth.required);
  map.choice<Preflight>("preflight", auth.preflight,
                        {{"refuse", Preflight::kRefuse}, {"forward", Preflight::kForward}});
  map.flag("conceal", auth.conceal);
  map.flag("forward_credential", auth.forward_credential);
  read_failures(map, auth.failures);
  const bool nowhere = auth.cookies.empty() && map.place_of("headers").IsSequence() &&
                       map.place_of("headers").size() == 0;
  if (auth.required && nowhere) {
    map.reader().problem(map.place_of("headers"), map.path_of("headers"),
                         "a key is required, but neither headers nor cookies may hold one");
  }
}

void read_rest(YamlMap& map, std::vector<RestCost>& costs) {
  map.list("costs", [&](const YAML::Node& item, const std::string& path) {
    YamlMap entry(map.reader(), item, path);
    RestCost cost;
    if (entry.require("match", "for example \"POST /orders/*\"") != nullptr) {
      entry.parsed("match", cost, parse_match);
    }
    entry.count("complexity", cost.complexity);
    costs.push_back(std::move(cost));
    entry.finish();
  });
}

void read_api_limits(YamlMap& map, ApiLimitsConfig& limits) {
  map.choice<LimitMode>(
      "mode", limits.mode,
      {{"off", LimitMode::kOff}, {"shadow", LimitMode::kShadow}, {"enforce", LimitMode::kEnforce}});
  map.date("enforce_from", limits.enforce_from);
  map.choice<LimitScope>("scope", limits.scope,
                         {{"key", LimitScope::kKey},
                          {"environment", LimitScope::kEnvironment},
                          {"address", LimitScope::kAddress}});
  map.text("group", limits.group);
}

// It becomes part of a header field.
tl::expected<std::string, std::string> parse_link(const std::string& words) {
  const bool web = words.starts_with("https://") || words.starts_with("http://");
  const bool plain = std::all_of(words.begin(), words.end(), [](char c) {
    return c > ' ' && c < '\x7F' && c != '<' && c != '>' && c != '"';
  });
  if (web && plain) return words;
  return tl::unexpected(fmt::format(
      "\"{}\" is not an address for readers: write for example https://example.com/migrate",
      words));
}

void read_deprecation(YamlMap& map, DeprecationConfig& deprecation) {
  map.date("since", deprecation.since);
  map.date("sunset", deprecation.sunset);
  map.parsed("link", deprecation.link, parse_link);
  map.flag("refuse_after_sunset", deprecation.refuse_after_sunset);
  if (deprecation.since && deprecation.sunset && *deprecation.sunset < *deprecation.since) {
    map.reader().problem(map.place_of("sunset"), map.path_of("sunset"),
                         "is a day before since, and an API is deprecated before it ends");
  }
  if (deprecation.refuse_after_sunset && !deprecation.sunset) {
    map.reader().problem(map.place_of("refuse_after_sunset"), map.path_of("refuse_after_sunset"),
                         "needs a sunset date");
  }
}

void read_api(YamlMap& map, ApiConfig& api) {
  if (const YAML::Node* name = map.require("name", "it appears in log and metrics")) {
    map.text("name", api.name);
    if (!is_token(api.name) || api.name.size() > 64) {
      map.reader().problem(*name, map.path_of("name"),
                           "has 1 to 64 letters, digits and marks such as \"-\", \"_\" and \".\"");
    }
  }
  if (map.require("base", "the path below which calls are for this API, for example /graphql") !=
      nullptr) {
    map.parsed("base", api.base, parse_base);
  }
  map.parsed("host", api.host, parse_host);
  map.flag("strip_base", api.strip_base);
  map.choice<ApiKind>("kind", api.kind, {{"rest", ApiKind::kRest}, {"graphql", ApiKind::kGraphql}});
  if (map.require("upstream", "for example {url: \"http://127.0.0.1:4000\"}") != nullptr) {
    map.map("upstream", [&](YamlMap& upstream) { read_upstream(upstream, api.upstream); });
  }
  map.map("auth", [&](YamlMap& auth) { read_auth(auth, api.auth); });
  map.ranges("allow_ips", api.allow_ips);
  parsed_list(map, "open", api.open, parse_open);
  map.flag("json_body", api.json_body);
  map.map("graphql", [&](YamlMap& graphql) { read_graphql(graphql, api.graphql); });
  const YAML::Node* graphql = map.find("graphql");
  if (graphql != nullptr && api.kind == ApiKind::kRest) {
    map.reader().problem(*graphql, map.path_of("graphql"),
                         "has no effect on an API of kind rest, so nothing would be priced by it: "
                         "write \"kind: graphql\" beside it, or remove it");
  }
  map.map("rest", [&](YamlMap& rest) { read_rest(rest, api.rest_costs); });
  map.map("limits", [&](YamlMap& limits) { read_api_limits(limits, api.limits); });
  map.map("deprecation",
          [&](YamlMap& deprecation) { read_deprecation(deprecation, api.deprecation); });
  if (api.limits.group.empty()) api.limits.group = api.name;
  for (RestCost& cost : api.rest_costs) {
    if (!can_lie_below(cost.path, api.base)) cost.path = api.base + cost.path;
  }
}

}  // namespace

void read_apis(YamlMap& root, Config& config) {
  const YAML::Node* apis = root.require("apis", "at least one API with name, base and upstream");
  root.list("apis", [&](const YAML::Node& item, const std::string& path) {
    YamlMap map(root.reader(), item, path);
    read_api(map, config.apis.emplace_back());
    map.finish();
  });
  if (apis != nullptr && apis->IsSequence() && apis->size() == 0) {
    root.reader().problem(*apis, "apis", "is empty: every call would be refused");
  }
}

}  // namespace tollgate
