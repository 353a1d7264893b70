// What a configuration's parts say of each other, and which of them have no effect yet.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <utility>

#include "conf/config_parts.h"
#include "conf/suggestion.h"

namespace tollgate {
namespace {

std::vector<std::string> plan_names(const Config& config) {
  std::vector<std::string> names;
  for (const auto& [name, plan] : config.plans) names.push_back(name);
  return names;
}

// The node below `root` that the names lead to, as far as they do.
YAML::Node place(const YAML::Node& root, const std::vector<std::string>& names) {
  YAML::Node found = root;
  for (const std::string& name : names) {
    if (!found.IsMap()) break;
    const YAML::Node here = found;  // looking a name up in a node that is not const adds it
    const YAML::Node next = here[name];
    if (!next.IsDefined() || next.IsNull()) break;
    found.reset(next);
  }
  return found;
}

void check_plan(YamlReader& reader, const Config& config, const YAML::Node& root,
                const std::vector<std::string>& names, const std::string& plan) {
  if (plan.empty() || config.plans.contains(plan)) return;
  if (!reader.keeps_problems()) return reader.problem(root, "", "");
  const YAML::Node at = place(root, names);
  reader.wrong_value(at, fmt::format("{}", fmt::join(names, ".")), plan,
                     fmt::format("there is no plan \"{}\" under plans{}", plan,
                                 suggestion_or_names(plan, plan_names(config))));
}

void check_plans(YamlReader& reader, const Config& config, const YAML::Node& root) {
  const YAML::Node plans = place(root, {"plans"});
  if (plans != root && !plans.IsMap()) return;
  check_plan(reader, config, root, {"limits", "default_plan"}, config.limits.default_plan);
  for (const auto& [name, environment] : config.environments) {
    check_plan(reader, config, root, {"environments", name, "plan"}, environment.plan);
  }
}

void check_apis(YamlReader& reader, const YAML::Node& apis, const Config& config) {
  std::map<std::string, std::size_t> names;
  std::map<std::string, std::size_t> bases;
  for (std::size_t i = 0; i < config.apis.size(); ++i) {
    const ApiConfig& api = config.apis[i];
    const std::string path = fmt::format("apis[{}]", i);
    const auto [same_name, new_name] = names.emplace(api.name, i);
    if (!new_name && !api.name.empty()) {
      reader.wrong_value(
          place(apis[i], {"name"}), path + ".name", api.name,
          fmt::format("apis[{}] has the name \"{}\" already", same_name->second, api.name));
    }
    const auto [same_base, new_base] = bases.emplace(api.host + api.base, i);
    if (!new_base && !api.base.empty()) {
      reader.problem(place(apis[i], {"base"}), path + ".base",
                     fmt::format("apis[{}] has this base and host already", same_base->second));
    }
  }
}

// One text for all ways to write an address; empty: none that another could have.
std::string identity_of(const Endpoint& endpoint) {
  if (endpoint.is_unix()) return endpoint.text();
  if (endpoint.host.empty() || endpoint.port == 0) return "";
  std::string host = endpoint.host;
  if (const auto address = IpAddress::parse(host)) host = address->text();
  for (char& c : host) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return fmt::format("{} {}", host, endpoint.port);
}

void check_addresses(YamlReader& reader, const YAML::Node& root, const Config& config) {
  std::map<std::string, std::string> taken;
  const auto check = [&](const YAML::Node& at, const std::string& path, const Endpoint& endpoint) {
    const std::string identity = identity_of(endpoint);
    if (identity.empty()) return;
    const auto [first, added] = taken.emplace(identity, path);
    if (added) return;
    reader.problem(at, path, fmt::format("is that of {}: each needs its own", first->second));
  };
  const YAML::Node admin = place(root, {"admin", "address"});
  const bool by_default = admin == root;
  if (by_default) check(admin, "admin.address by default", config.admin);
  const YAML::Node listen = place(root, {"listen"});
  for (std::size_t i = 0; i < config.listen.size(); ++i) {
    check(place(listen[i], {"address"}), fmt::format("listen[{}].address", i),
          config.listen[i].address);
  }
  if (!by_default) check(admin, "admin.address", config.admin);
  if (config.metrics)
    check(place(root, {"metrics", "address"}), "metrics.address", *config.metrics);
}

// ---- not built yet

struct NotBuilt {
  std::string_view path;     // "[]" for every item of a list
  std::string_view but_for;  // a value that asks for nothing
  std::string_view message;
};

// An issue that builds a feature takes its lines out.
constexpr NotBuilt kNotBuilt[] = {
    {"listen[].http2", "false",
     "HTTP/2 is not built yet: remove it, clients fall back to HTTP/1.1"},
    {"limits.store.kind", "memory",
     "windows in Redis are not built yet: remove it, or write memory"},
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
  check_apis(reader, place(root, {"apis"}), config);
  check_addresses(reader, root, config);
  check_plans(reader, config, root);
}

Diagnostics find_not_built(YamlReader& reader, const YAML::Node& root) {
  Diagnostics diagnostics;
  const auto add = [&](const YAML::Node& node, const std::string& path, std::string_view message) {
    diagnostics.push_back(
        {reader.file(), node.Mark().line + 1, node.Mark().column + 1, path, std::string(message)});
  };
  for (const NotBuilt& feature : kNotBuilt) {
    follow(root, feature.path, "", [&](const YAML::Node& node, const std::string& path) {
      if (node.IsScalar() ? !feature.but_for.empty() && reader.scalar(node, path) == feature.but_for
                          : node.size() == 0) {
        return;
      }
      add(node, path, feature.message);
    });
  }
  return in_order(std::move(diagnostics));
}

}  // namespace tollgate
