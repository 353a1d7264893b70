// Makes a CostModel of a schema and the operator's settings.
#pragma once

#include <string>
#include <vector>

#include "filters/graphql/cost_model.h"

namespace tollgate::graphql {

class CostModelBuilder {
 public:
  // `model` has its settings and its schema, and nothing else yet.
  explicit CostModelBuilder(CostModel& model) : model_(model) {}
  // Empty: all went well.
  [[nodiscard]] std::vector<Problem> build();

 private:
  void price_unlisted();
  void check_settings();
  void weigh_types();
  void find_costly_inputs();
  void price_fields();
  [[nodiscard]] FieldPrice price(std::uint32_t field);
  void find_only_type(const SchemaField& field, FieldPrice& price) const;
  // The settings of this very field, or of the first interface that has some.
  [[nodiscard]] const FieldCostConfig* settings_of(const SchemaField& field) const;
  [[nodiscard]] const FieldCostConfig* settings_of(Name type, Name field) const;
  // Own, or of the first interface that has it.
  [[nodiscard]] std::optional<Points> cost_of(const SchemaField& field) const;
  [[nodiscard]] const ListSize* list_size_of(const SchemaField& field) const;
  template <class Wanted>
  [[nodiscard]] const SchemaField* own_or_inherited(const SchemaField& field,
                                                    const Wanted& wanted) const;

  void slice(const SchemaField& field, const FieldCostConfig* settings, const ListSize* list_size,
             FieldPrice& price);
  void add_slicing(const SchemaField& field, std::string_view path, FieldPrice& price);
  [[nodiscard]] Count default_size(const SlicingArgument& argument, std::uint32_t step,
                                   std::uint32_t default_value) const;
  [[nodiscard]] bool is_connection(const SchemaField& field) const;
  void hand_down(const SchemaField& field, const std::vector<SizedPath>& paths, FieldPrice& price);

  [[nodiscard]] std::string name_of(const SchemaField& field) const;
  void problem(const SchemaField& field, std::string message);

  CostModel& model_;
  std::vector<Problem> problems_;
};

// "page.items" or "page { items other }": one path for each field that gets the size.
[[nodiscard]] std::vector<SizedPath> sized_paths(std::string_view text);

}  // namespace tollgate::graphql
