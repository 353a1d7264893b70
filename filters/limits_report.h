// What is left of a caller's limits, for the caller.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "filters/exchange.h"

namespace tollgate {

// {"plan":"growth","scope":"environment","windows":[{"measure":"requests","window":"10s",…}]}, from
// what the call's charge has looked at last.
[[nodiscard]] std::string limits_as_json(const Exchange& exchange);

// {"data":{"rateLimits":[{"type":"REQUEST_COUNT",…}]},"extensions":{"complexity":10}}: a row for
// each measure and length of window; of several scopes the one that has the least left.
[[nodiscard]] std::string rate_limits_as_json(const graphql::RateLimitsQuery& query,
                                              const Exchange& exchange);

// The words of Centra's API: REQUEST_COUNT, QUERY_COMPLEXITY, MUTATION_COUNT; and TEN_SECONDS,
// ONE_HOUR, or SECONDS_<n> for other lengths.
[[nodiscard]] std::string_view rate_limit_type(Measure measure);
[[nodiscard]] std::string rate_limit_interval(std::chrono::nanoseconds length);

}  // namespace tollgate
