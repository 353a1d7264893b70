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
  [[nodiscard]] std::vector<ModelProblem> build();

 private:
  void price_unlisted();
  void check_settings();
  void check_types();
  void check_fields();
  // Names of the schema's types, and of a type's fields, where hints are given.
  [[nodiscard]] std::vector<std::string> type_names() const;
  [[nodiscard]] std::vector<std::string> field_names(std::uint32_t type) const;
  void weigh_types();
  void find_costly_inputs();
  void price_fields();
  [[nodiscard]] FieldPrice price(std::uint32_t field);
  void find_only_type(const SchemaField& field, FieldPrice& price) const;
  // What the configuration says of a field, and under which name it does.
  struct FieldSettings {
    const FieldCostConfig* config = nullptr;
    std::string name;  // "Query.orders"
  };
  // The settings of this very field, or of the first interface that has some.
  [[nodiscard]] FieldSettings settings_of(const SchemaField& field) const;
  // Own, or of the first interface that has it.
  [[nodiscard]] std::optional<Points> cost_of(const SchemaField& field) const;
  [[nodiscard]] const ListSize* list_size_of(const SchemaField& field) const;
  template <class Wanted>
  [[nodiscard]] const SchemaField* own_or_inherited(const SchemaField& field,
                                                    const Wanted& wanted) const;

  // `setting` here and below: where the configuration says so; empty: the schema does.
  void slice(const SchemaField& field, const FieldSettings& settings, const ListSize* list_size,
             FieldPrice& price);
  void add_slicing(const SchemaField& field, std::string_view path, const std::string& setting,
                   FieldPrice& price);
  [[nodiscard]] Count default_size(const SlicingArgument& argument, std::uint32_t step,
                                   std::uint32_t default_value) const;
  [[nodiscard]] bool is_connection(const SchemaField& field) const;
  void hand_down(const SchemaField& field, std::string_view text, const std::string& setting,
                 FieldPrice& price);

  [[nodiscard]] std::string name_of(const SchemaField& field) const;
  void problem(const SchemaField& field, const std::string& setting, std::string message);
  // Of more problems nobody reads them, and looking for them takes long.
  static constexpr std::size_t kMostHints = 20;
  [[nodiscard]] bool gives_hints() const { return problems_.size() < kMostHints; }
  [[nodiscard]] std::string hint(std::string_view wrong,
                                 const std::vector<std::string>& names) const;

  CostModel& model_;
  std::vector<ModelProblem> problems_;
};

// "page.items" or "page { items other }": one path for each field that gets the size.
[[nodiscard]] std::vector<SizedPath> sized_paths(std::string_view text);

}  // namespace tollgate::graphql
