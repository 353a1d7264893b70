// The contract of a filter: a request and an instant go in, a verdict comes out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "filters/exchange.h"
#include "filters/reason.h"

namespace tollgate {

// What a refusal says beside its reason. `detail` is a whole sentence or two for the integrator:
// what happened, by how much, what to do. It never contains a secret.
struct Note {
  std::string detail;
  std::optional<int> status;                   // in place of the reason's own
  std::optional<std::uint64_t> offset;         // json_invalid: byte offset in the body, from 0
  std::optional<std::uint64_t> retry_after_s;  // seconds for Retry-After
  std::optional<UnixTime> retry_at;            // an instant there in place of them
  std::string allow;                           // method_not_allowed: value of Allow
  std::string authenticate;                    // key_*: value of WWW-Authenticate
  // graphql_invalid and its like: where in the document, from 1.
  struct Place {
    std::uint32_t line = 1;
    std::uint32_t column = 1;
  };
  std::optional<Place> place;
  // too_complex: of what there is too much ("depth"), how much, and the bound.
  std::string_view measure;
  std::uint64_t asked = 0;
  std::uint64_t limit = 0;
  // limit_exceeded, and too_complex for a window: those that had no room, the longest wait first.
  struct Window {
    Measure measure = Measure::kRequests;
    std::string_view scope;  // "environment"
    std::string_view name;   // "10s"; the views live as long as the configuration
    std::chrono::nanoseconds length{};
    std::uint64_t limit = 0;
    std::uint64_t used = 0;
    std::uint64_t asked = 0;
    std::optional<std::uint64_t> resets_in_s;  // until the call would pass; none: never
    std::string detail;                        // of this window, in whole sentences
  };
  std::vector<Window> windows;
  std::optional<std::uint64_t> complexity;  // of the call, where it was priced
  std::string_view code;                    // of a GraphQL error, in place of the reason's own
  std::string cache_control;                // value of Cache-Control
  std::optional<Reason> concealed;  // the reason that `conceal` hides from the answer; for the log
};

class Verdict {
 public:
  [[nodiscard]] static Verdict pass() { return Verdict(); }
  // Of a filter that was given the beginning of a body and cannot tell yet.
  [[nodiscard]] static Verdict need_more() {
    Verdict verdict;
    verdict.needs_more_ = true;
    return verdict;
  }
  // The call goes no further and is not refused: this is its answer.
  [[nodiscard]] static Verdict answer(OwnAnswer answer) {
    Verdict verdict;
    verdict.answer_ = std::make_unique<OwnAnswer>(std::move(answer));
    return verdict;
  }
  [[nodiscard]] static Verdict deny(Reason reason, Note note) {
    Verdict verdict;
    verdict.denial_ = std::make_unique<Denial>(Denial{reason, std::move(note)});
    return verdict;
  }
  // With a sentence alone.
  [[nodiscard]] static Verdict deny(Reason reason, std::string detail) {
    Note note;
    note.detail = std::move(detail);
    return deny(reason, std::move(note));
  }
  [[nodiscard]] bool passed() const {
    return denial_ == nullptr && answer_ == nullptr && !needs_more_;
  }
  [[nodiscard]] bool needs_more() const { return needs_more_; }
  [[nodiscard]] const OwnAnswer* own_answer() const { return answer_.get(); }
  [[nodiscard]] bool denied() const { return denial_ != nullptr; }
  // Only of a denial.
  [[nodiscard]] Reason reason() const { return denial_->reason; }
  [[nodiscard]] const Note& note() const { return denial_->note; }

 private:
  struct Denial {
    Reason reason;
    Note note;
  };
  // All null: passed, so that passing allocates nothing.
  std::unique_ptr<Denial> denial_;
  std::unique_ptr<OwnAnswer> answer_;
  bool needs_more_ = false;
};

// How much of a request's body a filter wants to see.
struct BodyNeed {
  enum class Kind : std::uint8_t {
    kNone,
    kWhole,
    kBeginning  // whatever has come, again and again until it can tell; the rest is not held
  };
  Kind kind = Kind::kNone;
  std::uint64_t most = 0;  // kWhole: bytes that are held for it; 0: as many as pass through
};

// Shared by all workers and const; what it counts lives outside it. Decides and never sends.
class Filter {
 public:
  virtual ~Filter() = default;
  // Other than kNone: the chain pauses before this filter until `exchange.body` is there. Asked
  // with the head alone.
  [[nodiscard]] virtual BodyNeed needs_body(const Exchange& exchange) const {
    (void)exchange;
    return {};
  }
  [[nodiscard]] virtual Verdict check(Exchange& exchange) const = 0;
};

}  // namespace tollgate
