// Tollgate's own paths under every API's base: <base>/.tollgate/explain breaks the cost of a
// GraphQL request down. They need a valid key, cost a request, and are never forwarded. Any thread.
#include <fmt/format.h>

#include "filters/filters.h"
#include "filters/graphql/workspace.h"
#include "filters/graphql_request.h"

namespace tollgate {
namespace {

constexpr std::string_view kPrefix = "/.tollgate/";

class OwnPaths final : public Filter {
 public:
  OwnPaths(const ApiConfig& api, const ChainParts& parts)
      : base_((api.base == "/" ? "" : api.base) + std::string(kPrefix)),
        model_(parts.cost_model),
        requests_(api.graphql, parts.persisted_documents, parts.persisted_queries) {}

  BodyNeed needs_body(const Exchange& exchange) const override {
    if (!explains(*exchange.request) || exchange.key == nullptr) return {};
    const BodyNeed need = requests_.needs_body(exchange);
    // Nothing is forwarded, so there is no rest that could stream on.
    if (need.kind == BodyNeed::Kind::kBeginning) return {BodyNeed::Kind::kWhole, 0};
    return need;
  }

  Verdict check(Exchange& exchange) const override {
    const RequestHead& request = *exchange.request;
    if (!request.path.starts_with(base_)) return Verdict::pass();
    if (exchange.key == nullptr) {
      return deny(Reason::kKeyMissing, "Tollgate's own paths need a key. Send yours.");
    }
    if (request.path.substr(base_.size()) != "explain" || model_ == nullptr) {
      return deny(Reason::kNoApi,
                  fmt::format("There is nothing at this path. A GraphQL API explains the cost of a "
                              "request that is sent by POST to {}explain.",
                              base_));
    }
    if (request.method != Method::kPost) {
      Note note;
      note.detail = "Send the GraphQL request that is to be explained by POST.";
      note.allow = "POST";
      return Verdict::deny(Reason::kMethodNotAllowed, std::move(note));
    }
    return explain(exchange);
  }

 private:
  static Verdict deny(Reason reason, std::string detail) {
    Note note;
    note.detail = std::move(detail);
    return Verdict::deny(reason, std::move(note));
  }

  [[nodiscard]] bool explains(const RequestHead& request) const {
    return model_ != nullptr && request.method == Method::kPost &&
           request.path.starts_with(base_) && request.path.substr(base_.size()) == "explain";
  }

  Verdict explain(Exchange& exchange) const {
    exchange.graphql->persisted.clear();
    GraphqlRequests::Read read = requests_.read(exchange);
    if (!read.verdict.passed()) return std::move(read.verdict);
    exchange.cost.emplace();
    std::string body;
    for (const graphql::OperationRequest& operation : read.request.operations) {
      GraphqlRequests::Text text = requests_.text_of(exchange, operation);
      if (!text.verdict.passed()) return std::move(text.verdict);
      const auto explanation = graphql::explain(*model_, text.text, operation.operation_name,
                                                operation.variables, exchange.graphql->explain);
      if (!explanation) return refuse_problem(explanation.error());
      if (!body.empty()) body += ',';
      body += graphql::explain_as_json(*explanation);
    }
    if (read.request.batch) body = "[" + body + "]";
    return Verdict::answer({"application/json", body + "\n"});
  }

  const std::string base_;
  const graphql::CostModel* model_;
  const GraphqlRequests requests_;
};

}  // namespace

FilterPtr make_own_paths(const ApiConfig& api, const ChainParts& parts) {
  return std::make_unique<OwnPaths>(api, parts);
}

}  // namespace tollgate
