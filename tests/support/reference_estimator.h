// A second estimator, for tests to hold the real one against: naive execution, written from the
// README's rules alone. It keeps no plan, remembers nothing and works everything out anew, so it is
// slow and short.
#pragma once

#include <cstdint>

#include "conf/config.h"
#include "filters/graphql/document.h"
#include "filters/graphql/json_value.h"
#include "filters/graphql/schema.h"

namespace tollgate::graphql {

struct ReferenceCall {
  const Document& document;
  std::uint32_t operation = 0;
  const Schema* schema = nullptr;  // null: no schema
  const CostConfig& cost;
  double introspection = 0;
  const JsonValue* variables = nullptr;  // an object, or null
  std::uint64_t patience = 3'000'000;    // looks at a selection; a field takes twenty
};

struct ReferenceEstimate {
  enum class Outcome {
    kPriced,
    kInvalid,  // a size is none
    kTooMany,  // more than 100,000 visits
    kGaveUp    // too slow for this estimator, whatever it comes to
  };
  Outcome outcome = Outcome::kPriced;
  std::uint64_t complexity = 0;
  std::uint64_t mutations = 0;
  std::uint64_t depth = 0;
  std::uint64_t visits = 0;
};

[[nodiscard]] ReferenceEstimate reference_estimate(const ReferenceCall& call);

}  // namespace tollgate::graphql
