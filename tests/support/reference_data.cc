// See reference_data.h.
#include "tests/support/reference_data.h"

#include <algorithm>

namespace tollgate::graphql {
namespace {

Data of_kind(Data::Kind kind) {
  Data data;
  data.kind = kind;
  return data;
}

Data integer(Wide value) {
  Data data = of_kind(Data::Kind::kInteger);
  data.integer = value;
  return data;
}

Data integer_of(std::string_view digits) {
  Wide value = 0;
  const bool negative = digits.starts_with('-');
  for (const char digit : digits.substr(negative ? 1 : 0)) {
    value = std::min<Wide>(value * 10 + (digit - '0'), kMostCount);
  }
  return integer(negative ? -value : value);
}

Data data_of(const JsonValue& json) {
  if (json.kind == JsonValue::Kind::kNull) return of_kind(Data::Kind::kNull);
  if (json.kind == JsonValue::Kind::kInteger) return integer(json.integer);
  Data data = of_kind(json.kind == JsonValue::Kind::kList     ? Data::Kind::kList
                      : json.kind == JsonValue::Kind::kObject ? Data::Kind::kObject
                                                              : Data::Kind::kOther);
  for (const JsonValue* at = json.first; at != nullptr; at = at->next) {
    if (data.kind == Data::Kind::kList) data.elements.push_back(data_of(*at));
    if (data.kind == Data::Kind::kObject) data.members[std::string(at->name)] = data_of(*at);
  }
  return data;
}

}  // namespace

const VariableDefinition* GivenVariables::definition_of(std::string_view name) const {
  if (operation_ == nullptr) return nullptr;
  for (std::uint32_t k = 0; k < operation_->variable_count; ++k) {
    const auto& definition = document_.variables[operation_->first_variable + k];
    if (definition.name.text() == name) return &definition;
  }
  return nullptr;
}

const JsonValue* GivenVariables::sent(std::string_view name) const {
  const JsonValue* at = sent_ == nullptr ? nullptr : sent_->first;
  while (at != nullptr && at->name != name) at = at->next;
  return at;
}

Data GivenVariables::find(std::string_view name) const {
  const VariableDefinition* definition = definition_of(name);
  if (definition == nullptr) return of_kind(Data::Kind::kBad);
  if (const JsonValue* value = sent(name)) {
    const bool bad = definition->non_null && value->kind == JsonValue::Kind::kNull;
    return bad ? of_kind(Data::Kind::kBad) : data_of(*value);
  }
  if (definition->default_value != kNone) {
    return graphql::data_of(document_, definition->default_value, *this);
  }
  return of_kind(definition->non_null ? Data::Kind::kBad : Data::Kind::kMissing);
}

Data data_of(const Document& document, std::uint32_t index, const GivenVariables& variables) {
  const Value& value = document.values[index];
  switch (value.kind) {
    case Value::Kind::kVariable:
      return variables.find(value.name.text());
    case Value::Kind::kInt:
      return integer_of(value.text);
    case Value::Kind::kNull:
      return of_kind(Data::Kind::kNull);
    case Value::Kind::kList:
    case Value::Kind::kObject:
      break;
    default:
      return of_kind(Data::Kind::kOther);
  }
  const bool list = value.kind == Value::Kind::kList;
  Data data = of_kind(list ? Data::Kind::kList : Data::Kind::kObject);
  for (std::uint32_t at = index + 1; at < value.end; at = document.values[at].end) {
    Data inside = data_of(document, at, variables);
    if (list) {
      data.elements.push_back(std::move(inside));
    } else {
      data.members[std::string(document.values[at].field.text())] = std::move(inside);
    }
  }
  return data;
}

}  // namespace tollgate::graphql
