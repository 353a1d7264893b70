// See limits_report.h. Any thread.
#include "filters/limits_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <vector>

#include "filters/payers.h"

namespace tollgate {
namespace {

using Json = nlohmann::ordered_json;
using RateLimitsQuery = graphql::RateLimitsQuery;

// By measure and length; of several scopes the one that has the least left.
std::vector<WindowUsage> tightest_of(const Usage& usage) {
  std::vector<WindowUsage> rows(usage.begin(), usage.end());
  const auto place = [](const WindowUsage& row) {
    return std::tuple(row.measure, row.window->length, row.remaining());
  };
  std::sort(rows.begin(), rows.end(), [&](const WindowUsage& one, const WindowUsage& other) {
    return place(one) < place(other);
  });
  const auto same = [](const WindowUsage& one, const WindowUsage& other) {
    return one.measure == other.measure && one.window->length == other.window->length;
  };
  rows.erase(std::unique(rows.begin(), rows.end(), same), rows.end());
  return rows;
}

Json shown(RateLimitsQuery::Field field, const WindowUsage& row) {
  switch (field) {
    case RateLimitsQuery::Field::kTypename:
      return "RateLimit";
    case RateLimitsQuery::Field::kType:
      return rate_limit_type(row.measure);
    case RateLimitsQuery::Field::kIntervalSeconds:
      return rate_limit_interval(row.window->length);
    case RateLimitsQuery::Field::kQuota:
      return row.most;
    case RateLimitsQuery::Field::kUsedQuota:
      return row.most - row.remaining();
    case RateLimitsQuery::Field::kRemainingQuota:
      return row.remaining();
  }
  return {};
}

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

std::string rate_limits_as_json(const RateLimitsQuery& query, const Exchange& exchange) {
  const std::vector<WindowUsage> rows = tightest_of(exchange.charge.usage);
  Json json;
  for (const RateLimitsQuery::Root& root : query.roots) {
    Json& list = json["data"][root.response] = Json::array();
    for (const WindowUsage& row : rows) {
      Json& item = list.emplace_back(Json::object());
      for (const RateLimitsQuery::Shown& field : root.fields) {
        item[field.response] = shown(field.field, row);
      }
    }
  }
  json["extensions"]["complexity"] = exchange.cost->complexity;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
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
