// The filters of one API in their order.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "filters/failures.h"
#include "filters/filter.h"
#include "filters/graphql/cost_model.h"
#include "filters/graphql/persisted.h"
#include "filters/key_index.h"
#include "filters/payers.h"

namespace tollgate {

// What filters borrow; all of it outlives the chain.
struct ChainParts {
  const KeyIndex& keys;
  FailureCounter& failures;
  // Of a GraphQL API; null of others.
  const graphql::CostModel* cost_model = nullptr;
  const graphql::PersistedDocuments* persisted_documents = nullptr;  // null: there are none
  graphql::PersistedQueries* persisted_queries = nullptr;
  // Limits; null: none hold.
  const Payers* payers = nullptr;
  WindowStore* windows = nullptr;
  RetryAfter retry_after = RetryAfter::kSeconds;
};

class Chain {
 public:
  Chain(const ApiConfig& api, const ChainParts& parts);

  // Runs from filter number `from`. Stops at the first denial or answer, or before a filter that
  // needs a body that has not been read.
  struct Outcome {
    Verdict verdict;   // of the last filter that ran
    std::size_t next;  // filter number to go on from once the body is there
    BodyNeed awaits;   // other than kNone: gather so much of the body, then run from `next`
    [[nodiscard]] bool awaits_body() const { return awaits.kind != BodyNeed::Kind::kNone; }
  };
  enum class Body { kNotRead, kRead };
  [[nodiscard]] Outcome run(Exchange& exchange, std::size_t from, Body body) const;

 private:
  std::vector<std::unique_ptr<const Filter>> filters_;
};

}  // namespace tollgate
