// A query for the root field rateLimits alone: {rateLimits{type intervalSeconds quota usedQuota
// remainingQuota}}, as Centra's API has it. Whoever fills the windows in answers it without asking
// a service. Knows of limits only the names of their fields.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tollgate::graphql {

// What the answer shows, with the names that it has there.
struct RateLimitsQuery {
  static constexpr std::uint64_t kComplexity = 10;  // points of each root field

  enum class Field : std::uint8_t {
    kTypename,
    kType,
    kIntervalSeconds,
    kQuota,
    kUsedQuota,
    kRemainingQuota,
  };
  struct Shown {
    Field field = Field::kType;
    std::string response;
  };
  struct Root {
    std::string response;
    std::vector<Shown> fields;  // never empty
  };
  std::vector<Root> roots;  // never empty
};

}  // namespace tollgate::graphql
