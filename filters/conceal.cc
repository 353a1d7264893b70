// Hides an API from those who have no key for it: to them it is not there. Any thread.
#include "filters/filters.h"
#include "filters/refusal.h"

namespace tollgate {
namespace {

class Conceal final : public Filter {
 public:
  explicit Conceal(FilterPtr inner) : inner_(std::move(inner)) {}

  BodyNeed needs_body(const Exchange& exchange) const override {
    return inner_->needs_body(exchange);
  }

  Verdict check(Exchange& exchange) const override {
    Verdict verdict = inner_->check(exchange);
    if (!verdict.denied()) return verdict;
    Note note = no_api_note();
    note.concealed = verdict.reason();
    return Verdict::deny(Reason::kNoApi, std::move(note));
  }

 private:
  const FilterPtr inner_;
};

}  // namespace

FilterPtr conceal(FilterPtr inner) { return std::make_unique<Conceal>(std::move(inner)); }

}  // namespace tollgate
