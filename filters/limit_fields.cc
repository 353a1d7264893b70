// See limit_fields.h. Any thread.
#include "filters/limit_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "filters/limit_mode.h"
#include "filters/payers.h"
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

void append_policies(std::string& out, const Usage& usage) {
  std::string_view separator = "RateLimit-Policy: ";
  for (const WindowUsage& row : usage) {
    if (is_covered(usage, row)) continue;
    out.append(separator).append(row.window->policy[static_cast<std::size_t>(row.measure)]);
    separator = ", ";
  }
  out.append("\r\n");
}

char* put(char* at, std::string_view text) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

char* put(char* at, std::uint64_t number) {
  const fmt::format_int digits(number);
  return put(at, {digits.data(), digits.size()});
}

// Written in one go into room that is enough: this is part of every answer.
void append_remaining(std::string& out, const Charge& charge) {
  constexpr std::size_t kMostDigits = 20;
  const std::size_t begin = out.size();
  std::size_t room = 32;
  for (const WindowUsage& row : charge.usage) {
    const auto& item = row.window->item[static_cast<std::size_t>(row.measure)];
    room += item.size() + 2 * kMostDigits + 8;
  }
  out.resize(begin + room);
  char* at = out.data() + begin;
  std::string_view separator = "RateLimit: ";
  for (const WindowUsage& row : charge.usage) {
    if (charge.payer.count != 1 && is_covered(charge.usage, row)) continue;
    at = put(at, separator);
    at = put(at, row.window->item[static_cast<std::size_t>(row.measure)]);
    at = put(at, std::min(row.remaining(), kMostInField));
    at = put(at, ";t=");
    at = put(at, seconds_up(row.until_more));
    separator = ", ";
  }
  at = put(at, "\r\n");
  out.resize(static_cast<std::size_t>(at - out.data()));
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
