#include "filters/graphql/hash.h"

#include <random>

namespace tollgate::graphql {
namespace {

std::uint64_t draw() {
  std::random_device source;
  return static_cast<std::uint64_t>(source()) << 32 | source();
}

}  // namespace

// Odd and not 0, so that no product vanishes.
HashKey draw_hash_key() { return {draw() | 1, draw() | 1}; }

}  // namespace tollgate::graphql
