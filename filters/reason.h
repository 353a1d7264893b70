// The reasons why Tollgate refuses a call: one row each. The answer, the log word, the metric label
// and the README's table all come from here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tollgate {

enum class Reason : std::uint8_t {
  kBadRequest,
  kMethodNotAllowed,
  kNoApi,
  kIpNotAllowed,
  kKeyMissing,
  kKeyUnknown,
  kKeyDisabled,
  kKeyExpired,
  kKeyNotForApi,
  kTooManyFailures,
  kBodyTooLarge,
  kUnsupportedMedia,
  kHeadTooLarge,
  kTimeout,
  kJsonInvalid,
  kGraphqlInvalid,
  kTooComplex,
  kIntrospectionDisabled,
  kLimitExceeded,
  kSunset,
  kUpstreamUnreachable,
  kUpstreamTimeout,
  kUpstreamInvalid,
  kOverloaded,
  kStoreUnavailable,
};

struct ReasonRow {
  Reason reason;
  std::string_view word;  // "bad_request": in the answer, the log and the metric
  std::string_view code;  // "BAD_REQUEST": in GraphQL errors
  int status;
  std::string_view title;  // for problem details and the README
  std::string_view when;   // for the README
};

inline constexpr std::size_t kReasonCount = 25;
[[nodiscard]] std::span<const ReasonRow, kReasonCount> reason_rows();
[[nodiscard]] const ReasonRow& row_of(Reason reason);

}  // namespace tollgate
