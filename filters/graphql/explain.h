// The cost of an operation broken down, for people and for programs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "filters/graphql/compiler.h"
#include "filters/graphql/cost_model.h"
#include "filters/graphql/document.h"
#include "filters/graphql/plan.h"
#include "filters/graphql/rate_limits_reader.h"

namespace tollgate::graphql {

// The argument that says how long a list is, or could.
struct Slicing {
  enum class Kind { kUnknown, kNoArgument, kAbsent, kGiven };
  Kind kind = Kind::kUnknown;
  std::string_view argument;
  std::uint32_t field =
      kNone;  // that has it: the list itself, or one above that hands its size down
};

// A collected field; those selected of it follow directly, up to `end`.
struct ExplainedField {
  std::uint32_t end = 0;
  std::uint32_t level = 0;    // 0 for root fields
  std::string_view field;     // its name
  std::string_view response;  // its alias, or its name
  std::string_view type;      // by the schema, without list and non-null; empty: not known
  std::string_view lacking;   // the type of the schema that has no such field; empty: none
  std::string_view dearest;   // the possible type that is counted, where it makes a difference
  Count count = 1;
  Points weight = 0;
  Points arguments = 0;
  Points extra = 0;
  Points cost = 0;  // all of it: arguments + count × (weight + fields), and extra
  Slicing slicing;  // where it is counted more than once
};

struct Explanation {
  OperationKind kind = OperationKind::kQuery;
  std::string_view name;  // empty: none
  Points operation_weight = 0;
  Estimate estimate;
  std::uint64_t aliases = 0;
  std::uint64_t tokens = 0;
  std::vector<ExplainedField> fields;  // root fields and all below them
};

// What explaining works with; views in an Explanation are into its document and the model.
struct ExplainMemory {
  Document document;
  Compiler compiler;
  Plan plan;
  Evaluation evaluation;
  RateLimitsReader rate_limits;
};

struct ExplainSettings {
  // Bounds of what is explained, not of what it costs; 0: none.
  std::uint64_t tokens = 0;
  std::size_t fields = 0;  // that are shown
  // Whether a query for rateLimits alone costs what an answer of Tollgate costs.
  bool rate_limits_query = false;
};

// `operation_name` empty: none. `variables`: an object or null.
[[nodiscard]] tl::expected<Explanation, Problem> explain(
    const CostModel& model, std::string_view text, std::string_view operation_name,
    const JsonValue* variables, const ExplainSettings& settings, ExplainMemory& memory);

// A tree, a field a line: ">" marks where most of the points come from. Ends with advice.
[[nodiscard]] std::string explain_as_text(const Explanation& explanation);
// One line of JSON (see the README).
[[nodiscard]] std::string explain_as_json(const Explanation& explanation);
[[nodiscard]] std::string problem_as_json(const Problem& problem);
// The same of what is wrong beside the document; none: at no place in a text.
[[nodiscard]] std::string error_as_json(std::string_view reason, std::string_view message,
                                        std::optional<Place> place);

}  // namespace tollgate::graphql
