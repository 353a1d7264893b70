// plans, environments and limits.
#include <fmt/format.h>

#include "conf/config_parts.h"
#include "conf/endpoint.h"

namespace tollgate {
namespace {

constexpr const char* kMeasures[] = {"requests", "complexity", "mutations"};

void read_limits_of(YamlMap& plan, const char* measure, std::map<Duration, std::uint64_t>& limits) {
  YamlReader& reader = plan.reader();
  plan.entries(measure, "{10s: 60, 1h: 5k}",
               [&](const std::string& window, const YAML::Node& value, const std::string& path) {
                 const auto length = parse_duration(window);
                 if (!length || *length < 1ms) {
                   return reader.problem(value, path,
                                         length ? "a window is at least 1ms long" : length.error());
                 }
                 const auto words = reader.scalar(value, path);
                 if (!words) return;
                 const auto limit = parse_count(*words);
                 if (!limit) return reader.wrong_value(value, path, *words, limit.error());
                 if (!limits.emplace(*length, *limit).second) {
                   reader.problem(value, path, "is the same window as another, written otherwise");
                 }
               });
}

tl::expected<std::uint64_t, std::string> parse_share(const std::string& words) {
  if (words.ends_with('%')) {
    const auto percent = parse_count(words.substr(0, words.size() - 1));
    if (percent && *percent >= 1 && *percent <= 100) return *percent;
  }
  return tl::unexpected(fmt::format("\"{}\" is not a share: write 1% to 100%", words));
}

// An operator who writes where Redis is believes that replicas share their windows.
void check_not_of_redis(YamlMap& map, const StoreConfig& store) {
  const YAML::Node* kind = map.find("kind");
  const bool memory = kind == nullptr || (kind->IsScalar() && kind->Scalar() == "memory");
  if (!memory) return;
  const StoreConfig defaults;
  const auto check = [&map](const char* name, bool by_default) {
    if (by_default || map.find(name) == nullptr) return;
    map.reader().problem(*map.find(name), map.path_of(name),
                         "has no effect on a store of kind memory, whose windows no other replica "
                         "shares: remove it");
  };
  check("url", store.url.empty());
  check("tls", store.tls_ca.empty());
  check("cluster", store.cluster == defaults.cluster);
  check("sentinel", store.sentinel_master.empty() && store.sentinel_addresses.empty());
  check("mode", store.mode == defaults.mode);
  check("timeout", store.timeout == defaults.timeout);
  check("on_failure", store.on_failure == defaults.on_failure);
  check("replicas", store.replicas == defaults.replicas);
  check("prefix", store.prefix == defaults.prefix);
}

void read_store(YamlMap& map, StoreConfig& store) {
  map.choice<StoreKind>("kind", store.kind,
                        {{"memory", StoreKind::kMemory}, {"redis", StoreKind::kRedis}});
  map.file("snapshot", store.snapshot);
  map.text("url", store.url);
  map.map("tls", [&](YamlMap& tls) { tls.file("ca", store.tls_ca); });
  map.flag("cluster", store.cluster);
  map.map("sentinel", [&](YamlMap& sentinel) {
    sentinel.text("master", store.sentinel_master);
    sentinel.list("addresses", [&](const YAML::Node& item, const std::string& path) {
      const auto words = sentinel.reader().scalar(item, path);
      if (!words) return;
      const auto endpoint = parse_endpoint(*words);
      if (!endpoint) return sentinel.reader().wrong_value(item, path, *words, endpoint.error());
      store.sentinel_addresses.push_back(*endpoint);
    });
  });
  map.choice<StoreMode>("mode", store.mode,
                        {{"leased", StoreMode::kLeased}, {"exact", StoreMode::kExact}});
  map.duration("timeout", store.timeout);
  map.choice<StoreFailure>("on_failure", store.on_failure,
                           {{"local", StoreFailure::kLocal},
                            {"refuse", StoreFailure::kRefuse},
                            {"allow", StoreFailure::kAllow}});
  map.count("replicas", store.replicas, YamlMap::Zero::kForbidden);
  map.text("prefix", store.prefix);
  const bool redis_url = store.url.starts_with("redis://") || store.url.starts_with("rediss://");
  if (store.kind == StoreKind::kRedis && !redis_url && store.sentinel_addresses.empty()) {
    map.reader().problem(map.place_of("url"), map.path_of("url"),
                         "kind redis needs a url, for example redis://redis:6379/0");
  }
  check_not_of_redis(map, store);
}

}  // namespace

void read_plans(YamlMap& root, Config& config) {
  YamlReader& reader = root.reader();
  root.entries("plans", "{growth: {requests: {1h: 5k}}}",
               [&](const std::string& name, const YAML::Node& value, const std::string& path) {
                 YamlMap map(reader, value, path);
                 PlanConfig& plan = config.plans[name];
                 for (std::size_t i = 0; i < plan.limits.size(); ++i) {
                   read_limits_of(map, kMeasures[i], plan.limits[i]);
                 }
                 map.finish();
               });
  root.entries("environments", "{acme-production: {plan: growth}}",
               [&](const std::string& name, const YAML::Node& value, const std::string& path) {
                 YamlMap map(reader, value, path);
                 EnvironmentConfig& environment = config.environments[name];
                 map.text("plan", environment.plan);
                 map.parsed("key_share", environment.key_share, parse_share);
                 map.finish();
               });
  root.map("limits", [&](YamlMap& map) {
    LimitsConfig& limits = config.limits;
    map.text("default_plan", limits.default_plan);
    map.choice<LimitAlgorithm>("algorithm", limits.algorithm,
                               {{"sliding_window", LimitAlgorithm::kSlidingWindow},
                                {"token_bucket", LimitAlgorithm::kTokenBucket}});
    map.count("max_addresses", limits.max_addresses, YamlMap::Zero::kForbidden);
    map.choice<Refund>("refund", limits.refund,
                       {{"not_forwarded", Refund::kNotForwarded},
                        {"upstream_5xx", Refund::kUpstream5xx},
                        {"none", Refund::kNone}});
    map.choice<RetryAfter>(
        "retry_after", limits.retry_after,
        {{"seconds", RetryAfter::kSeconds}, {"http_date", RetryAfter::kHttpDate}});
    map.map("store", [&](YamlMap& store) { read_store(store, limits.store); });
  });
}

}  // namespace tollgate
