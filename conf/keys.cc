// See keys.h. Any thread.
#include "conf/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <unordered_map>

#include "conf/key_name.h"
#include "conf/mail_address.h"
#include "conf/secret.h"
#include "conf/suggestion.h"
#include "conf/text_file.h"
#include "conf/yaml_reader.h"

namespace tollgate {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<SecretHash> parse_hash(std::string_view hex) {
  SecretHash hash{};
  if (hex.size() != 2 * hash.size()) return std::nullopt;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const int high = hex_digit(hex[2 * i]);
    const int low = hex_digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    hash[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return hash;
}

// Where secrets are found that are kept elsewhere.
struct SecretPlaces {
  const EnvironmentLookup& lookup;
  const FileVisitor& visit;
  enum class Use { kRead, kLeftAlone } use = Use::kRead;  // kLeftAlone: the words stand for it
};

// A secret as the file gives it. The error never shows it: it may be a secret in the clear.
tl::expected<SecretHash, std::string> read_secret(const std::string& words, YamlReader& reader,
                                                  const SecretPlaces& places) {
  if (words.starts_with("sha256:")) {
    const auto hash = parse_hash(std::string_view(words).substr(7));
    if (hash) return *hash;
    return tl::unexpected(std::string("\"sha256:\" is followed by 64 hexadecimal digits"));
  }
  std::string secret;
  const bool elsewhere = words.starts_with("env:") || words.starts_with("file:");
  if (elsewhere && places.use == SecretPlaces::Use::kLeftAlone) return hash_secret(words);
  if (words.starts_with("env:")) {
    const auto value = places.lookup(words.substr(4));
    if (!value) {
      return tl::unexpected(fmt::format("the environment variable {} is not set", words.substr(4)));
    }
    secret = *value;
  } else if (words.starts_with("file:")) {
    const std::string file = reader.beside_file(words.substr(5));
    places.visit(file);
    auto text = read_text_file(file);
    if (!text) return tl::unexpected(fmt::format("{} {}", file, text.error()));
    secret = std::move(*text);
    while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
  } else {
    return tl::unexpected(
        std::string("is none of sha256:…, env:NAME and file:/path; a secret never stands here in "
                    "the clear: make one "
                    "with \"tollgate keys add\""));
  }
  if (secret.size() < 8) {
    return tl::unexpected(std::string("the secret has fewer than 8 characters"));
  }
  return hash_secret(secret);
}

tl::expected<std::string, std::string> parse_prefix(const std::string& words) {
  if (is_key_prefix(words)) return words;
  return tl::unexpected(fmt::format(
      "\"{}\" is not a prefix: it has up to 64 letters, digits and marks of \"-_.\"", words));
}

TextPlace place_of(const YAML::Node& node) {
  return {node.Mark().line + 1, node.Mark().column + 1};
}

void read_texts_of_key(YamlMap& map, Key& key) {
  YamlReader& reader = map.reader();
  const YAML::Node* name = map.require("name", "it appears in log and metrics");
  map.text("name", key.name);
  if (name != nullptr && !is_key_name(key.name)) {
    reader.problem(*name, map.path_of("name"), std::string(kKeyNameForm));
  }
  map.parsed("description", key.description,
             [](const std::string& words) -> tl::expected<std::string, std::string> {
               return words;  // may have several lines
             });
  map.parsed("prefix", key.prefix, parse_prefix);
  map.text("environment", key.environment);
  if (!key.environment.empty() && !is_key_name(key.environment)) {
    reader.problem(*map.find("environment"), map.path_of("environment"),
                   "has letters, digits and marks of \"-_.@:/\", without blanks");
  }
  map.text("plan", key.plan);
  key.plan_place = place_of(map.place_of("plan"));
  map.list("apis", [&](const YAML::Node& item, const std::string& path) {
    auto words = reader.scalar(item, path);
    if (!words) return;
    key.apis.push_back(std::move(*words));
    key.api_places.push_back(place_of(item));
  });
  map.date("expires", key.expires);
  map.flag("disabled", key.disabled);
  map.list("notify", [&](const YAML::Node& item, const std::string& path) {
    const auto words = reader.scalar(item, path);
    if (!words) return;
    if (is_mail_address(*words)) return key.notify.push_back(*words);
    reader.problem(
        item, path,
        fmt::format("\"{}\" is not a mail address: write for example ops@acme.example", *words));
  });
}

Key read_key(YamlMap& map, const SecretPlaces& places) {
  YamlReader& reader = map.reader();
  Key key;
  key.line = map.node().Mark().line + 1;
  read_texts_of_key(map, key);
  if (map.find("allow_ips") != nullptr) map.ranges("allow_ips", key.allow_ips.emplace());
  const YAML::Node* secrets = map.require("secrets", "make one with \"tollgate keys add\"");
  map.list("secrets", [&](const YAML::Node& item, const std::string& path) {
    const auto words = reader.scalar(item, path);
    if (!words) return;
    const auto hash = read_secret(*words, reader, places);
    if (hash) {
      key.secrets.push_back(*hash);
    } else {
      reader.problem(item, path, hash.error());
    }
  });
  if (secrets != nullptr && secrets->IsSequence() && secrets->size() == 0) {
    reader.problem(
        *secrets, map.path_of("secrets"),
        "is empty, so nobody could use the key; write \"disabled: true\" to switch it off");
  }
  return key;
}

struct HashOfHash {
  std::size_t operator()(const SecretHash& hash) const {
    std::size_t value = 0;
    std::copy_n(hash.begin(), sizeof value, reinterpret_cast<std::uint8_t*>(&value));
    return value;
  }
};

void check_unique(YamlReader& reader, const std::vector<Key>& keys) {
  std::unordered_map<std::string_view, const Key*> names;
  std::unordered_map<SecretHash, const Key*, HashOfHash> secrets;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Key& key = keys[i];
    const auto [first, added] = names.emplace(key.name, &key);
    if (!added && !key.name.empty()) {
      reader.problem(key.line, 1, fmt::format("keys[{}].name", i),
                     fmt::format("the key in line {} has the name \"{}\" already",
                                 first->second->line, key.name));
    }
    for (const SecretHash& secret : key.secrets) {
      const auto [other, is_new] = secrets.emplace(secret, &key);
      if (is_new) continue;
      reader.problem(
          key.line, 1, fmt::format("keys[{}].secrets", i),
          fmt::format("the key \"{}\" in line {} has this secret already; one secret is one key",
                      other->second->name, other->second->line));
    }
  }
}

std::vector<std::string> api_names(const Config& config) {
  std::vector<std::string> names;
  for (const ApiConfig& api : config.apis) names.push_back(api.name);
  return names;
}

tl::expected<std::vector<Key>, Diagnostics> parse(std::string_view text, const std::string& file,
                                                  const SecretPlaces& places) {
  YamlReader reader(file, places.lookup, YamlReader::Variables::kLeftAlone);
  const auto root = reader.load(text);
  if (!root) return tl::unexpected(reader.problems());
  std::vector<Key> keys;
  YamlMap map(reader, *root, "");
  map.list("keys", [&](const YAML::Node& item, const std::string& path) {
    YamlMap entry(reader, item, path);
    keys.push_back(read_key(entry, places));
    entry.finish();
  });
  map.finish();
  check_unique(reader, keys);
  if (!reader.is_right()) return tl::unexpected(reader.problems());
  return keys;
}

// Of a file that is not there yet.
std::string how_to_begin(const std::string& file) {
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) return {};
  return fmt::format(": make it with \"tollgate keys add NAME --file {}\"", file);
}

}  // namespace

tl::expected<std::vector<Key>, Diagnostics> parse_keys(std::string_view text,
                                                       const std::string& file,
                                                       const EnvironmentLookup& lookup,
                                                       const FileVisitor& visit) {
  return parse(text, file, {lookup, visit});
}

tl::expected<std::vector<Key>, Diagnostics> parse_keys_as_written(std::string_view text,
                                                                  const std::string& file) {
  const EnvironmentLookup no_variables = [](const std::string&) { return std::nullopt; };
  return parse(text, file,
               {no_variables, [](const std::string&) {}, SecretPlaces::Use::kLeftAlone});
}

tl::expected<std::vector<Key>, Diagnostics> read_keys(const std::string& file,
                                                      const EnvironmentLookup& lookup,
                                                      const FileVisitor& visit) {
  visit(file);
  const auto text = read_text_file(file);
  if (!text) {
    return tl::unexpected(Diagnostics{{file, 0, 0, "", text.error() + how_to_begin(file)}});
  }
  return parse_keys(*text, file, lookup, visit);
}

Diagnostics check_keys_against(const std::vector<Key>& keys, const Config& config) {
  Diagnostics problems;
  const std::vector<std::string> apis = api_names(config);
  std::vector<std::string> plans;
  for (const auto& [name, plan] : config.plans) plans.push_back(name);
  std::map<std::string, const Key*> plan_of_environment;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Key& key = keys[i];
    const auto problem = [&](TextPlace at, const std::string& member, std::string message) {
      problems.push_back({config.keys_file, at.line, at.column,
                          fmt::format("keys[{}].{}", i, member), std::move(message)});
    };
    const auto nearest = [&](const std::string& wrong, const std::vector<std::string>& names) {
      return problems.size() < kMaxDiagnostics ? suggestion_or_names(wrong, names) : std::string();
    };
    for (std::size_t k = 0; k < key.apis.size(); ++k) {
      const std::string& api = key.apis[k];
      if (std::find(apis.begin(), apis.end(), api) != apis.end()) continue;
      problem(key.api_places[k], fmt::format("apis[{}]", k),
              fmt::format("there is no API \"{}\"{}", api, nearest(api, apis)));
    }
    if (!key.plan.empty() && !config.plans.contains(key.plan)) {
      problem(key.plan_place, "plan",
              fmt::format("there is no plan \"{}\" in the configuration{}", key.plan,
                          nearest(key.plan, plans)));
    }
    const auto listed = config.environments.find(key.environment);
    const bool has_plan = listed != config.environments.end() && !listed->second.plan.empty();
    if (key.environment.empty() || key.plan.empty() || has_plan) continue;
    const auto [first, added] = plan_of_environment.emplace(key.environment, &key);
    if (added || first->second->plan == key.plan) continue;
    problem(key.plan_place, "plan",
            fmt::format(
                "the key \"{}\" of the same environment \"{}\" names the plan \"{}\"; they must "
                "agree, or the environment names a plan of its own in the configuration",
                first->second->name, key.environment, first->second->plan));
  }
  return in_order(std::move(problems));
}

std::string notify_is_not_built(const std::vector<Key>& keys) {
  const auto has = [](const Key& key) { return !key.notify.empty(); };
  const auto first = std::find_if(keys.begin(), keys.end(), has);
  if (first == keys.end()) return {};
  const auto others = std::count_if(first + 1, keys.end(), has);
  return fmt::format(
      "key {}{}: notify has no effect: notifications are not built yet, and no mail is sent",
      first->name, others == 0 ? "" : fmt::format(" and {} more", others));
}

}  // namespace tollgate
