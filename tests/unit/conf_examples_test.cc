// The files that ship in conf/: they load, they agree with each other, and they leave nothing out.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "conf/config_reader.h"
#include "conf/keys.h"
#include "conf/text_file.h"

namespace tollgate {
namespace {

const std::string kConf = std::string(SOURCE_DIR) + "/conf/";

EnvironmentLookup no_environment() {
  return [](const std::string&) { return std::nullopt; };
}

std::string problems_of(const Diagnostics& problems) {
  std::string text;
  for (const Diagnostic& problem : problems) text += problem.text() + "\n";
  return text;
}

// tollgate.yaml with the lines that are not built yet brought to life, and the store that some of
// them are for.
std::string everything() {
  std::istringstream lines(*read_text_file(kConf + "tollgate.yaml"));
  std::string out;
  bool in_block = false;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("#-")) {
      in_block = false;
    } else {
      in_block = in_block || (line.size() > 3 && line[2] == ' ' && line[3] != ' ');
      line = in_block ? line.substr(3) : "  " + line.substr(2);
    }
    out += line + "\n";
  }
  const std::string memory = "kind: memory";
  return out.replace(out.find(memory), memory.size(), "kind: redis");
}

TEST(ConfExamples, the_reference_loads_with_nothing_that_is_not_built) {
  const auto loaded = read_config(kConf + "tollgate.yaml", no_environment());
  ASSERT_TRUE(loaded) << problems_of(loaded.error());
  EXPECT_EQ(problems_of(loaded->not_built), "");
  const auto keys = read_keys(loaded->config.keys_file, no_environment());
  ASSERT_TRUE(keys) << problems_of(keys.error());
  EXPECT_EQ(problems_of(check_keys_against(*keys, loaded->config)), "");
}

TEST(ConfExamples, the_smallest_one_loads) {
  const auto loaded = read_config(kConf + "minimal.yaml", no_environment());
  ASSERT_TRUE(loaded) << problems_of(loaded.error());
  EXPECT_EQ(problems_of(loaded->not_built), "");
}

TEST(ConfExamples, the_reference_shows_the_defaults) {
  const auto shown = read_config(kConf + "tollgate.yaml", no_environment());
  ASSERT_TRUE(shown);
  const Config defaults;
  const Config& config = shown->config;
  EXPECT_EQ(config.admin, defaults.admin);
  EXPECT_EQ(config.workers, defaults.workers);
  EXPECT_EQ(config.connections.max, defaults.connections.max);
  EXPECT_EQ(config.connections.header_timeout, defaults.connections.header_timeout);
  EXPECT_EQ(config.connections.body_timeout, defaults.connections.body_timeout);
  EXPECT_EQ(config.connections.idle_timeout, defaults.connections.idle_timeout);
  EXPECT_EQ(config.connections.max_header_bytes, defaults.connections.max_header_bytes);
  EXPECT_EQ(config.connections.max_headers, defaults.connections.max_headers);
  EXPECT_EQ(config.connections.max_body_bytes, defaults.connections.max_body_bytes);
  EXPECT_EQ(config.connections.max_held_bytes, defaults.connections.max_held_bytes);
  EXPECT_EQ(config.drain_timeout, defaults.drain_timeout);
  const UpstreamConfig upstream;
  const UpstreamConfig& written = config.apis[0].upstream;
  EXPECT_EQ(written.connect_timeout, upstream.connect_timeout);
  EXPECT_EQ(written.response_timeout, upstream.response_timeout);
  EXPECT_EQ(written.idle_timeout, upstream.idle_timeout);
  EXPECT_EQ(written.keepalive, upstream.keepalive);
  EXPECT_EQ(written.max_connections, upstream.max_connections);
  EXPECT_EQ(written.retries, upstream.retries);
  const AuthConfig auth;
  EXPECT_EQ(config.apis[0].auth.failures.window, auth.failures.window);
  EXPECT_EQ(config.apis[0].auth.failures.attempts, auth.failures.attempts);
}

TEST(ConfExamples, what_is_not_built_yet_is_read_and_then_named) {
  const auto loaded = parse_config(everything(), kConf + "tollgate.yaml", no_environment());
  ASSERT_TRUE(loaded) << problems_of(loaded.error());
  const std::string named = problems_of(loaded->not_built);
  for (const std::string path : {"listen[0].http2", "limits.store.kind", "notifications"}) {
    EXPECT_NE(named.find(": " + path + ": "), std::string::npos) << path << "\n" << named;
  }
}

// Every property name of the schema, with those of nested objects.
void collect_names(const nlohmann::json& schema, std::set<std::string>& names) {
  if (schema.is_array()) {
    for (const auto& each : schema) collect_names(each, names);
  }
  if (!schema.is_object()) return;
  for (const auto& [name, value] : schema.items()) {
    if (name == "properties") {
      for (const auto& [property, inner] : value.items()) names.insert(property);
    }
    collect_names(value, names);
  }
}

TEST(ConfExamples, the_schema_and_the_reference_know_the_same_names) {
  const auto schema = nlohmann::json::parse(*read_text_file(kConf + "tollgate.schema.json"));
  std::set<std::string> names;
  collect_names(schema, names);
  EXPECT_GT(names.size(), 100U);
  const std::string reference = everything();
  for (const std::string& name : names) {
    EXPECT_NE(reference.find(name + ":"), std::string::npos) << name;
  }
}

// As JSON Schema has it, for the parts of it that the schema uses of single values.
bool accepts(const nlohmann::json& schema, const nlohmann::json& root, const std::string& value) {
  if (schema.contains("$ref")) {
    const std::string pointer = schema["$ref"].get<std::string>().substr(1);
    return accepts(root.at(nlohmann::json::json_pointer(pointer)), root, value);
  }
  if (schema.contains("anyOf")) {
    return std::any_of(schema["anyOf"].begin(), schema["anyOf"].end(),
                       [&](const auto& each) { return accepts(each, root, value); });
  }
  if (schema.contains("enum")) {
    return std::find(schema["enum"].begin(), schema["enum"].end(), value) != schema["enum"].end();
  }
  const nlohmann::json types = schema["type"];
  const bool text = types.is_array()
                        ? std::find(types.begin(), types.end(), "string") != types.end()
                        : types == "string";
  if (!text || !schema.contains("pattern")) return text;
  const testing::Matcher<std::string> pattern =
      testing::ContainsRegex(schema["pattern"].get<std::string>());
  return pattern.Matches(value);
}

// The paths of the single values that the schema does not allow to be `value`.
void collect_refusing(const nlohmann::json& schema, const nlohmann::json& root,
                      const std::string& value, const std::string& path,
                      std::vector<std::string>& refusing) {
  const bool open =
      schema.contains("additionalProperties") && schema["additionalProperties"].is_object();
  if (open) collect_refusing(schema["additionalProperties"], root, value, path + ".*", refusing);
  if (schema.contains("items")) {
    collect_refusing(schema["items"], root, value, path + "[]", refusing);
  }
  const nlohmann::json properties = schema.value("properties", nlohmann::json::object());
  for (const auto& [name, inner] : properties.items()) {
    collect_refusing(inner, root, value, path + "." + name, refusing);
  }
  const bool single = !open && !schema.contains("items") && !schema.contains("properties");
  if (single && !accepts(schema, root, value)) refusing.push_back(path);
}

TEST(ConfExamples, the_schema_lets_every_single_value_come_from_the_environment) {
  const auto schema = nlohmann::json::parse(*read_text_file(kConf + "tollgate.schema.json"));
  for (const char* value : {"${NAME}", "${NAME:-default}"}) {
    std::vector<std::string> refusing;
    collect_refusing(schema, schema, value, "", refusing);
    EXPECT_EQ(refusing, std::vector<std::string>());
  }
  std::vector<std::string> refusing;
  collect_refusing(schema, schema, "nonsense", "", refusing);
  EXPECT_EQ(std::count(refusing.begin(), refusing.end(), ".limits.algorithm"), 1);
  EXPECT_EQ(std::count(refusing.begin(), refusing.end(), ".drain.timeout"), 1);
}

}  // namespace
}  // namespace tollgate
