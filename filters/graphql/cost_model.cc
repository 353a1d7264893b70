// See cost_model.h. Any thread.
#include "filters/graphql/cost_model.h"

#include "filters/graphql/cost_model_builder.h"
#include "filters/graphql/price_table.h"

namespace tollgate::graphql {

CostModel::CostModel() = default;
CostModel::~CostModel() = default;

tl::expected<std::unique_ptr<const CostModel>, std::vector<ModelProblem>> CostModel::make(
    std::string_view sdl, const CostConfig& cost, double introspection_cost,
    std::uint64_t generation) {
  std::unique_ptr<CostModel> model(new CostModel());
  model->cost_ = cost;
  model->generation_ = generation;
  model->introspection_ = points_of(introspection_cost);
  if (!sdl.empty()) {
    auto schema = Schema::make(sdl);
    if (!schema) {
      std::vector<ModelProblem> problems;
      for (Problem& each : schema.error()) {
        problems.push_back({std::move(each.message), each.place, ""});
      }
      return tl::unexpected(std::move(problems));
    }
    model->schema_ = std::move(*schema);
  }
  std::vector<ModelProblem> problems = CostModelBuilder(*model).build();
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  if (model->schema_ != nullptr) model->price_table_ = std::make_unique<const PriceTable>(*model);
  return model;
}

bool CostModel::is_made_of(std::string_view sdl, const CostConfig& cost,
                           double introspection_cost) const {
  const std::string_view own = schema_ == nullptr ? "" : schema_->values().source();
  return own == sdl && cost_ == cost && introspection_ == points_of(introspection_cost);
}

Points CostModel::weight(std::uint32_t possible, std::uint32_t declared, bool in_list) const {
  if (type_weights_[possible]) return *type_weights_[possible];
  if (type_weights_[declared]) return *type_weights_[declared];
  switch (schema_->types()[declared].kind) {
    case TypeKind::kObject:
    case TypeKind::kInterface:
    case TypeKind::kUnion:
      return object_;
    case TypeKind::kScalar:
    case TypeKind::kEnum:
    case TypeKind::kInputObject:
      return scalar(in_list);
  }
  return 0;
}

const FieldPrice* CostModel::unlisted(Name type, Name field) const {
  const auto fields = unlisted_fields_.find(type.text());
  if (fields == unlisted_fields_.end()) return nullptr;
  const auto price = fields->second.find(field.text());
  return price == fields->second.end() ? nullptr : &price->second;
}

std::optional<Points> CostModel::type_weight(Name type) const {
  const auto found = unlisted_types_.find(type.text());
  if (found == unlisted_types_.end()) return std::nullopt;
  return found->second;
}

}  // namespace tollgate::graphql
