// Where the tokens of a GraphQL text begin, found for all of it at once, by 64 bytes at a time: who
// then goes over them need not find the end of each to get to the next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "filters/graphql/hash.h"

namespace tollgate::graphql {

// A name is one token, so is every other byte that is not ignored: the bytes of "..." and of
// numbers, strings and comments have to be put together. Reused; not thread-safe.
class TokenIndex {
 public:
  // So many bytes behind a text are read, and must be there.
  static constexpr std::size_t kPadding = 64;
  // A token, by its offset in the text. Behind the last one stand kBehind with the text's size.
  using Place = const std::uint32_t*;
  static constexpr std::size_t kBehind = 4;

  // What the processor is asked for: all that it has, or only what every one has.
  enum class Instructions { kBest, kBaseline };
  explicit TokenIndex(Instructions instructions = Instructions::kBest);

  // Borrows the text until the next call.
  void read(const char* text, std::size_t size);
  [[nodiscard]] Place first() const { return offsets_.data(); }

  // Of the letters, digits and "_" from here on. More than kMostCounted: there are more than that.
  static constexpr std::uint32_t kMostCounted = 56;
  [[nodiscard]] std::uint32_t size_of_name(std::uint32_t offset) const {
    const auto* bytes = reinterpret_cast<const char*>(names_.data());
    const std::uint64_t bits = hash_parts::load64(bytes + offset / 8) >> (offset % 8);
    return static_cast<std::uint32_t>(__builtin_ctzll(~bits | std::uint64_t{1} << 63));
  }

 private:
  bool by_tables_;
  std::vector<std::uint32_t> offsets_;
  // A bit for each byte: whether a name may have it, and whether it stands between tokens.
  std::vector<std::uint64_t> names_;
  std::vector<std::uint64_t> ignored_;
};

}  // namespace tollgate::graphql
