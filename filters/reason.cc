// See reason.h.
#include "filters/reason.h"

#include <array>

namespace tollgate {
namespace {

using enum Reason;

constexpr std::array<ReasonRow, kReasonCount> kRows = {{
    {kBadRequest, "bad_request", "BAD_REQUEST", 400, "Bad request",
     "malformed or ambiguous HTTP; 505 for a version of HTTP that is not spoken"},
    {kMethodNotAllowed, "method_not_allowed", "METHOD_NOT_ALLOWED", 405, "Method not allowed",
     "`CONNECT`, `TRACE`, a mutation by `GET`, another method than a `.tollgate/` path has; "
     "`Allow` names those that are right"},
    {kNoApi, "no_api", "NO_API", 404, "No such API", "no API has this base and host"},
    {kIpNotAllowed, "ip_not_allowed", "IP_NOT_ALLOWED", 403, "Address not allowed",
     "outside the API's or the key's ranges"},
    {kKeyMissing, "key_missing", "KEY_MISSING", 401, "Key missing", "no credential was sent"},
    {kKeyUnknown, "key_unknown", "KEY_UNKNOWN", 401, "Key unknown", "what was sent is not a key"},
    {kKeyDisabled, "key_disabled", "KEY_DISABLED", 401, "Key disabled", "the key is switched off"},
    {kKeyExpired, "key_expired", "KEY_EXPIRED", 401, "Key expired",
     "the day that the key names in `expires` has begun, in UTC"},
    {kKeyNotForApi, "key_not_for_api", "KEY_NOT_FOR_API", 403, "Key not for this API",
     "the key is meant for other APIs"},
    {kTooManyFailures, "too_many_failures", "TOO_MANY_FAILURES", 429, "Too many failed attempts",
     "failed attempts from this address; `Retry-After` says how long"},
    {kBodyTooLarge, "body_too_large", "BODY_TOO_LARGE", 413, "Body too large",
     "above `connections.max_body_bytes`, or `graphql.max_body_bytes` where it is read"},
    {kUnsupportedMedia, "unsupported_media", "UNSUPPORTED_MEDIA", 415, "Unsupported media type",
     "a GraphQL body that cannot be read and so cannot be priced"},
    {kHeadTooLarge, "head_too_large", "HEAD_TOO_LARGE", 431, "Request head too large",
     "above `max_header_bytes` or `max_headers`"},
    {kTimeout, "timeout", "TIMEOUT", 408, "Request timeout", "the client was too slow"},
    {kJsonInvalid, "json_invalid", "JSON_INVALID", 400, "Invalid JSON",
     "a body that claims to be JSON is none; says the byte, from 0"},
    {kGraphqlInvalid, "graphql_invalid", "GRAPHQL_INVALID", 400, "Invalid GraphQL",
     "syntax, unknown operation, missing variable for a list size; with line and column; to older "
     "clients 200 (below)"},
    {kTooComplex, "too_complex", "TOO_COMPLEX", 400, "Too complex",
     "a bound of a single call; says which, how much, the bound"},
    {kIntrospectionDisabled, "introspection_disabled", "INTROSPECTION_DISABLED", 400,
     "Introspection disabled", "the API does not show its schema"},
    {kLimitExceeded, "limit_exceeded", "LIMIT_EXCEEDED", 429, "Limit exceeded",
     "says measure, window, limit, used, asked, and when to try again"},
    {kSunset, "sunset", "SUNSET", 410, "API retired", "the API is gone since its sunset date"},
    {kUpstreamUnreachable, "upstream_unreachable", "UPSTREAM_UNREACHABLE", 502,
     "Service unreachable", "no connection to the service behind"},
    {kUpstreamTimeout, "upstream_timeout", "UPSTREAM_TIMEOUT", 504, "Service timeout",
     "the service behind did not answer in time"},
    {kUpstreamInvalid, "upstream_invalid", "UPSTREAM_INVALID", 502, "Invalid answer of the service",
     "the answer was not HTTP"},
    {kOverloaded, "overloaded", "OVERLOADED", 503, "Overloaded",
     "a bound of Tollgate's own was hit"},
    {kStoreUnavailable, "store_unavailable", "STORE_UNAVAILABLE", 503, "Limits out of reach",
     "shared windows cannot be asked, and the policy is to refuse then"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].reason) != i) return false;
  }
  return true;
}
static_assert(in_order(), "row_of looks a reason up by its number");

}  // namespace

std::span<const ReasonRow, kReasonCount> reason_rows() { return kRows; }

const ReasonRow& row_of(Reason reason) { return kRows[static_cast<std::size_t>(reason)]; }

}  // namespace tollgate
