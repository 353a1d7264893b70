// How large a list is, as its slicing arguments say: their values in a document, in variables and
// in defaults.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "filters/graphql/cost_model.h"
#include "filters/graphql/document.h"
#include "filters/graphql/json_value.h"

namespace tollgate::graphql {

// What a value says of a size.
struct SizeFound {
  enum class Kind : std::uint8_t {
    kAbsent,    // nothing, and no default is there to step in
    kDefault,   // nothing, and `size` steps in
    kNull,      // nothing, and no default steps in
    kSize,      // `size`
    kVariable,  // what the variable `value` has below the step `step` of the argument
    kWrong      // it is no size
  };
  Kind kind = Kind::kAbsent;
  Count size = kNoSize;
  std::uint32_t value = kNone;  // of the document: where it stands
  std::uint32_t step = 0;
};

// Of the value at `value` in the document, which stands for the step `step`.
[[nodiscard]] SizeFound size_in_document(const Document& document, std::uint32_t value,
                                         const SlicingArgument& argument, std::uint32_t step);
// Of a variable's value, which is not null.
[[nodiscard]] SizeFound size_in_json(const JsonValue& value, const SlicingArgument& argument,
                                     std::uint32_t step);
// What an integer literal says: held to kMostCount; none: it is negative.
[[nodiscard]] std::optional<Count> size_of_literal(std::string_view digits);

}  // namespace tollgate::graphql
