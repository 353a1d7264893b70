// Holds the estimator against the naive one, and against itself where two ways lead to one figure.
#pragma once

#include <string>
#include <string_view>

#include "filters/graphql/cost_model.h"
#include "tests/support/random_call.h"

namespace tollgate::graphql {

struct Comparison {
  enum class Kind { kUnreadable, kInvalid, kTooComplex, kPriced, kGaveUp };
  Kind kind = Kind::kUnreadable;
  bool single_pass = false;  // it prices this as well
  std::string difference;    // a report for people; empty: there is none
};

// `patience`: the naive estimator's (reference_estimator.h).
[[nodiscard]] Comparison compare_costs(const RandomCall& call, std::uint64_t patience = 3'000'000);

// What a single pass takes, it prices as a plan does. Any text, and variables in JSON.
[[nodiscard]] Comparison compare_single_pass(const CostModel& model, std::string_view text,
                                             std::string_view operation_name,
                                             const std::string& variables);

}  // namespace tollgate::graphql
