// An operation made ready to be priced with any variables: only what depends on them is left to be
// worked out. Flat arrays, in an order in which everything stands after what it needs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "filters/graphql/cost_model.h"
#include "filters/graphql/document.h"
#include "filters/graphql/json_value.h"
#include "filters/graphql/sizes.h"
#include "filters/graphql/variables.h"

namespace tollgate::graphql {

// A variable that a size or a weight hangs on.
struct PlanVariable {
  std::uint32_t name_position = 0;  // in the text, without "$"
  std::uint32_t name_size = 0;
  bool declared = false;
  bool non_null = false;
  bool has_default = false;
};

// A slicing argument whose value a variable says.
struct SizeTerm {
  const SlicingArgument* argument = nullptr;
  std::uint32_t step = 0;  // the variable's value stands for this one
  std::uint32_t variable = 0;
  SizeFound by_default;  // what the variable's default value says
  std::uint32_t position = 0;
};

struct SizeExpression {
  Count given = kNoSize;         // the greatest that the text gives
  std::uint32_t givens = 0;      // how many it gives
  Count defaulted = kNoSize;     // the greatest of the defaults that step in
  Span terms;                    // in Plan::size_terms
  Count otherwise = kNoSize;     // where nothing says a size
  std::uint32_t unless = kNone;  // where this expression comes to a size, it is none itself
  bool require_one = false;
  std::uint32_t position = 0;  // of the field
  std::uint32_t name_size = 0;
};

// An argument, or what stands inside one, that a variable says.
struct WeightTerm {
  std::uint32_t variable = 0;
  std::uint32_t input = 0;  // in the schema
  bool inside = false;      // an element of a list: the list has counted its weight already
  Points by_default = 0;    // what the variable's default value weighs
};

// One way that a field's value can be: a possible type, or an alternative where no schema helps.
struct Alternative {
  Points weight = 0;
  Points weight_unsized = 0;   // where the field has sizes, and none of them comes to a number
  std::uint32_t set = kNone;   // kNone: nothing is selected of it
  std::uint32_t type = kNone;  // in the schema
  std::uint32_t chain = 0;     // of conditions, where no schema knows it (collector.h)
};

// A collected field. Its cost goes to its selection set.
struct Node {
  std::uint32_t set = 0;
  std::uint32_t size = kNone;       // an expression that says the count, if it comes to one
  std::uint32_t size_else = kNone;  // another, if that does not
  Count count = 1;                  // if neither does
  Count inner = 1;                  // multiplies either
  // Where this expression comes to a size, the field is counted with the connection that it is part
  // of: once, without a weight of its own.
  std::uint32_t part_if = kNone;
  Points arguments = 0;
  Span weight_terms;
  Points extra = 0;  // once, whatever the count: mutation_field, or all of an introspection field
  Span alternatives;
  bool closed = false;  // what stands inside costs nothing: introspection
  std::uint32_t selection = kNone;
  std::uint32_t field = kNone;  // in the schema
};

struct Plan {
  OperationKind kind = OperationKind::kQuery;
  Points operation_weight = 0;
  std::uint32_t root = 0;    // of `sets`
  std::vector<Points> sets;  // what each costs whatever the variables
  std::vector<Node> nodes;   // the others, and all of them where the plan is to be explained
  std::vector<Alternative> alternatives;
  std::vector<SizeExpression> sizes;
  std::vector<SizeTerm> size_terms;
  std::vector<WeightTerm> weight_terms;
  std::vector<PlanVariable> variables;
  std::uint64_t mutations = 0;
  std::uint64_t depth = 0;
  std::uint64_t visits = 0;
  std::uint32_t introspection = kNone;  // position of the first introspection field

  void clear();
};

// What a plan comes to.
struct Estimate {
  std::uint64_t complexity = 0;  // points, rounded up
  std::uint64_t mutations = 0;
  std::uint64_t depth = 0;
};

// Of an operation of a text.
struct OperationCost {
  OperationKind kind = OperationKind::kQuery;
  std::string_view name;  // empty: none; valid until the next estimate
  Estimate estimate;
};

// Memory that evaluation uses again. Not thread-safe.
struct Evaluation {
  Variables given;
  std::vector<const JsonValue*> variables;  // by index in the plan; null: not given
  std::vector<Count> sizes;
  std::vector<Points> sets;
  // Of each node, where the plan is to be explained:
  std::vector<Points> costs;
  std::vector<Points> arguments;
  std::vector<Count> counts;
  std::vector<Points> weights;
  std::vector<std::uint32_t> dearest;  // index of the alternative
};

// The cost of a field with `count` items: of the dearest of its alternatives. `sets` as far as they
// are worked out.
struct FieldCost {
  Points points = 0;
  Points weight = 0;
  std::uint32_t dearest = 0;
};
enum class Counted {
  kSized,
  kUnsized,    // none of its sizes came to a number
  kWithWhole,  // as part of a connection
};
[[nodiscard]] FieldCost field_cost(const Plan& plan, const std::vector<Points>& sets,
                                   const Node& node, Count count, Counted counted,
                                   Points arguments);
// The error of an expression that demands one slicing argument and has got another number of them.
[[nodiscard]] Problem not_one_slicing_argument(std::string_view text,
                                               const SizeExpression& expression,
                                               std::uint32_t givens);

// `text` is what the plan was made of, `variables` an object or null. Errors: sizes that are none.
enum class Detail { kTotal, kEachNode };
[[nodiscard]] tl::expected<Estimate, Problem> evaluate(const Plan& plan, const CostModel& model,
                                                       std::string_view text,
                                                       const JsonValue* variables, Detail detail,
                                                       Evaluation& evaluation);

}  // namespace tollgate::graphql
