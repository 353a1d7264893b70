// What everything costs: a schema (or none) and the operator's cost settings made into one table,
// so that pricing an operation only looks things up.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <tl/expected.hpp>

#include "conf/config.h"
#include "filters/graphql/points.h"
#include "filters/graphql/schema.h"

namespace tollgate::graphql {

class PriceTable;

inline constexpr Count kNoSize = -1;

// Where a size is written: an argument, or a field of an input object within it ("input.first").
struct SlicingArgument {
  struct Step {
    Name name;
    // The size where this step is absent and what stands before it is given: by the default value
    // that the schema has for it. kNoSize: none.
    Count if_absent = kNoSize;
  };
  std::vector<Step> steps;  // of which the first is the argument
  bool takes_list = false;  // declared as a list, whose length is the size
};

// One or more field names, from the field that hands its size down to the one that gets it.
using SizedPath = std::vector<Name>;

struct FieldPrice {
  enum class Connection : std::uint8_t { kNotOne, kHandsDown, kMultiplied };

  std::optional<Points> weight;  // none: by the type
  bool is_list = false;
  Count inner = 1;       // elements of the lists within the list, multiplied
  Count size = kNoSize;  // where no slicing argument says one
  std::vector<SlicingArgument> slicing;
  bool require_one = false;  // exactly one of them must be given
  // Where the size goes in place of the field itself. For a connection: "edges" and "nodes".
  std::vector<SizedPath> sized;
  Connection connection = Connection::kNotOne;
  bool arguments_cost = false;  // an argument has a weight, or may hold something that has one
  // Nothing of it costs but itself, as often as it is there, and what is selected of one type.
  bool simple = false;
  // Where a value may be of one type alone: that type (kNone: it is a scalar or enum), and what it
  // weighs.
  std::uint32_t only_type = kNone;
  Points only_weight = 0;
};

// Why there is no model: a mistake in the schema, or a setting that speaks of what the schema has
// not.
struct ModelProblem {
  std::string message;
  Place place;          // in the schema; of a setting: of the field that it is for, or no place
  std::string setting;  // "cost.fields.Query.orders"; empty: it is the schema's
};

// Immutable once made; any thread may read it.
class CostModel {
 public:
  // `sdl` empty: no schema. `generation` is unlike that of any other model of the process.
  [[nodiscard]] static tl::expected<std::unique_ptr<const CostModel>, std::vector<ModelProblem>>
  make(std::string_view sdl, const CostConfig& cost, double introspection_cost,
       std::uint64_t generation);
  // Whether `make` would make the same of these.
  [[nodiscard]] bool is_made_of(std::string_view sdl, const CostConfig& cost,
                                double introspection_cost) const;
  CostModel(const CostModel&) = delete;
  CostModel& operator=(const CostModel&) = delete;
  ~CostModel();

  [[nodiscard]] const Schema* schema() const { return schema_.get(); }
  [[nodiscard]] const CostConfig& cost() const { return cost_; }
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

  [[nodiscard]] Points operation_weight(OperationKind kind) const {
    return operation_weights_[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] Points mutation_field() const { return mutation_field_; }
  [[nodiscard]] Points introspection() const { return introspection_; }

  // With a schema: of a field of it.
  [[nodiscard]] const FieldPrice& field(std::uint32_t field) const { return fields_[field]; }
  // What a field always costs, if it is a scalar or enum and no list; kNotPlain for others.
  static constexpr Points kNotPlain = -1;
  [[nodiscard]] Points plain_points(std::uint32_t field) const { return plain_points_[field]; }
  // What the fields cost, in the form for a single pass; null without a schema.
  [[nodiscard]] const PriceTable* price_table() const { return price_table_.get(); }
  // Of a value of the type `possible` in a field declared as `declared`, in a list or not.
  [[nodiscard]] Points weight(std::uint32_t possible, std::uint32_t declared, bool in_list) const;
  [[nodiscard]] bool input_costs(std::uint32_t type) const { return input_costs_[type]; }

  // Of a field that no schema knows: what the settings say of it by a type's name; null: nothing.
  [[nodiscard]] const FieldPrice* unlisted(Name type, Name field) const;
  // And where they say nothing of it.
  [[nodiscard]] const FieldPrice& unlisted() const { return unlisted_; }
  // What such a field costs without arguments and selections; kNotPlain where the settings name
  // some.
  [[nodiscard]] Points plain_unlisted() const {
    return names_types() ? kNotPlain : std::max<Points>(0, scalar_);
  }
  [[nodiscard]] std::optional<Points> type_weight(Name type) const;
  [[nodiscard]] Points object() const { return object_; }
  [[nodiscard]] Points scalar(bool in_list) const { return in_list ? scalar_in_list_ : scalar_; }
  [[nodiscard]] bool names_types() const { return !cost_.types.empty() || !cost_.fields.empty(); }

 private:
  friend class CostModelBuilder;
  CostModel();

  CostConfig cost_;  // owns the names that prices refer to
  std::unique_ptr<const Schema> schema_;
  std::uint64_t generation_ = 0;
  Points operation_weights_[3] = {};
  Points mutation_field_ = 0;
  Points introspection_ = 0;
  Points object_ = 0;
  Points scalar_ = 0;
  Points scalar_in_list_ = 0;
  std::vector<FieldPrice> fields_;                   // by index in the schema
  std::vector<Points> plain_points_;                 // likewise
  std::vector<std::optional<Points>> type_weights_;  // by index in the schema
  std::vector<bool> input_costs_;                    // by type: it holds weights
  FieldPrice unlisted_;
  std::unordered_map<std::string_view, std::unordered_map<std::string_view, FieldPrice>>
      unlisted_fields_;  // by type and field
  std::unordered_map<std::string_view, Points> unlisted_types_;
  std::unique_ptr<const PriceTable> price_table_;
};

}  // namespace tollgate::graphql
