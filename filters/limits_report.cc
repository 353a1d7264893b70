// See limits_report.h. Any thread.
#include "filters/limits_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "filters/payers.h"

namespace tollgate {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::string limits_as_json(const Exchange& exchange) {
  const Charge& charge = exchange.charge;
  Json json;
  const bool named = charge.names != nullptr && charge.limited();
  json["plan"] = named ? Json(charge.names->plan) : Json();
  json["scope"] = named ? Json(word_of(charge.names->scope)) : Json();
  Json& windows = json["windows"] = Json::array();
  for (const WindowUsage& row : charge.usage) {
    windows.push_back({{"measure", word_of(row.measure)},
                       {"window", row.window->name},
                       {"scope", word_of(row.scope->name().kind)},
                       {"limit", row.most},
                       {"used", row.used},
                       {"remaining", row.remaining()},
                       {"resets_in", seconds_up(row.until_all)}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string_view rate_limit_type(Measure measure) {
  switch (measure) {
    case Measure::kRequests:
      return "REQUEST_COUNT";
    case Measure::kComplexity:
      return "QUERY_COMPLEXITY";
    case Measure::kMutations:
      return "MUTATION_COUNT";
  }
  return "";
}

std::string rate_limit_interval(std::chrono::nanoseconds length) {
  if (length == std::chrono::seconds(10)) return "TEN_SECONDS";
  if (length == std::chrono::hours(1)) return "ONE_HOUR";
  return fmt::format("SECONDS_{}", seconds_up(length));
}

}  // namespace tollgate
