// What a call of a GraphQL API costs, and the bounds of a single call. Any thread; each call works
// in its worker's memory.
#include <fmt/format.h>

#include <algorithm>

#include "filters/filters.h"
#include "filters/graphql/workspace.h"
#include "filters/graphql_request.h"

namespace tollgate {
namespace {

Verdict refuse_safe_mutation() {
  Note note;
  note.detail = "A mutation changes something, and so must be sent by POST.";
  note.allow = "POST";
  return Verdict::deny(Reason::kMethodNotAllowed, std::move(note));
}

// What is free, and what has its price already.
bool passes_by(const Exchange& exchange) { return exchange.open || exchange.own_path; }

class GraphqlCostFilter final : public Filter {
 public:
  GraphqlCostFilter(const ApiConfig& api, const ChainParts& parts)
      : config_(api.graphql),
        model_(*parts.cost_model),
        requests_(api.graphql, parts.persisted_documents, parts.persisted_queries) {}

  BodyNeed needs_body(const Exchange& exchange) const override {
    return passes_by(exchange) ? BodyNeed{} : requests_.needs_body(exchange);
  }

  Verdict check(Exchange& exchange) const override {
    if (passes_by(exchange)) return Verdict::pass();
    exchange.graphql->persisted.clear();
    GraphqlRequests::Read read = requests_.read(exchange);
    if (!read.verdict.passed()) return std::move(read.verdict);
    CallCost cost;
    const auto operations = read.request.operations;
    const auto kept =
        graphql::at_most(graphql::Bound::kBatch, operations.size(), config_.max_batch);
    if (!kept) return refuse_problem(kept.error());
    cost.requests = std::max<std::size_t>(1, operations.size());
    for (std::size_t i = 0; i < operations.size(); ++i) {
      const std::string prefix =
          read.request.batch ? fmt::format("In operation {} of the batch: ", i + 1) : "";
      Verdict priced = price(exchange, operations[i], prefix, cost);
      if (!priced.passed()) return priced;
    }
    if (read.request.batch) {
      cost.operation = "batch";
      cost.name_size = 0;
    }
    requests_.remember(read.request);
    exchange.cost = cost;
    return asks_limits_alone(exchange, read.request) ? look_at_limits(exchange, operations.front())
                                                     : Verdict::pass();
  }

 private:
  // Whether it may be a query for rateLimits that Tollgate answers itself. Of an upload the files
  // would be left over.
  [[nodiscard]] bool asks_limits_alone(const Exchange& exchange,
                                       const graphql::Request& request) const {
    return config_.rate_limits_query && !request.batch && request.operations.size() == 1 &&
           exchange.body_watch == nullptr;
  }

  Verdict look_at_limits(Exchange& exchange, const graphql::OperationRequest& operation) const {
    const GraphqlRequests::Text text = requests_.text_of(exchange, operation);
    if (!text.verdict.passed() || !graphql::RateLimitsReader::may_ask(text.text)) {
      return Verdict::pass();
    }
    auto query = exchange.graphql->rate_limits.read(text.text, operation.operation_name,
                                                    operation.variables);
    if (!query) return refuse_problem(query.error());
    if (!*query) return Verdict::pass();
    exchange.cost->complexity = (*query)->roots.size() * graphql::RateLimitsQuery::kComplexity;
    exchange.rate_limits = std::move(*query);
    return Verdict::pass();
  }

  // Adds what one operation costs.
  Verdict price(Exchange& exchange, const graphql::OperationRequest& operation,
                std::string_view prefix, CallCost& cost) const {
    GraphqlRequests::Text text = requests_.text_of(exchange, operation);
    if (!text.verdict.passed()) return std::move(text.verdict);
    const auto priced = exchange.graphql->estimator.estimate(
        model_, config_, text.text, operation.operation_name, operation.variables);
    if (!priced) return refuse_problem(priced.error(), prefix);
    cost.complexity =
        std::min<std::uint64_t>(cost.complexity + priced->estimate.complexity, graphql::kMostCount);
    cost.mutations += priced->estimate.mutations;
    cost.operation = word_of(priced->kind);
    cost.name_size = priced->name.copy(cost.name.data(), cost.name.size());
    Verdict verdict = judge(*exchange.request, *priced, prefix);
    // Client and operator see the price of what is refused, but not half of a batch's.
    if (!verdict.passed() && prefix.empty()) exchange.cost = cost;
    return verdict;
  }

  [[nodiscard]] Verdict judge(const RequestHead& request, const graphql::OperationCost& priced,
                              std::string_view prefix) const {
    if (priced.kind == graphql::OperationKind::kMutation && is_safe(request.method)) {
      return refuse_safe_mutation();
    }
    const auto kept = graphql::at_most(graphql::Bound::kComplexity, priced.estimate.complexity,
                                       config_.max_complexity);
    return kept ? Verdict::pass() : refuse_problem(kept.error(), prefix);
  }

  const GraphqlConfig& config_;
  const graphql::CostModel& model_;
  const GraphqlRequests requests_;
};

}  // namespace

FilterPtr make_graphql_cost(const ApiConfig& api, const ChainParts& parts) {
  return std::make_unique<GraphqlCostFilter>(api, parts);
}

}  // namespace tollgate
