// What a configuration's parts say of each other, and which of them have no effect yet.
#include <fmt/format.h>

#include <map>

#include "conf/config_parts.h"

namespace tollgate {
namespace {

std::vector<std::string> plan_names(const Config& config) {
  std::vector<std::string> names;
  for (const auto& [name, plan] : config.plans) names.push_back(name);
  return names;
}

void check_plan(YamlReader& reader, const Config& config, const YAML::Node& at,
                const std::string& path, const std::string& plan) {
  if (plan.empty() || config.plans.contains(plan)) return;
  reader.problem(at, path,
                 fmt::format("there is no plan \"{}\" under plans{}", plan,
                             suggestion(plan, plan_names(config))));
}

void check_apis(YamlReader& reader, const YAML::Node& apis, const Config& config) {
  std::map<std::string, std::size_t> names;
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < config.apis.size(); ++i) {
    const ApiConfig& api = config.apis[i];
    const std::string path = fmt::format("apis[{}]", i);
    if (const auto [first, added] = names.emplace(api.name, i); !added) {
      reader.problem(apis[i]["name"], path + ".name",
                     fmt::format("apis[{}] has the name \"{}\" already", first->second, api.name));
    }
    if (const auto [first, added] = places.emplace(api.host + api.base, i); !added) {
      reader.problem(apis[i]["base"], path + ".base",
                     fmt::format("apis[{}] has this base and host already", first->second));
    }
  }
}

// ---- not built yet

struct NotBuilt {
  std::string_view path;     // "[]" for every item of a list
  std::string_view but_for;  // a value that asks for nothing
  std::string_view message;
};

// An issue that builds a feature takes its lines out.
constexpr NotBuilt kNotBuilt[] = {
    {"listen[].tls", "",
     "TLS for clients is not built yet: remove it, or end TLS in front of Tollgate"},
    {"listen[].http2", "false",
     "HTTP/2 is not built yet: remove it, clients fall back to HTTP/1.1"},
    {"listen[].proxy_protocol", "false", "the PROXY protocol is not built yet: remove it"},
    {"apis[].upstream.tls", "", "TLS to upstreams is not built yet: remove it"},
    {"plans", "", "plans are not built yet and would limit nobody: remove them"},
    {"environments[].plan", "", "plans are not built yet and would limit nobody: remove it"},
    {"environments[].key_share", "", "plans are not built yet and would limit nobody: remove it"},
    {"limits", "", "limits are not built yet and would limit nobody: remove them"},
    {"apis[].limits.mode", "off", "limits are not built yet: remove it, or write off"},
    {"apis[].limits.enforce_from", "", "limits are not built yet: remove it"},
    {"apis[].limits.scope", "", "limits are not built yet: remove it"},
    {"apis[].limits.group", "", "limits are not built yet: remove it"},
    {"apis[].graphql.rate_limits_query", "false",
     "limits are not built yet: remove it, or write false"},
    {"apis[].deprecation", "", "deprecation is not built yet: remove it"},
    {"notifications", "", "notifications are not built yet: remove them"},
};

using Found = std::function<void(const YAML::Node&, const std::string&)>;

// Calls `found` for every node that the rest of the pattern leads to.
void follow(const YAML::Node& node, std::string_view rest, const std::string& path,
            const Found& found) {
  if (!node.IsDefined() || node.IsNull()) return;
  if (rest.empty()) return found(node, path);
  if (rest.starts_with("[]")) {
    rest.remove_prefix(std::min<std::size_t>(3, rest.size()));
    std::size_t index = 0;
    for (const auto& item : node) {
      if (node.IsMap()) {
        follow(item.second, rest, path + "." + item.first.Scalar(), found);
      } else {
        follow(item, rest, fmt::format("{}[{}]", path, index++), found);
      }
    }
    return;
  }
  if (!node.IsMap()) return;
  const std::size_t end = std::min(rest.find_first_of(".["), rest.size());
  const std::string name(rest.substr(0, end));
  rest.remove_prefix(end);
  if (rest.starts_with('.')) rest.remove_prefix(1);
  follow(node[name], rest, path.empty() ? name : path + "." + name, found);
}

}  // namespace

void check_references(YamlReader& reader, const YAML::Node& root, const Config& config) {
  check_apis(reader, root["apis"], config);
  check_plan(reader, config, root["limits"], "limits.default_plan", config.limits.default_plan);
  for (const auto& [name, environment] : config.environments) {
    const std::string path = fmt::format("environments.{}.plan", name);
    check_plan(reader, config, root["environments"][name], path, environment.plan);
  }
}

Diagnostics find_not_built(const std::string& file, const YAML::Node& root) {
  Diagnostics diagnostics;
  for (const NotBuilt& feature : kNotBuilt) {
    follow(root, feature.path, "", [&](const YAML::Node& node, const std::string& path) {
      if (!feature.but_for.empty() && node.IsScalar() && node.Scalar() == feature.but_for) return;
      if (node.size() == 0 && !node.IsScalar()) return;
      diagnostics.push_back(
          {file, node.Mark().line + 1, node.Mark().column + 1, path, std::string(feature.message)});
    });
  }
  follow(root, "apis[].upstream.url", "", [&](const YAML::Node& node, const std::string& path) {
    if (!node.IsScalar() || !node.Scalar().starts_with("https:")) return;
    diagnostics.push_back({file, node.Mark().line + 1, node.Mark().column + 1, path,
                           "TLS to upstreams is not built yet: write http: for now"});
  });
  return diagnostics;
}

}  // namespace tollgate
