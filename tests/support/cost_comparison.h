// Holds the estimator against the naive one, and against itself where two ways lead to one figure.
#pragma once

#include <string>

#include "tests/support/random_call.h"

namespace tollgate::graphql {

struct Comparison {
  enum class Kind { kUnreadable, kInvalid, kTooComplex, kPriced, kGaveUp };
  Kind kind = Kind::kUnreadable;
  std::string difference;  // a report for people; empty: there is none
};

// `patience`: the naive estimator's (reference_estimator.h).
[[nodiscard]] Comparison compare_costs(const RandomCall& call, std::uint64_t patience = 3'000'000);

}  // namespace tollgate::graphql
