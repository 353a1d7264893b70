// The filters, each behind its factory; chain.cc puts them in order. What they borrow outlives
// them.
#pragma once

#include <memory>
#include <string>

#include "conf/config.h"
#include "filters/chain.h"
#include "filters/failures.h"
#include "filters/filter.h"
#include "filters/key_index.h"

namespace tollgate {

using FilterPtr = std::unique_ptr<const Filter>;

// "/graphql/.tollgate/": what begins so is Tollgate's own.
[[nodiscard]] std::string own_path_prefix(const ApiConfig& api);
// Marks calls to Tollgate's own paths, to open paths, and CORS preflights where they are forwarded.
// Refuses nothing.
[[nodiscard]] FilterPtr make_open_paths(const ApiConfig& api);
// ip_not_allowed: the client is outside the API's ranges.
[[nodiscard]] FilterPtr make_allow_ips(const ApiConfig& api);
// too_many_failures: the client has failed too often of late.
[[nodiscard]] FilterPtr make_failures(const ApiConfig& api, FailureCounter& failures);
// key_…, and ip_not_allowed by the key's own ranges.
[[nodiscard]] FilterPtr make_key(const ApiConfig& api, const KeyIndex& keys,
                                 FailureCounter& failures);
// json_invalid: the body claims to be JSON and is none.
[[nodiscard]] FilterPtr make_json_body(const ApiConfig& api);

// sunset: the API's last day is over.
[[nodiscard]] FilterPtr make_sunset(const ApiConfig& api);
// Who pays for the call. Refuses nothing.
[[nodiscard]] FilterPtr make_payer(const ChainParts& parts);
// Tollgate's own paths under the API's base: what is below <base>/.tollgate/ is never forwarded.
// Prices such calls and prepares their answers.
[[nodiscard]] FilterPtr make_own_paths(const ApiConfig& api, const ChainParts& parts);
// Prices a call of a GraphQL API. unsupported_media, body_too_large, json_invalid, graphql_invalid,
// too_complex, introspection_disabled, method_not_allowed.
[[nodiscard]] FilterPtr make_graphql_cost(const ApiConfig& api, const ChainParts& parts);
// Prices a call of a REST API. Refuses nothing.
[[nodiscard]] FilterPtr make_rest_cost(const ApiConfig& api);

// limit_exceeded, too_complex: charges the call where there is room in every window.
[[nodiscard]] FilterPtr make_limits(const ApiConfig& api, RetryAfter retry_after);
// Answers what Tollgate answers itself, once it is charged.
[[nodiscard]] FilterPtr make_own_answers();

// Turns whatever the inner filter refuses into no_api, so that the API seems not to be there.
[[nodiscard]] FilterPtr conceal(FilterPtr inner);

}  // namespace tollgate
