// See config_reader.h.
#include "conf/config_reader.h"

#include <cstdlib>

#include "conf/config_parts.h"
#include "conf/endpoint.h"
#include "conf/text_file.h"

namespace tollgate {
EnvironmentLookup process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody sets it
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

namespace {

void read_blocks(YamlReader& reader, const YAML::Node& root, Config& config) {
  YamlMap map(reader, root, "");
  read_listen(map, config);
  read_server_blocks(map, config);
  read_plans(map, config);
  read_apis(map, config);
  read_notifications(map, config);
  map.finish();
}

ConfigReading parse_what_is_right(std::string_view text, const std::string& file,
                                  const EnvironmentLookup& lookup) {
  ConfigReading reading;
  YamlReader reader(file, lookup);
  if (const auto root = reader.load(text)) {
    read_blocks(reader, *root, reading.loaded.config);
    check_references(reader, *root, reading.loaded.config);
    reading.problems = reader.problems();
    reading.loaded.not_built = find_not_built(reader, *root);
    reading.loaded.files = std::move(reader.named_files());
    reading.loaded.settings = std::move(reader.settings());
  } else {
    reading.problems = reader.problems();
  }
  return reading;
}

}  // namespace

tl::expected<LoadedConfig, Diagnostics> parse_config(std::string_view text, const std::string& file,
                                                     const EnvironmentLookup& lookup) {
  ConfigReading reading = parse_what_is_right(text, file, lookup);
  if (!reading.problems.empty()) return tl::unexpected(std::move(reading.problems));
  return std::move(reading.loaded);
}

tl::expected<LoadedConfig, Diagnostics> read_config(const std::string& file,
                                                    const EnvironmentLookup& lookup) {
  ConfigReading reading = read_what_is_right(file, lookup);
  if (!reading.problems.empty()) return tl::unexpected(std::move(reading.problems));
  return std::move(reading.loaded);
}

ConfigReading read_what_is_right(const std::string& file, const EnvironmentLookup& lookup) {
  const auto text = read_text_file(file);
  if (text) return parse_what_is_right(*text, file, lookup);
  return {{}, {{file, 0, 0, "", text.error()}}};
}

tl::expected<Endpoint, Diagnostics> read_admin_address(const std::string& file,
                                                       const EnvironmentLookup& lookup) {
  const auto text = read_text_file(file);
  if (!text) return tl::unexpected(Diagnostics{{file, 0, 0, "", text.error()}});
  YamlReader reader(file, lookup);
  const auto root = reader.load(*text);
  if (!root) return tl::unexpected(reader.problems());
  Endpoint address = Config().admin;
  YamlMap map(reader, *root, "");
  if (const YAML::Node* admin = map.find("admin")) {
    YamlMap block(reader, *admin, "admin");
    block.parsed("address", address, parse_endpoint);
    block.require_mapping();
  }
  map.require_mapping();
  if (!reader.is_right()) return tl::unexpected(reader.problems());
  return address;
}

}  // namespace tollgate
