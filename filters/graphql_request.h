// Reads what a call of a GraphQL API asks for, in whichever form it was sent.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "conf/config.h"
#include "filters/filter.h"
#include "filters/graphql/persisted.h"
#include "filters/graphql/problem.h"
#include "filters/graphql/request.h"

namespace tollgate {

// The refusal of what the estimator found. `text` names the operation of a batch; empty elsewhere.
[[nodiscard]] Verdict refuse_problem(const graphql::Problem& problem, std::string_view prefix = {});

// Any thread; works in the exchange's Workspace.
class GraphqlRequests {
 public:
  // `documents` may be null. Borrows all three.
  GraphqlRequests(const GraphqlConfig& config, const graphql::PersistedDocuments* documents,
                  graphql::PersistedQueries* queries)
      : config_(config), documents_(documents), queries_(queries) {}

  [[nodiscard]] BodyNeed needs_body(const Exchange& exchange) const;

  // What was asked: operations with their texts, none for a plain call. Refusals, and the wish for
  // more of a body, are verdicts that did not pass. Sets the exchange's body_watch where the rest
  // of the body streams on.
  struct Read {
    Verdict verdict = Verdict::pass();
    graphql::Request request;
  };
  [[nodiscard]] Read read(Exchange& exchange) const;

  // The text of an operation that may have been sent as a hash alone.
  struct Text {
    Verdict verdict = Verdict::pass();
    std::string_view text;
  };
  [[nodiscard]] Text text_of(Exchange& exchange, const graphql::OperationRequest& operation) const;
  // Remembers the texts that came with their hashes, once they may pass.
  void remember(const graphql::Request& request) const;

 private:
  enum class Form { kJson, kText, kMultipart, kUnknown };
  [[nodiscard]] static Form form_of(const RequestHead& request);
  [[nodiscard]] Read read_body(Exchange& exchange) const;
  [[nodiscard]] Read read_multipart(Exchange& exchange) const;
  [[nodiscard]] Verdict check_head(const Exchange& exchange) const;

  const GraphqlConfig& config_;
  const graphql::PersistedDocuments* documents_;
  graphql::PersistedQueries* queries_;
};

}  // namespace tollgate
