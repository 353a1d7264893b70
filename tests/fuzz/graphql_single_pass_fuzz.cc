// Any bytes as the text of an operation, for a few schemas: what a single pass takes is a document,
// and costs what its plan comes to.
#include <memory>
#include <vector>

#include "tests/fuzz/properties.h"
#include "tests/support/cost_comparison.h"
#include "tests/support/random_call_schemas.h"

namespace tollgate::graphql {
namespace {

std::vector<std::unique_ptr<const CostModel>> make_models() {
  std::vector<std::unique_ptr<const CostModel>> models;
  CostConfig cost;
  cost.mutation_field = 7;
  for (const std::string_view sdl : kRandomSchemas) {
    if (!sdl.empty()) models.push_back(*CostModel::make(sdl, cost, 100, models.size() + 1));
  }
  return models;
}

void check(std::string_view text) {
  static const auto kModels = make_models();
  static const std::string kVariables =
      R"({"n": 3, "first": 20, "limit": 0, "x": null, "a": [1, 2], "b": {"first": 2}, "s": "5"})";
  for (const auto& model : kModels) {
    for (const std::string_view name : {"", "A"}) {
      const auto result = compare_single_pass(*model, text, name, kVariables);
      must(result.difference.empty(), result.difference.c_str());
    }
  }
}

}  // namespace
}  // namespace tollgate::graphql

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tollgate::graphql::check(tollgate::text_of(data, size));
  return 0;
}
