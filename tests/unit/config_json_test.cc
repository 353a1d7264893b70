// /config shows all that a file can say, but for what is not built, and keeps what began with the
// process.
#include "proxy/config_json.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "conf/config_reader.h"
#include "proxy/fixed_at_start.h"

namespace tollgate {
namespace {

using nlohmann::json;

Config read(const std::string& text) {
  const auto loaded =
      parse_config(text, "/t.yaml", [](const std::string&) { return std::nullopt; });
  EXPECT_TRUE(loaded.has_value()) << loaded.error().front().text();
  return loaded.has_value() ? loaded->config : Config();
}

const std::string kSmall = "listen: [{address: \"127.0.0.1:1\"}]\n";
const std::string kApis =
    "apis:\n"
    "  - {name: g, base: /g, kind: graphql, upstream: {url: \"http://h\"}, "
    "graphql: {cost: {fields: {A.b: {weight: 3, assumed_size: 5, slicing_arguments: [n], "
    "sized_fields: [x]}}}}}\n"
    "  - {name: r, base: /r, upstream: {url: \"http://h\"}, "
    "rest: {costs: [{match: POST /r/*, complexity: 7}]}}\n";

// In no answer of this version.
const std::set<std::string> kNotBuilt = {".listen[].http2", ".notifications"};

// Names of properties that the schema has and none of the shown values has.
void find_missing(const json& schema, const std::vector<json>& shown, const std::string& path,
                  std::set<std::string>& missing) {
  if (kNotBuilt.contains(path) || path.starts_with(".limits.store.")) return;
  if (schema.contains("items")) {
    std::vector<json> items;
    for (const json& each : shown) items.insert(items.end(), each.begin(), each.end());
    return find_missing(schema["items"], items, path + "[]", missing);
  }
  if (!schema.contains("properties")) return;
  for (const auto& [name, property] : schema["properties"].items()) {
    const std::string inner = path + "." + name;
    std::vector<json> values;
    for (const json& each : shown) {
      if (each.is_object() && each.contains(name)) values.push_back(each[name]);
    }
    if (values.empty() && !kNotBuilt.contains(inner) && !inner.starts_with(".limits.store.")) {
      missing.insert(inner);
    }
    find_missing(property, values, inner, missing);
  }
}

TEST(ConfigJson, shows_every_name_of_the_schema) {
  std::ifstream file(SOURCE_DIR "/conf/tollgate.schema.json");
  const json schema = json::parse(file);
  const json shown = json::parse(config_json(read(
      "listen: [{address: \"127.0.0.1:1\", tls: {certificate: a, private_key: b, client_ca: c, "
      "certificates: [{certificate: d, private_key: e}]}}]\n"
      "metrics: {address: \"127.0.0.1:2\"}\n" +
      kApis +
      "  - {name: s, base: /s, upstream: {url: \"https://h\", tls: {ca: f, certificate: g, "
      "private_key: h}}}\n")));
  EXPECT_EQ(shown["listen"][0]["tls"]["client_ca"].get<std::string>().back(), 'c');
  EXPECT_EQ(shown["apis"][2]["upstream"]["tls"]["server_name"], "h");
  std::set<std::string> missing;
  find_missing(schema, {shown}, "", missing);
  EXPECT_EQ(missing, std::set<std::string>());
}

TEST(ConfigJson, shows_values_as_a_file_has_them) {
  const json shown = json::parse(config_json(
      read(kSmall +
           "plans: {p: {requests: {10s: 60, 1h: 5k}}}\nenvironments: {e: {plan: p, key_share: "
           "60%}}\nlimits: {default_plan: p, refund: upstream_5xx, store: {snapshot: /w.snap}}\n" +
           kApis)));
  EXPECT_EQ(shown["plans"]["p"]["requests"], (json{{"10s", 60}, {"1h", 5000}}));
  EXPECT_EQ(shown["environments"]["e"], (json{{"plan", "p"}, {"key_share", "60%"}}));
  EXPECT_EQ(shown["limits"]["refund"], "upstream_5xx");
  EXPECT_EQ(shown["limits"]["store"]["snapshot"], "/w.snap");
  EXPECT_EQ(shown["apis"][0]["graphql"]["cost"]["fields"]["A.b"]["assumed_size"], 5);
  EXPECT_EQ(shown["apis"][1]["rest"]["costs"],
            (json::array({{{"match", "POST /r/*"}, {"complexity", 7}}})));
  EXPECT_EQ(shown["apis"][1]["limits"]["group"], "r");
}

TEST(FixedAtStart, what_began_with_the_process_stays_and_is_named) {
  const Config start = read(kSmall + kApis);
  const Config now = read("listen: [{address: \"127.0.0.1:2\"}]\nworkers: 3\n" + kApis +
                          "limits: {algorithm: token_bucket, retry_after: http_date}\n");
  EXPECT_EQ(changed_since_start(start, now),
            (std::vector<std::string>{"listen", "workers", "limits.algorithm"}));
  const Config held = in_force(start, start.listen, now);
  EXPECT_EQ(changed_since_start(start, held), std::vector<std::string>());
  EXPECT_EQ(held.limits.retry_after, RetryAfter::kHttpDate);
}

TEST(FixedAtStart, how_clients_begin_follows_the_file_address_by_address) {
  const Config start =
      read("listen: [{address: \"127.0.0.1:1\"}, {address: \"127.0.0.1:2\"}]\n" + kApis);
  const Config now = read(
      "listen: [{address: \"127.0.0.1:3\"}, {address: \"127.0.0.1:2\", proxy_protocol: true}]\n" +
      kApis);
  const auto second = listen_in_force(start.listen, now.listen);
  ASSERT_EQ(second.size(), 2U);
  EXPECT_EQ(second[0].address.port, 1);
  EXPECT_FALSE(second[0].proxy_protocol);
  EXPECT_EQ(second[1].address.port, 2);
  EXPECT_TRUE(second[1].proxy_protocol);
  const Config third = read("listen: [{address: \"127.0.0.1:1\"}]\n" + kApis);
  EXPECT_TRUE(listen_in_force(second, third.listen)[1].proxy_protocol) << "as before";
}

}  // namespace
}  // namespace tollgate
