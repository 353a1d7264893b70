// GraphQL calls made of bytes, of a fuzzer or of a seeded generator: a schema or none, cost
// settings, a text and its variables. Most are valid.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "conf/config.h"

namespace tollgate::graphql {

// Choices that bytes make, one after the other; after the last one it is always the first choice.
class Choices {
 public:
  explicit Choices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  // 0 to count - 1; at most 256.
  std::size_t below(std::size_t count) {
    if (bytes_.empty()) return 0;
    const std::size_t chosen = bytes_.front() % count;
    bytes_ = bytes_.subspan(1);
    return chosen;
  }
  // Whether it happens that does so `percent` times in a hundred; never at the end of the bytes.
  bool chance(std::size_t percent) { return below(100) >= 100 - percent; }
  template <class List>
  std::string_view pick(const List& list) {
    return list[below(std::size(list))];
  }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

 private:
  std::span<const std::uint8_t> bytes_;
};

struct RandomCall {
  std::string_view sdl;  // empty: no schema
  CostConfig cost;
  double introspection = 100;
  std::string query;
  std::string operation_name;
  std::string variables;  // JSON
  // The same as far as @skip and @include look at them.
  std::string other_variables;
};

[[nodiscard]] RandomCall make_random_call(Choices& choices);

}  // namespace tollgate::graphql
