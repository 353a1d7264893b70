// The estimator against a naive one that was written from the rules alone, on random calls.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <vector>

#include "tests/support/cost_comparison.h"

namespace tollgate::graphql {
namespace {

// COST_SEED and COST_CALLS choose other calls.
unsigned long number_from(const char* variable, unsigned long otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoul(text, nullptr, 10);
}

TEST(CostReference, a_naive_estimator_comes_to_the_same_figures) {
  std::mt19937 random(static_cast<unsigned>(number_from("COST_SEED", 1)));
  const auto calls = number_from("COST_CALLS", 4000);
  std::map<Comparison::Kind, unsigned long> kinds;
  unsigned long single_passes = 0;
  std::vector<std::uint8_t> bytes(1200);
  int differences = 0;
  for (unsigned long i = 0; i < calls && differences < 2; ++i) {
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    Choices choices(bytes);
    const Comparison result = compare_costs(make_random_call(choices));
    ++kinds[result.kind];
    single_passes += result.single_pass ? 1 : 0;
    if (result.difference.empty()) continue;
    ++differences;
    ADD_FAILURE() << "call " << i << ": " << result.difference;
  }
  if (differences > 0) return;
  EXPECT_GE(kinds[Comparison::Kind::kPriced], calls / 2);
  EXPECT_GE(kinds[Comparison::Kind::kInvalid], calls / 50);
  EXPECT_LE(kinds[Comparison::Kind::kUnreadable], calls / 5);
  EXPECT_GE(single_passes, calls / 20);
}

}  // namespace
}  // namespace tollgate::graphql
