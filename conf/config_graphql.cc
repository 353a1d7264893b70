// apis[].graphql: bounds, introspection, and what an operation costs.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "conf/config_parts.h"

namespace tollgate {
namespace {

constexpr double kMostWeight = 1e12;

bool is_graphql_name(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && letter(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9');
  });
}

// Weights are summed exactly, as thousandths.
void check_weight(YamlMap& map, const std::string& name, double weight) {
  const double thousandths = weight * 1000;
  if (std::abs(weight) <= kMostWeight && std::abs(thousandths - std::round(thousandths)) < 1e-6)
    return;
  const YAML::Node* found = map.find(name);
  map.reader().problem(found == nullptr ? map.node() : *found, map.path_of(name),
                       "a weight has at most three decimals and twelve digits");
}

void weight(YamlMap& map, const std::string& name, double& value) {
  map.number(name, value);
  check_weight(map, name, value);
}

void read_field(YamlMap& map, FieldCostConfig& field) {
  if (map.find("weight") != nullptr) weight(map, "weight", field.weight.emplace(0));
  if (map.find("assumed_size") != nullptr) map.count("assumed_size", field.assumed_size.emplace(0));
  if (map.find("slicing_arguments") != nullptr) {
    map.texts("slicing_arguments", field.slicing_arguments.emplace());
  }
  if (map.find("sized_fields") != nullptr) map.texts("sized_fields", field.sized_fields.emplace());
}

void apply_preset(CostConfig& cost) {
  if (cost.preset != CostPreset::kCentra) return;
  cost.query_weight = cost.mutation_weight = cost.subscription_weight = 0;
  cost.mutation_field = 100;
  cost.object = 1;
  cost.scalar = 0;
  cost.scalar_in_list = 1;
  cost.list_size = 10;
  cost.connections = ConnectionsModel::kMultiplied;
}

void read_types_and_fields(YamlMap& map, CostConfig& cost) {
  YamlReader& reader = map.reader();
  map.map("types", [&](YamlMap& types) {
    for (const std::string& name : types.names()) {
      if (is_graphql_name(name)) {
        weight(types, name, cost.types[name]);
        reader.remember(types.place_of(name), types.path_of(name));
      } else {
        reader.problem(types.place_of(name), types.path_of(name), "is not the name of a type");
      }
    }
  });
  map.entries("fields", "{Query.orders: {weight: 3}}",
              [&](const std::string& name, const YAML::Node& value, const std::string& path) {
                const std::size_t dot = name.find('.');
                if (dot == std::string::npos ||
                    !is_graphql_name(std::string_view(name).substr(0, dot)) ||
                    !is_graphql_name(std::string_view(name).substr(dot + 1))) {
                  return reader.problem(
                      value, path,
                      "is not the name of a field: write Type.field, for example Query.orders");
                }
                reader.remember(value, path);
                YamlMap field(reader, value, path);
                read_field(field, cost.fields[name]);
                field.finish();
              });
}

void read_cost(YamlMap& map, CostConfig& cost) {
  map.choice<CostPreset>("preset", cost.preset,
                         {{"standard", CostPreset::kStandard}, {"centra", CostPreset::kCentra}});
  apply_preset(cost);
  map.map("operation", [&](YamlMap& operation) {
    weight(operation, "query", cost.query_weight);
    weight(operation, "mutation", cost.mutation_weight);
    weight(operation, "subscription", cost.subscription_weight);
  });
  weight(map, "mutation_field", cost.mutation_field);
  weight(map, "object", cost.object);
  weight(map, "scalar", cost.scalar);
  weight(map, "scalar_in_list", cost.scalar_in_list);
  map.count("list_size", cost.list_size);
  map.texts("slicing_arguments", cost.slicing_arguments);
  map.choice<ConnectionsModel>("connections", cost.connections,
                               {{"handed_down", ConnectionsModel::kHandedDown},
                                {"multiplied", ConnectionsModel::kMultiplied}});
  read_types_and_fields(map, cost);
}

}  // namespace

void read_graphql(YamlMap& map, GraphqlConfig& graphql) {
  map.file("schema", graphql.schema);
  map.size("max_body_bytes", graphql.max_body_bytes);
  map.count("max_complexity", graphql.max_complexity);
  map.count("max_depth", graphql.max_depth);
  map.count("max_aliases", graphql.max_aliases);
  map.count("max_tokens", graphql.max_tokens);
  map.count("max_directives", graphql.max_directives);
  map.count("max_batch", graphql.max_batch);
  map.map("introspection", [&](YamlMap& introspection) {
    introspection.flag("allow", graphql.introspection.allow);
    weight(introspection, "cost", graphql.introspection.cost);
  });
  map.flag("rate_limits_query", graphql.rate_limits_query);
  map.file("persisted_documents", graphql.persisted_documents);
  map.map("cost", [&](YamlMap& cost) { read_cost(cost, graphql.cost); });
}

}  // namespace tollgate
