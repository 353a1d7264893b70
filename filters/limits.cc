// Who pays for a call, and the charge itself: every measure in every window of every scope, or
// nothing. Any thread; the store has its own locks.
#include <fmt/format.h>

#include <algorithm>

#include "filters/filters.h"
#include "filters/limit_mode.h"
#include "filters/payers.h"

namespace tollgate {
namespace {

class PayerFilter final : public Filter {
 public:
  explicit PayerFilter(const ChainParts& parts) : payers_(*parts.payers), store_(*parts.windows) {}

  Verdict check(Exchange& exchange) const override {
    if (exchange.open) return Verdict::pass();
    exchange.charge.store = &store_;
    exchange.charge.payer = payers_.payer_of(exchange);
    exchange.charge.names = &payers_.names_of(exchange);
    return Verdict::pass();
  }

 private:
  const Payers& payers_;
  WindowStore& store_;
};

std::string who(const Scope& scope) {
  switch (scope.name().kind) {
    case LimitScope::kKey:
      return fmt::format("The key {}", scope.name().name);
    case LimitScope::kEnvironment:
      return fmt::format("The environment {}", scope.name().name);
    case LimitScope::kAddress:
      return "Your address";
  }
  return "";
}

// "60 requests", "250000 points of complexity", "1 mutation".
std::string amount_text(Measure measure, std::uint64_t amount) {
  switch (measure) {
    case Measure::kRequests:
      return fmt::format("{} {}", amount, amount == 1 ? "request" : "requests");
    case Measure::kComplexity:
      return fmt::format("{} {} of complexity", amount, amount == 1 ? "point" : "points");
    case Measure::kMutations:
      return fmt::format("{} {}", amount, amount == 1 ? "mutation" : "mutations");
  }
  return "";
}

class LimitsFilter final : public Filter {
 public:
  LimitsFilter(const ApiConfig& api, RetryAfter retry_after)
      : limits_(api.limits), retry_after_(retry_after) {}

  Verdict check(Exchange& exchange) const override {
    Charge& charge = exchange.charge;
    if (exchange.open || !charge.limited() || !exchange.cost) return Verdict::pass();
    const CallCost& cost = *exchange.cost;
    charge.amounts[Measure::kRequests] = std::min(cost.requests, kMostCounted);
    charge.amounts[Measure::kComplexity] = cost.complexity;
    charge.amounts[Measure::kMutations] = std::min(cost.mutations, kMostCounted);
    charge.at = exchange.now.steady;
    const auto outcome =
        charge.store->charge(charge.payer, charge.amounts, charge.at, charge.usage);
    charge.charged = outcome == WindowStore::Outcome::kCharged;
    charge.exceeded = !charge.charged;
    if (charge.charged || !enforces(limits_, exchange.now.wall)) return Verdict::pass();
    return refuse(exchange);
  }

 private:
  Verdict refuse(const Exchange& exchange) const {
    const Charge& charge = exchange.charge;
    Note note;
    note.complexity = exchange.cost->complexity;
    // The longest wait first: it is the one that counts.
    std::vector<const WindowUsage*> full;
    for (const WindowUsage& row : charge.usage) {
      if (row.refuses) full.push_back(&row);
    }
    std::stable_sort(full.begin(), full.end(),
                     [](const WindowUsage* a, const WindowUsage* b) { return a->wait > b->wait; });
    const WindowUsage& worst = *full.front();
    if (worst.wait == WindowUsage::kNever) {
      std::erase_if(full, [](const WindowUsage* row) { return row->wait != WindowUsage::kNever; });
    }
    const bool never = worst.wait == WindowUsage::kNever;
    if (!never) note.retry_after_s = std::max<std::uint64_t>(1, seconds_up(worst.wait));
    for (const WindowUsage* row : full) {
      Note::Window window = described(*row, charge.amounts);
      window.detail = never ? why_never(*row, charge.amounts)
                            : why_now(*row, charge.amounts, *note.retry_after_s);
      note.windows.push_back(std::move(window));
    }
    note.detail = note.windows.front().detail;
    if (never) return Verdict::deny(Reason::kTooComplex, std::move(note));
    if (retry_after_ == RetryAfter::kHttpDate) {
      note.retry_at = std::chrono::ceil<std::chrono::seconds>(
          exchange.now.wall + std::max<std::chrono::nanoseconds>(worst.wait, 1s));
    }
    return Verdict::deny(Reason::kLimitExceeded, std::move(note));
  }

  static std::string why_never(const WindowUsage& row, const Amounts& amounts) {
    return fmt::format(
        "This call costs {}. {} may use at most {} within {}, so the call can never pass. Split it "
        "into smaller calls, or ask the API's operator for a larger plan.",
        amount_text(row.measure, amounts[row.measure]), who(*row.scope),
        amount_text(row.measure, row.most), row.window->name);
  }
  // `retry_s`: when all windows have room.
  static std::string why_now(const WindowUsage& row, const Amounts& amounts,
                             std::uint64_t retry_s) {
    return fmt::format(
        "{} has used {} of the {} that it may use within {}, and this call costs {}. Try again in "
        "{} s.",
        who(*row.scope), row.used, amount_text(row.measure, row.most), row.window->name,
        amount_text(row.measure, amounts[row.measure]), retry_s);
  }

  static Note::Window described(const WindowUsage& row, const Amounts& amounts) {
    Note::Window window;
    window.measure = row.measure;
    window.scope = word_of(row.scope->name().kind);
    window.name = row.window->name;
    window.length = row.window->length;
    window.limit = row.most;
    window.used = row.used;
    window.asked = amounts[row.measure];
    if (row.wait != WindowUsage::kNever) window.resets_in_s = seconds_up(row.wait);
    return window;
  }

  const ApiLimitsConfig& limits_;
  const RetryAfter retry_after_;
};

}  // namespace

FilterPtr make_payer(const ChainParts& parts) { return std::make_unique<PayerFilter>(parts); }

FilterPtr make_limits(const ApiConfig& api, RetryAfter retry_after) {
  return std::make_unique<LimitsFilter>(api, retry_after);
}

}  // namespace tollgate
