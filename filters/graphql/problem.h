// Why a GraphQL request cannot be let through, before it is known how the answer looks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace tollgate::graphql {

// A place in a text: line and column count code points from 1, as the specification's errors do.
// A line ends with LF, CR or CR LF.
struct Place {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  friend bool operator==(const Place&, const Place&) = default;
};
[[nodiscard]] Place place_of(std::string_view text, std::size_t offset);
// The first bytes of a text in UTF-8, `most` at most, cut between two characters. For messages:
// a client chooses how long its names are.
[[nodiscard]] std::string_view shortened(std::string_view text, std::size_t most);

// What a single call is held to.
enum class Bound : std::uint8_t {
  kNone,
  kComplexity,
  kDepth,
  kAliases,
  kTokens,
  kDirectives,
  kBatch,
  kWork,  // the estimator's own budget of visits
};
[[nodiscard]] std::string_view word_of(Bound bound);

struct Problem {
  enum class Kind : std::uint8_t { kInvalid, kTooComplex, kIntrospection };
  Kind kind = Kind::kInvalid;
  std::string message = {};  // whole sentences for the integrator
  Place place = {};
  // kTooComplex: of what there is too much, how much, and the bound.
  Bound bound = Bound::kNone;
  std::uint64_t found = 0;
  std::uint64_t most = 0;
};

// The refusal of what is above a bound; `most` 0: there is none.
[[nodiscard]] tl::expected<void, Problem> at_most(Bound bound, std::uint64_t found,
                                                  std::uint64_t most);

}  // namespace tollgate::graphql
