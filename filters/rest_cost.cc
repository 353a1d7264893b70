// What a call of a REST API costs: the points of the first rule that its method and path match, and
// a mutation unless its method is safe. Any thread.
#include "filters/filters.h"

namespace tollgate {
namespace {

// "*" stands for any run of characters, also for none. The last star that was met is tried with one
// character more where the rest does not fit.
bool matches(std::string_view pattern, std::string_view path) {
  std::size_t p = 0;
  std::size_t at = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_at = 0;
  while (at < path.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_at = at;
    } else if (p < pattern.size() && pattern[p] == path[at]) {
      ++p;
      ++at;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      at = ++star_at;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

class RestCostFilter final : public Filter {
 public:
  explicit RestCostFilter(const ApiConfig& api) : rules_(api.rest_costs) {}

  Verdict check(Exchange& exchange) const override {
    if (exchange.open || exchange.own_path) return Verdict::pass();
    const RequestHead& request = *exchange.request;
    CallCost& cost = exchange.cost.emplace();
    cost.complexity = 1;
    cost.mutations = is_safe(request.method) ? 0 : 1;
    for (const RestCost& rule : rules_) {
      if (rule.method != "*" && rule.method != request.method_name) continue;
      if (!matches(rule.path, request.path)) continue;
      cost.complexity = rule.complexity;
      break;
    }
    return Verdict::pass();
  }

 private:
  const std::vector<RestCost>& rules_;
};

}  // namespace

FilterPtr make_rest_cost(const ApiConfig& api) { return std::make_unique<RestCostFilter>(api); }

}  // namespace tollgate
