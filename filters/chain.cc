// See chain.h. Any thread.
#include "filters/chain.h"

#include "filters/filters.h"

namespace tollgate {
namespace {

// The order, and why it is so.
std::vector<FilterPtr> filters_of(const ApiConfig& api, const ChainParts& parts) {
  std::vector<FilterPtr> filters;
  const auto before_key = [&](FilterPtr filter) {
    filters.push_back(api.auth.conceal ? conceal(std::move(filter)) : std::move(filter));
  };
  filters.push_back(make_open_paths(api));         // the others ask whether the call is open
  before_key(make_allow_ips(api));                 // the cheapest refusal, for whole networks
  before_key(make_failures(api, parts.failures));  // who guesses learns nothing, not even by luck
  before_key(make_key(api, parts.keys, parts.failures));  // from here on we know who calls
  if (parts.payers != nullptr)
    filters.push_back(make_payer(parts));  // every answer from here on says what is left
  if (api.deprecation.refuse_after_sunset) filters.push_back(make_sunset(api));
  filters.push_back(make_own_paths(api, parts));  // Tollgate's own, for who holds a key
  if (api.kind == ApiKind::kGraphql) {
    filters.push_back(make_graphql_cost(api, parts));  // reads the body: only of who may call
  } else {
    if (api.json_body) filters.push_back(make_json_body(api));  // likewise
    filters.push_back(make_rest_cost(api));
  }
  if (parts.payers != nullptr)
    filters.push_back(make_limits(api, parts.retry_after));  // whatever is refused is free
  filters.push_back(make_own_answers());                     // charged as any call
  return filters;
}

}  // namespace

Chain::Chain(const ApiConfig& api, const ChainParts& parts) : filters_(filters_of(api, parts)) {}

Chain::Outcome Chain::run(Exchange& exchange, std::size_t from, Body body) const {
  for (std::size_t i = from; i < filters_.size(); ++i) {
    const Filter& filter = *filters_[i];
    if (body == Body::kNotRead) {
      const BodyNeed need = filter.needs_body(exchange);
      if (need.kind != BodyNeed::Kind::kNone) return {Verdict::pass(), i, need};
    }
    Verdict verdict = filter.check(exchange);
    if (verdict.needs_more()) return {Verdict::pass(), i, {BodyNeed::Kind::kBeginning, 0}};
    if (!verdict.passed()) return {std::move(verdict), i, {}};
  }
  return {Verdict::pass(), filters_.size(), {}};
}

}  // namespace tollgate
