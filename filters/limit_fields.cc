// See limit_fields.h. Any thread.
#include "filters/limit_fields.h"

#include <algorithm>

#include "filters/limit_mode.h"
#include "filters/payers.h"
#include "filters/reason.h"
#include "filters/text_writer.h"

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

void append_policies(std::string& out, const Usage& usage) {
  std::string_view separator = "RateLimit-Policy: ";
  for (const WindowUsage& row : usage) {
    if (is_covered(usage, row)) continue;
    out.append(separator).append(row.window->policy[static_cast<std::size_t>(row.measure)]);
    separator = ", ";
  }
  out.append("\r\n");
}

void append_remaining(std::string& out, const Charge& charge) {
  constexpr std::size_t kMostItemBytes = 80;
  TextWriter writer(out, 32 + charge.usage.size() * kMostItemBytes);
  std::string_view separator = "RateLimit: ";
  for (const WindowUsage& row : charge.usage) {
    if (charge.payer.count != 1 && is_covered(charge.usage, row)) continue;
    writer.append(separator)
        .append(row.window->item[static_cast<std::size_t>(row.measure)])
        .append_number(std::min(row.remaining(), kMostInField))
        .append(";t=")
        .append_number(seconds_up(row.until_more));
    separator = ", ";
  }
  writer.append("\r\n");
}

}  // namespace

void append_limit_fields(std::string& out, const ApiLimitsConfig& limits,
                         const Exchange& exchange) {
  const Charge& charge = exchange.charge;
  if (charge.usage.empty() || !announces(limits)) return;
  if (charge.payer.count == 1) {
    out.append(charge.names->policies);
  } else {
    append_policies(out, charge.usage);
  }
  append_remaining(out, charge);
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
