// See argument_weights.h. Any thread. Values nest as deep as the client likes, so both walks keep
// what is still to do in a list of their own.
#include "filters/graphql/argument_weights.h"

#include <vector>

namespace tollgate::graphql {
namespace {

template <class Place>
struct Step {
  Place place;
  std::uint32_t input;
  bool inside;
};

// Whether what stands inside a value of this input can weigh anything.
bool holds_weights(const CostModel& model, std::uint32_t input) {
  return model.input_costs(model.schema()->inputs()[input].type);
}

Span fields_of(const CostModel& model, std::uint32_t input) {
  const Schema& schema = *model.schema();
  return schema.types()[schema.inputs()[input].type].inputs;
}

}  // namespace

Points weight_in_json(const CostModel& model, const JsonValue& value, std::uint32_t input,
                      bool inside) {
  const Schema& schema = *model.schema();
  Points sum = 0;
  std::vector<Step<const JsonValue*>> open = {{&value, input, inside}};
  while (!open.empty()) {
    const Step step = open.back();
    open.pop_back();
    if (step.place->kind == JsonValue::Kind::kNull) continue;
    const bool list = step.place->kind == JsonValue::Kind::kList;
    if (!step.inside) {
      sum = add(sum, times(list ? step.place->count : 1, schema.inputs()[step.input].weight));
    }
    if (!holds_weights(model, step.input)) continue;
    const bool object = step.place->kind == JsonValue::Kind::kObject;
    if (!list && !object) continue;
    for (const JsonValue* at = step.place->first; at != nullptr; at = at->next) {
      if (list) {
        open.push_back({at, step.input, true});
        continue;
      }
      const std::uint32_t field = schema.find_input(fields_of(model, step.input), Name(at->name));
      if (field != kNone) open.push_back({at, field, false});
    }
  }
  return sum;
}

Points weight_in_document(const CostModel& model, const Document& document, std::uint32_t value,
                          std::uint32_t input, bool inside, VariableSink* variables) {
  const Schema& schema = *model.schema();
  const auto& values = document.values;
  Points sum = 0;
  std::vector<Step<std::uint32_t>> open = {{value, input, inside}};
  while (!open.empty()) {
    const Step step = open.back();
    open.pop_back();
    const Value& found = values[step.place];
    if (found.kind == Value::Kind::kNull) continue;
    if (found.kind == Value::Kind::kVariable) {
      if (variables != nullptr) variables->variable(step.place, step.input, step.inside);
      continue;
    }
    const bool list = found.kind == Value::Kind::kList;
    const bool object = found.kind == Value::Kind::kObject;
    Count elements = list ? 0 : 1;
    const bool deeper = holds_weights(model, step.input);
    for (std::uint32_t at = step.place + 1; (list || object) && at < found.end;
         at = values[at].end) {
      if (list) {
        ++elements;
        if (deeper) open.push_back({at, step.input, true});
      } else if (deeper) {
        const std::uint32_t field =
            schema.find_input(fields_of(model, step.input), values[at].field);
        if (field != kNone) open.push_back({at, field, false});
      }
    }
    if (!step.inside) sum = add(sum, times(elements, schema.inputs()[step.input].weight));
  }
  return sum;
}

}  // namespace tollgate::graphql
