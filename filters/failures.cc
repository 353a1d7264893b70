// See failures.h. The filter and the counter.
#include "filters/failures.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>

#include "filters/credential.h"
#include "filters/filters.h"

namespace tollgate {

using SteadyTime = std::chrono::steady_clock::time_point;

struct FailureCounter::Table {
  struct Who {
    std::string api;
    IpAddress client;
    friend bool operator==(const Who&, const Who&) = default;
  };
  struct HashWho {
    std::size_t operator()(const Who& who) const {
      return std::hash<std::string_view>()(who.api) * 31 + IpAddressHash()(who.client);
    }
  };
  struct Window {
    std::uint64_t failures = 0;
    SteadyTime ends;
  };

  // Forgets what is over, and where all is still running, what ends soonest.
  void make_room(SteadyTime now) {
    while (!by_end.empty() && (by_end.begin()->first <= now || windows.size() >= kMaxAddresses)) {
      windows.erase(by_end.begin()->second);
      by_end.erase(by_end.begin());
    }
  }

  // guarded by mu
  mutable std::mutex mu;
  std::unordered_map<Who, Window, HashWho> windows;
  std::multimap<SteadyTime, Who> by_end;

  // Nobody is refused after this instant: the usual case is decided without the lock.
  std::atomic<SteadyTime::rep> last_refusal_ends{0};
};

FailureCounter::FailureCounter() : table_(std::make_unique<Table>()) {}
FailureCounter::~FailureCounter() = default;

void FailureCounter::count(std::string_view api, const IpAddress& client,
                           const FailuresConfig& limit, SteadyTime now) {
  if (limit.attempts == 0) return;
  const std::lock_guard lock(table_->mu);
  Table::Who who{std::string(api), client.counted_as()};
  auto found = table_->windows.find(who);
  if (found == table_->windows.end() || found->second.ends <= now) {
    table_->make_room(now);
    const SteadyTime ends = now + limit.window;
    found = table_->windows.emplace(who, Table::Window{0, ends}).first;
    table_->by_end.emplace(ends, std::move(who));
  }
  if (++found->second.failures < limit.attempts) return;
  const auto ends = found->second.ends.time_since_epoch().count();
  if (ends > table_->last_refusal_ends.load()) table_->last_refusal_ends.store(ends);
}

std::optional<std::chrono::milliseconds> FailureCounter::refused_for(std::string_view api,
                                                                     const IpAddress& client,
                                                                     const FailuresConfig& limit,
                                                                     SteadyTime now) const {
  if (table_->last_refusal_ends.load(std::memory_order_relaxed) <= now.time_since_epoch().count() ||
      limit.attempts == 0) {
    return std::nullopt;
  }
  const std::lock_guard lock(table_->mu);
  const auto found = table_->windows.find({std::string(api), client.counted_as()});
  if (found == table_->windows.end() || found->second.ends <= now ||
      found->second.failures < limit.attempts) {
    return std::nullopt;
  }
  return std::chrono::ceil<std::chrono::milliseconds>(found->second.ends - now);
}

std::size_t FailureCounter::size() const {
  const std::lock_guard lock(table_->mu);
  return table_->windows.size();
}

namespace {

class Failures final : public Filter {
 public:
  Failures(const ApiConfig& api, FailureCounter& failures)
      : api_(api.name), auth_(api.auth), failures_(failures) {}

  Verdict check(Exchange& exchange) const override {
    if (exchange.open) return Verdict::pass();
    const auto wait = failures_.refused_for(api_, exchange.client.value_or(exchange.peer), limit_,
                                            exchange.now.steady);
    if (!wait || needs_no_key(exchange)) return Verdict::pass();
    Note note;
    note.retry_after_s =
        static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(*wait).count());
    note.detail = fmt::format(
        "{} failed attempts came from your address within {}, with keys that are unknown, disabled "
        "or expired. Every call to this API is refused for {} more seconds; check your key before "
        "you try again.",
        limit_.attempts, format_duration(limit_.window), *note.retry_after_s);
    return Verdict::deny(Reason::kTooManyFailures, std::move(note));
  }

 private:
  // Where no key is required, only those who try one are held to it.
  [[nodiscard]] bool needs_no_key(const Exchange& exchange) const {
    if (auth_.required) return false;
    const auto secret = find_credential(auth_, *exchange.request);
    return secret && secret->empty();
  }

  const std::string api_;
  const AuthConfig auth_;
  const FailuresConfig& limit_ = auth_.failures;
  FailureCounter& failures_;
};

}  // namespace

FilterPtr make_failures(const ApiConfig& api, FailureCounter& failures) {
  return std::make_unique<Failures>(api, failures);
}

}  // namespace tollgate
