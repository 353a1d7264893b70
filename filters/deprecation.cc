// See deprecation.h. Any thread.
#include "filters/deprecation.h"

#include <fmt/format.h>

#include "filters/filters.h"

namespace tollgate {
namespace {

class Sunset final : public Filter {
 public:
  explicit Sunset(const ApiConfig& api) : api_(api) {}

  Verdict check(Exchange& exchange) const override {
    const DeprecationConfig& deprecation = api_.deprecation;
    if (exchange.open || !deprecation.sunset || !has_come(*deprecation.sunset, exchange.now.wall)) {
      return Verdict::pass();
    }
    return Verdict::deny(
        Reason::kSunset,
        fmt::format("The API {} ended on {}.{}", api_.name, format_date(*deprecation.sunset),
                    deprecation.link.empty()
                        ? " Ask its operator what takes its place."
                        : fmt::format(" What takes its place is told at {}.", deprecation.link)));
  }

 private:
  const ApiConfig& api_;
};

}  // namespace

std::string deprecation_fields(const DeprecationConfig& deprecation) {
  std::string fields;
  if (deprecation.since) {
    fields += fmt::format("Deprecation: @{}\r\n", deprecation.since->time_since_epoch().count());
  }
  if (deprecation.sunset) {
    fields += fmt::format("Sunset: {}\r\n", http_date(*deprecation.sunset));
  }
  if (!deprecation.link.empty()) {
    const char* relation = deprecation.since || !deprecation.sunset ? "deprecation" : "sunset";
    fields += fmt::format("Link: <{}>; rel=\"{}\"\r\n", deprecation.link, relation);
  }
  return fields;
}

FilterPtr make_sunset(const ApiConfig& api) { return std::make_unique<Sunset>(api); }

}  // namespace tollgate
