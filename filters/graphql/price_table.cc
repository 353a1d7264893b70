// See price_table.h.
#include "filters/graphql/price_table.h"

#include <algorithm>
#include <bit>

namespace tollgate::graphql {
namespace {

// Of more types each would have to be read for itself.
constexpr std::size_t kMostPossible = 16;

// Of the fields that have slots; and __typename.
std::size_t slots_for(std::size_t fields) { return std::bit_ceil(2 * (fields + 1)); }

std::uint8_t bit_of(std::uint32_t index) {
  return static_cast<std::uint8_t>(index % PriceTable::kBits);
}

}  // namespace

PriceTable::PriceTable(const CostModel& model) {
  const Schema& schema = *model.schema();
  types_.reserve(schema.types().size());
  std::size_t size = 0;
  for (const SchemaType& type : schema.types()) size += slots_for(type.fields.count);
  slots_.resize(size);
  Slot* first = slots_.data();
  for (std::uint32_t i = 0; i < schema.types().size(); ++i) {
    const std::size_t count = slots_for(schema.types()[i].fields.count);
    types_.push_back({first, count - 1, i, schema.types()[i].fields.count < kBits});
    first += count;
  }
  for (std::uint32_t i = 0; i < schema.fields().size(); ++i) fields_.push_back(field_of(model, i));
  fields_.push_back({Field::Kind::kLeaf, false, nullptr, 1, 0, 0});
  for (std::uint32_t i = 0; i < schema.types().size(); ++i) {
    const Span fields = schema.types()[i].fields;
    for (std::uint32_t k = 0; k < fields.count; ++k) {
      const std::uint32_t field = fields.first + k;
      const Name name = schema.fields()[field].name;
      if (schema.find_field(i, name) != field || name.text().starts_with("__")) continue;
      const bool opens = fields_[field].kind == Field::Kind::kObject && !fields_[field].sliced;
      add(types_[i], name.text(), {{}, model.plain_points(field), field, bit_of(k), opens});
    }
    add(types_[i], "__typename", {{}, 0, typename_field(), bit_of(fields.count), false});
  }
}

void PriceTable::add(const Type& type, std::string_view name, Slot slot) {
  slot.name = key_of(name);
  const Slot& found = find(type, slot.name);
  if (found.name.low == 0) slots_[static_cast<std::size_t>(&found - slots_.data())] = slot;
}

PriceTable::Field PriceTable::field_of(const CostModel& model, std::uint32_t index) const {
  const FieldPrice& price = model.field(index);
  const SchemaField& declared = model.schema()->fields()[index];
  Field field;
  if (price.arguments_cost || declared.type == kNone) return field;
  for (const SlicingArgument& argument : price.slicing) {
    if (argument.steps.size() != 1 || argument.takes_list) return field;
  }
  const auto& possible = model.schema()->types()[declared.type].possible;
  field.sliced = !price.slicing.empty();
  if (possible.size() > 1) {
    if (possible.size() > kMostPossible || !price.sized.empty()) return field;
    field.kind = Field::Kind::kAbstract;
    field.type = &types_[declared.type];
  } else {
    field.kind = price.only_type == kNone ? Field::Kind::kLeaf : Field::Kind::kObject;
    if (price.only_type != kNone) field.type = &types_[price.only_type];
  }
  if (!price.sized.empty()) {
    hand_down(model, price, field);
  } else if (field.sliced && !price.is_list) {
    field.kind = Field::Kind::kOther;
  }
  field.count = times_count(price.is_list ? price.size : 1, price.inner);
  field.own = std::max<Points>(0, times(field.count, price.only_weight));
  return field;
}

// To fields of the value, but not to those of theirs.
void PriceTable::hand_down(const CostModel& model, const FieldPrice& price, Field& field) const {
  const bool hands = field.kind == Field::Kind::kObject && !price.is_list && field.type->exact;
  field.kind = Field::Kind::kOther;
  if (!hands) return;
  const Schema& schema = *model.schema();
  for (const SizedPath& path : price.sized) {
    if (path.size() != 1) return;
    const std::uint32_t found = schema.find_field(field.type->index, path.front());
    if (found == kNone) continue;
    const std::uint32_t index = found - schema.types()[field.type->index].fields.first;
    if (index >= 64) return;
    field.hands_to |= std::uint64_t{1} << index;
  }
  field.kind = Field::Kind::kHands;
}

}  // namespace tollgate::graphql
