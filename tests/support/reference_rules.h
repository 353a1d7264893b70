// What the schema and the settings say of a single field, for the naive estimator.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "filters/graphql/schema.h"
#include "tests/support/reference_data.h"

namespace tollgate::graphql {

using Path = std::vector<std::string>;

// Sums and products stop at 2^53 - 1, in points and in sizes.
[[nodiscard]] Wide held_points(Wide thousandths);
[[nodiscard]] Wide held_count(Wide count);
// "page.items" and "page { items }".
[[nodiscard]] std::vector<Path> paths_of(std::string_view text);

struct FieldRule {
  std::vector<Path> slicing;
  bool require_one = false;
  std::optional<Wide> assumed;
  std::vector<Path> sized;
  bool connection = false;  // found by its names
  std::optional<Wide> weight;
};

// What a slicing argument comes to.
struct Sliced {
  enum class Kind { kNothing, kDefault, kGiven, kInvalid };
  Kind kind = Kind::kNothing;
  Wide size = 0;
};

class ReferenceRules {
 public:
  ReferenceRules(const Schema* schema, const CostConfig& cost) : schema_(schema), cost_(cost) {}

  [[nodiscard]] FieldRule of_schema(const SchemaField& field) const;
  // Of a field that no schema knows, looked up under the first of `types` that says something.
  [[nodiscard]] FieldRule unlisted(const std::vector<std::string>& types,
                                   std::string_view field) const;
  // `field` null: no schema knows it.
  [[nodiscard]] Sliced sliced(const Data& arguments, const Path& path,
                              const SchemaField* field) const;
  [[nodiscard]] Wide argument_weight(const SchemaInput& input, const Data& value) const;
  // Of a value of the type `possible` where `declared` is what the field's type says.
  [[nodiscard]] Wide type_weight(std::uint32_t possible, std::uint32_t declared,
                                 bool in_list) const;
  [[nodiscard]] std::optional<Wide> configured_type(const std::string& type) const;
  [[nodiscard]] bool is_of(std::uint32_t type, std::uint32_t condition) const;
  [[nodiscard]] std::vector<std::uint32_t> possible(std::uint32_t type) const;

 private:
  [[nodiscard]] std::vector<const SchemaField*> carriers(const SchemaField& field) const;
  [[nodiscard]] const FieldCostConfig* configured(const SchemaField& field) const;
  [[nodiscard]] bool is_connection(const SchemaField& field) const;
  [[nodiscard]] std::vector<Path> conventional_slicing(const SchemaField& field) const;
  [[nodiscard]] Wide fields_weight(const SchemaInput& input, const Data& value) const;
  [[nodiscard]] Sliced along(const Data& value, const Path& path, std::size_t step, Span inputs,
                             bool is_default) const;

  const Schema* schema_;
  const CostConfig& cost_;
};

}  // namespace tollgate::graphql
