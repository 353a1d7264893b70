// What the values weigh that an operation gives to arguments and input fields with @cost.
#pragma once

#include <cstdint>

#include "filters/graphql/cost_model.h"
#include "filters/graphql/json_value.h"

namespace tollgate::graphql {

// Of a variable's value for the argument or input field `input`. An element of a list (`inside`) is
// asked only for what it holds: the list has counted its weight.
[[nodiscard]] Points weight_in_json(const CostModel& model, const JsonValue& value,
                                    std::uint32_t input, bool inside);

// Called for each variable that stands in the value.
class VariableSink {
 public:
  virtual void variable(std::uint32_t value, std::uint32_t input, bool inside) = 0;

 protected:
  ~VariableSink() = default;
};
// Of a value in a document, without what its variables weigh.
[[nodiscard]] Points weight_in_document(const CostModel& model, const Document& document,
                                        std::uint32_t value, std::uint32_t input, bool inside,
                                        VariableSink* variables);

}  // namespace tollgate::graphql
