// What a worker lends to those who read and price GraphQL: memory that is used again for each call.
#pragma once

#include <deque>
#include <string>

#include "filters/graphql/estimator.h"
#include "filters/graphql/explain.h"
#include "filters/graphql/operation_message.h"
#include "filters/graphql/rate_limits_reader.h"
#include "filters/graphql/request.h"

namespace tollgate::graphql {

// One per worker; not thread-safe.
struct Workspace {
  RequestReader reader;
  Estimator estimator;
  ExplainMemory explain;
  RateLimitsReader rate_limits;
  OperationMessageReader messages;
  std::deque<std::string> persisted;  // texts of a request that named them by their hashes
};

}  // namespace tollgate::graphql
