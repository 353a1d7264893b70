// See limit_fields.h. Any thread.
#include "filters/limit_fields.h"

#include <algorithm>

#include "filters/field_text.h"
#include "filters/limit_mode.h"
#include "filters/reason.h"

namespace tollgate {
namespace {

bool of_one_kind(const WindowUsage& a, const WindowUsage& b) {
  return a.measure == b.measure && a.window->length == b.window->length;
}

// Whether another row of the same measure and length says it better.
bool is_covered(const Usage& usage, const WindowUsage& row) {
  return std::any_of(usage.begin(), usage.end(), [&](const WindowUsage& other) {
    if (&other == &row || !of_one_kind(row, other)) return false;
    if (other.remaining() != row.remaining()) return other.remaining() < row.remaining();
    return &other < &row;
  });
}

}  // namespace

void append_limit_fields(std::string& out, const ApiLimitsConfig& limits,
                         const Exchange& exchange) {
  const Charge& charge = exchange.charge;
  if (charge.usage.empty() || !announces(limits)) return;
  const bool one_part = charge.payer.count == 1;
  std::string_view separator = "RateLimit-Policy: ";
  for (const WindowUsage& row : charge.usage) {
    if (!one_part && is_covered(charge.usage, row)) continue;
    out.append(separator).append(row.window->policy[static_cast<std::size_t>(row.measure)]);
    separator = ", ";
  }
  separator = "\r\nRateLimit: ";
  for (const WindowUsage& row : charge.usage) {
    if (!one_part && is_covered(charge.usage, row)) continue;
    out.append(separator).append(row.window->item[static_cast<std::size_t>(row.measure)]);
    append_number(out, std::min(row.remaining(), kMostInField));
    out.append(";t=");
    append_number(out, seconds_up(row.until_more));
    separator = ", ";
  }
  out.append("\r\n");
  if (!limits.enforce_from || enforces(limits, exchange.now.wall)) return;
  out.append("Tollgate-Enforce-From: ").append(format_date(*limits.enforce_from)).append("\r\n");
  if (!charge.exceeded) return;
  const bool never = std::any_of(charge.usage.begin(), charge.usage.end(), [](const auto& row) {
    return row.refuses && row.wait == WindowUsage::kNever;
  });
  out.append("Tollgate-Would-Refuse: ")
      .append(row_of(never ? Reason::kTooComplex : Reason::kLimitExceeded).word)
      .append("\r\n");
}

}  // namespace tollgate
