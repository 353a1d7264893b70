// See sizes.h. Any thread.
#include "filters/graphql/sizes.h"

#include <algorithm>

namespace tollgate::graphql {
namespace {

SizeFound found(Count size) { return {SizeFound::Kind::kSize, size, kNone, 0}; }

SizeFound absent(const SlicingArgument& argument, std::uint32_t step) {
  const Count size = argument.steps[step].if_absent;
  if (size == kNoSize) return {};
  return {SizeFound::Kind::kDefault, size, kNone, step};
}

}  // namespace

std::optional<Count> size_of_literal(std::string_view digits) {
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  Count size = 0;
  for (const char digit : digits) {
    size = std::min(size * 10 + (digit - '0'), kMostCount);
  }
  if (negative && size != 0) return std::nullopt;
  return size;
}

SizeFound size_in_document(const Document& document, std::uint32_t index,
                           const SlicingArgument& argument, std::uint32_t step) {
  const SizeFound wrong{SizeFound::Kind::kWrong, kNoSize, index, step};
  const auto& values = document.values;
  for (;;) {
    const Value& value = values[index];
    if (value.kind == Value::Kind::kNull) return {SizeFound::Kind::kNull, kNoSize, index, step};
    if (value.kind == Value::Kind::kVariable) {
      return {SizeFound::Kind::kVariable, kNoSize, index, step};
    }
    if (step + 1 == argument.steps.size()) break;
    if (value.kind != Value::Kind::kObject) return wrong;
    ++step;
    std::uint32_t at = index + 1;
    while (at < value.end && !(values[at].field == argument.steps[step].name)) at = values[at].end;
    if (at == value.end) return absent(argument, step);
    index = at;
  }
  const Value& value = values[index];
  if (argument.takes_list) {
    if (value.kind != Value::Kind::kList) return found(1);
    Count count = 0;
    for (std::uint32_t at = index + 1; at < value.end; at = values[at].end) ++count;
    return found(count);
  }
  if (value.kind != Value::Kind::kInt) return {SizeFound::Kind::kWrong, kNoSize, index, step};
  const std::optional<Count> size = size_of_literal(value.text);
  return size ? found(*size) : SizeFound{SizeFound::Kind::kWrong, kNoSize, index, step};
}

SizeFound size_in_json(const JsonValue& json, const SlicingArgument& argument, std::uint32_t step) {
  const SizeFound wrong{SizeFound::Kind::kWrong, kNoSize, kNone, step};
  const JsonValue* value = &json;
  while (step + 1 < argument.steps.size()) {
    if (value->kind != JsonValue::Kind::kObject) return wrong;
    ++step;
    const std::string_view name = argument.steps[step].name.text();
    value = value->first;
    while (value != nullptr && value->name != name) value = value->next;
    if (value == nullptr) return absent(argument, step);
    if (value->kind == JsonValue::Kind::kNull)
      return {SizeFound::Kind::kNull, kNoSize, kNone, step};
  }
  if (argument.takes_list) {
    return found(value->kind == JsonValue::Kind::kList ? Count{value->count} : 1);
  }
  if (value->kind != JsonValue::Kind::kInteger || value->integer < 0) return wrong;
  return found(value->integer);
}

}  // namespace tollgate::graphql
