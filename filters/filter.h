// The contract of a filter: a request and an instant go in, a verdict comes out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

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
  std::string allow;                           // method_not_allowed: value of Allow
  std::string authenticate;                    // key_*: value of WWW-Authenticate
  std::optional<Reason> concealed;  // the reason that `conceal` hides from the answer; for the log
};

class Verdict {
 public:
  [[nodiscard]] static Verdict pass() { return Verdict(); }
  [[nodiscard]] static Verdict deny(Reason reason, Note note) {
    Verdict verdict;
    verdict.denial_ = std::make_unique<Denial>(Denial{reason, std::move(note)});
    return verdict;
  }
  [[nodiscard]] bool passed() const { return denial_ == nullptr; }
  // Only of a verdict that did not pass.
  [[nodiscard]] Reason reason() const { return denial_->reason; }
  [[nodiscard]] const Note& note() const { return denial_->note; }

 private:
  struct Denial {
    Reason reason;
    Note note;
  };
  std::unique_ptr<Denial> denial_;  // null: passed, so that passing allocates nothing
};

// Shared by all workers and const; what it counts lives outside it. Decides and never sends.
class Filter {
 public:
  virtual ~Filter() = default;
  // True: the chain pauses before this filter until `exchange.body` is complete. Asked with the
  // head alone.
  [[nodiscard]] virtual bool needs_body(const Exchange& exchange) const {
    (void)exchange;
    return false;
  }
  [[nodiscard]] virtual Verdict check(Exchange& exchange) const = 0;
};

}  // namespace tollgate
