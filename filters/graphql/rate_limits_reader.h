// Finds out whether a query asks for rateLimits alone, and what its answer shows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "filters/graphql/collector.h"
#include "filters/graphql/document.h"
#include "filters/graphql/problem.h"
#include "filters/graphql/rate_limits_query.h"

namespace tollgate::graphql {

// Not thread-safe; works in memory that is used again.
class RateLimitsReader {
 public:
  // Whether it is worth reading a text: one without the name asks for something else.
  [[nodiscard]] static bool may_ask(std::string_view text) {
    return text.find("rateLimits") != std::string_view::npos;
  }
  // Of a text that the estimator has let pass. None: something else is asked for, be it beside
  // rateLimits. Errors: what validation would find in rateLimits, in the words of graphql-js.
  [[nodiscard]] tl::expected<std::optional<RateLimitsQuery>, Problem> read(
      std::string_view text, std::string_view operation_name, const JsonValue* variables);

 private:
  [[nodiscard]] tl::expected<RateLimitsQuery::Root, Problem> read_root(const Group& group);
  [[nodiscard]] tl::expected<RateLimitsQuery::Shown, Problem> read_field(const Group& group) const;
  [[nodiscard]] tl::unexpected<Problem> wrong(std::uint32_t position, std::string message) const;
  [[nodiscard]] std::optional<Name> foreign_condition(const Group& group) const;

  Document document_;
  Collector collector_;
  std::vector<Group> roots_;
  std::vector<Group> fields_;
};

}  // namespace tollgate::graphql
