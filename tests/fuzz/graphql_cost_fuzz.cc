// Random calls of GraphQL: the estimator and a naive one that was written from the rules alone come
// to the same figures, and a folded plan to those of a whole one.
#include "tests/fuzz/properties.h"
#include "tests/support/cost_comparison.h"

// Keeps the naive estimator quick.
constexpr std::uint64_t kPatience = 20'000;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tollgate::graphql::Choices choices({data, size});
  const auto result = tollgate::graphql::compare_costs(make_random_call(choices), kPatience);
  tollgate::must(result.difference.empty(), result.difference.c_str());
  return 0;
}
