// Tollgate's own paths under every API's base: <base>/.tollgate/limits says what is left, and
// <base>/.tollgate/explain breaks the cost of a GraphQL request down. They need a valid key, cost a
// request, and are never forwarded. Any thread.
#include <fmt/format.h>

#include <algorithm>

#include "filters/filters.h"
#include "filters/graphql/workspace.h"
#include "filters/graphql_request.h"
#include "filters/limits_report.h"
#include "filters/media_type.h"

namespace tollgate {
namespace {

constexpr std::string_view kExplain = "explain";
constexpr std::string_view kLimits = "limits";

// Of all operations of a request together: an answer of some megabytes.
constexpr std::size_t kMostExplainedFields = 10'000;

class OwnPaths final : public Filter {
 public:
  OwnPaths(const ApiConfig& api, const ChainParts& parts)
      : prefix_(own_path_prefix(api)),
        config_(api.graphql),
        model_(parts.cost_model),
        requests_(api.graphql, parts.persisted_documents, parts.persisted_queries) {}

  BodyNeed needs_body(const Exchange& exchange) const override {
    if (!explains(exchange) || exchange.request->method != Method::kPost) return {};
    BodyNeed need = requests_.needs_body(exchange);
    // Nothing is forwarded, so there is no rest that could stream on.
    if (need.kind == BodyNeed::Kind::kBeginning) {
      need = {BodyNeed::Kind::kWhole, config_.max_body_bytes};
    }
    return need;
  }

  Verdict check(Exchange& exchange) const override {
    if (!exchange.own_path) return Verdict::pass();
    if (explains(exchange)) {
      return exchange.request->method == Method::kPost
                 ? explain(exchange)
                 : wrong_method("Send the GraphQL request that is to be explained by POST.",
                                "POST");
    }
    if (name_of(exchange) == kLimits) {
      if (exchange.request->method != Method::kGet && exchange.request->method != Method::kHead) {
        return wrong_method("Ask for what is left by GET.", "GET, HEAD");
      }
      exchange.cost.emplace();
      return Verdict::pass();
    }
    return Verdict::deny(
        Reason::kNoApi,
        fmt::format("There is nothing at this path. GET {0}{1} says what is left of your limits{2}",
                    prefix_, kLimits,
                    model_ == nullptr
                        ? "."
                        : fmt::format(", and POST {}{} explains the cost of a GraphQL request.",
                                      prefix_, kExplain)));
  }

 private:
  // What stands behind the prefix.
  [[nodiscard]] std::string_view name_of(const Exchange& exchange) const {
    return exchange.request->path.substr(prefix_.size());
  }
  [[nodiscard]] bool explains(const Exchange& exchange) const {
    return exchange.own_path && model_ != nullptr && name_of(exchange) == kExplain;
  }

  static Verdict wrong_method(std::string detail, std::string allow) {
    Note note;
    note.detail = std::move(detail);
    note.allow = std::move(allow);
    return Verdict::deny(Reason::kMethodNotAllowed, std::move(note));
  }

  Verdict explain(Exchange& exchange) const {
    exchange.graphql->persisted.clear();
    GraphqlRequests::Read read = requests_.read(exchange);
    if (!read.verdict.passed()) return std::move(read.verdict);
    const auto operations = read.request.operations;
    const auto kept =
        graphql::at_most(graphql::Bound::kBatch, operations.size(), config_.max_batch);
    if (!kept) return refuse_problem(kept.error());
    graphql::ExplainSettings settings{
        config_.max_tokens, kMostExplainedFields,
        config_.rate_limits_query && !read.request.batch && exchange.body_watch == nullptr};
    std::string body;
    for (const graphql::OperationRequest& operation : operations) {
      GraphqlRequests::Text text = requests_.text_of(exchange, operation);
      if (!text.verdict.passed()) return std::move(text.verdict);
      const auto explanation =
          graphql::explain(*model_, text.text, operation.operation_name, operation.variables,
                           settings, exchange.graphql->explain);
      if (!explanation) return refuse_problem(explanation.error());
      settings.fields = std::max<std::size_t>(1, settings.fields - explanation->fields.size());
      if (!body.empty()) body += ',';
      body += graphql::explain_as_json(*explanation);
    }
    if (read.request.batch) body = "[" + body + "]";
    exchange.cost.emplace();
    exchange.own_answer = {"application/json", body + "\n"};
    return Verdict::pass();
  }

  const std::string prefix_;
  const GraphqlConfig& config_;
  const graphql::CostModel* model_;
  const GraphqlRequests requests_;
};

class OwnAnswers final : public Filter {
 public:
  Verdict check(Exchange& exchange) const override {
    if (exchange.own_answer) return Verdict::answer(std::move(*exchange.own_answer));
    if (!exchange.own_path && !exchange.rate_limits) return Verdict::pass();
    exchange.charge.look(exchange.now.steady);
    if (exchange.rate_limits) {
      return Verdict::answer({std::string(graphql_answer_type(exchange.request->headers)),
                              rate_limits_as_json(*exchange.rate_limits, exchange)});
    }
    return Verdict::answer({"application/json", limits_as_json(exchange) + "\n"});
  }
};

}  // namespace

std::string own_path_prefix(const ApiConfig& api) {
  return (api.base == "/" ? "" : api.base) + "/.tollgate/";
}

FilterPtr make_own_paths(const ApiConfig& api, const ChainParts& parts) {
  return std::make_unique<OwnPaths>(api, parts);
}

FilterPtr make_own_answers() { return std::make_unique<OwnAnswers>(); }

}  // namespace tollgate
