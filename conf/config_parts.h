// The blocks of tollgate.yaml, one function each; for config_reader.cc alone.
#pragma once

#include "conf/config.h"
#include "conf/yaml_reader.h"

namespace tollgate {

void read_listen(YamlMap& root, Config& config);
void read_certificate(YamlMap& map, CertificateConfig& certificate);  // of tls
void read_server_blocks(YamlMap& root, Config& config);               // admin to keys
void read_plans(YamlMap& root, Config& config);                       // plans, environments, limits
void read_apis(YamlMap& root, Config& config);
void read_notifications(YamlMap& root, Config& config);
void read_graphql(YamlMap& api, GraphqlConfig& graphql);

// What parts say of each other: names that nobody has, or two; addresses that two listen on.
// Parts that could not be read are passed over.
void check_references(YamlReader& reader, const YAML::Node& root, const Config& config);

// What is written correctly and has no effect in this version yet.
[[nodiscard]] Diagnostics find_not_built(YamlReader& reader, const YAML::Node& root);

}  // namespace tollgate
