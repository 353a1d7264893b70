// Prices operations: the one entrance for calls. explain.h breaks a price down.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <tl/expected.hpp>

#include "conf/config.h"
#include "filters/graphql/compiler.h"
#include "filters/graphql/cost_model.h"
#include "filters/graphql/document.h"
#include "filters/graphql/plan_cache.h"

namespace tollgate::graphql {

class SinglePass;

// Not thread-safe: one per worker, which it serves for all APIs. In the steady state it allocates
// nothing.
class Estimator {
 public:
  Estimator();
  ~Estimator();
  // `operation_name` empty: none; `variables`: an object or null. Errors: what is wrong with the
  // document, or the first of the bounds that it is above. Whether it may cost as much as it does
  // (max_complexity) is left to the caller, who then knows the price of what is refused.
  [[nodiscard]] tl::expected<OperationCost, Problem> estimate(const CostModel& model,
                                                              const GraphqlConfig& bounds,
                                                              std::string_view text,
                                                              std::string_view operation_name,
                                                              const JsonValue* variables);
  // After a model has gone, so that its plans are let go.
  void forget() { cache_.clear(); }
  [[nodiscard]] const PlanCache& cache() const { return cache_; }

 private:
  struct Priced {
    const PlannedText* text;
    const Plan* plan;
  };
  // Of a text that has not come before, without a plan. None: it takes one.
  [[nodiscard]] std::optional<OperationCost> first_look(const CostModel& model,
                                                        const GraphqlConfig& bounds,
                                                        const PlanCache::Key& key,
                                                        const JsonValue* variables);
  [[nodiscard]] tl::expected<Priced, Problem> plan(const CostModel& model,
                                                   const GraphqlConfig& bounds,
                                                   const PlanCache::Key& key, PlannedText* known,
                                                   const JsonValue* variables);
  void describe(PlannedText& planned, std::uint32_t operation) const;
  void look_at_conditions(std::string_view text, const PlannedText& planned,
                          const JsonValue* variables);
  [[nodiscard]] tl::expected<void, Problem> keep_text_to(const GraphqlConfig& bounds,
                                                         std::uint64_t aliases,
                                                         std::uint64_t directives) const;
  [[nodiscard]] tl::expected<void, Problem> keep_to(const GraphqlConfig& bounds, const Plan& plan,
                                                    std::string_view text) const;

  PlanCache cache_;
  const std::unique_ptr<SinglePass> single_pass_;
  Document document_;
  Compiler compiler_;
  Plan plan_;
  PlannedText uncached_;
  Evaluation evaluation_;
  Variables variables_;
  std::string conditions_;
  std::string name_;
};

}  // namespace tollgate::graphql
