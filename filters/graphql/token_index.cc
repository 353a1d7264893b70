// See token_index.h. Any thread.
#include "filters/graphql/token_index.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "filters/graphql/scan.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace tollgate::graphql {
namespace {

// A bit for each byte of a text, 64 to a block: whether a name may have it, and whether it stands
// between tokens.
struct Bits {
  std::uint64_t* names;
  std::uint64_t* ignored;
};

// The offsets of the tokens that begin in the blocks; the end of them.
[[gnu::always_inline]] inline std::uint32_t* list(Bits bits, std::size_t blocks,
                                                  std::uint32_t* out) {
  std::uint64_t before = 0;  // whether the byte before the block is of a name
  for (std::size_t i = 0; i < blocks; ++i) {
    const std::uint64_t names = bits.names[i];
    std::uint64_t begins = ~(bits.ignored[i] | (names & (names << 1 | before)));
    before = names >> 63;
    for (; begins != 0; begins &= begins - 1) {
      *out++ =
          static_cast<std::uint32_t>(64 * i) + static_cast<std::uint32_t>(__builtin_ctzll(begins));
    }
  }
  return out;
}

// What is behind the text is no token.
[[gnu::always_inline]] inline void cut(Bits bits, std::size_t size) {
  bits.ignored[size / 64] |= ~std::uint64_t{0} << (size % 64);
}

#ifdef __x86_64__

bool has_tables() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"); }

using Table = std::array<std::uint8_t, 16>;
// For both halves of a register.
constexpr std::array<std::uint8_t, 32> twice(const Table& table) {
  std::array<std::uint8_t, 32> both{};
  for (std::size_t i = 0; i < both.size(); ++i) both[i] = table[i % 16];
  return both;
}
// What the low half of a byte has in common with the high half says whether a name may have it: a
// bit each for the digits, "A" to "O", "P" to "Z" and "_".
constexpr auto kNameLow = twice({5, 7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 2, 2, 2, 2, 10});
constexpr auto kNameHigh = twice({0, 0, 0, 1, 2, 12, 2, 4});
// The byte of each low half that is ignored.
constexpr auto kIgnored = twice({' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', 0, ',', '\r'});

[[gnu::target("avx2,bmi")]] std::uint32_t* list_by_tables(const char* text, std::size_t size,
                                                          Bits bits, std::uint32_t* out) {
  const std::size_t blocks = size / 64 + 1;
  const auto* registers = reinterpret_cast<const __m256i*>(text);
  const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kNameLow.data()));
  const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kNameHigh.data()));
  const __m256i ignored = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kIgnored.data()));
  for (std::size_t i = 0; i < 2 * blocks; ++i) {
    const __m256i all = _mm256_loadu_si256(registers + i);
    const __m256i top = _mm256_and_si256(_mm256_srli_epi16(all, 4), _mm256_set1_epi8(15));
    const __m256i common =
        _mm256_and_si256(_mm256_shuffle_epi8(low, all), _mm256_shuffle_epi8(high, top));
    const int none = _mm256_movemask_epi8(_mm256_cmpeq_epi8(common, _mm256_setzero_si256()));
    const int names = ~none;
    const int between =
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_shuffle_epi8(ignored, all), all));
    std::memcpy(reinterpret_cast<char*>(bits.names) + 4 * i, &names, 4);
    std::memcpy(reinterpret_cast<char*>(bits.ignored) + 4 * i, &between, 4);
  }
  cut(bits, size);
  return list(bits, blocks, out);
}

void classify(const char* text, std::size_t blocks, Bits bits) {
  for (std::size_t i = 0; i < blocks; ++i) {
    bits.names[i] = bits.ignored[i] = 0;
    for (unsigned k = 0; k < 4; ++k) {
      const __m128i all = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + 64 * i) + k);
      const auto is = [&](char byte) { return _mm_cmpeq_epi8(all, _mm_set1_epi8(byte)); };
      const __m128i lines = _mm_or_si128(is('\n'), is('\r'));
      const __m128i blanks = _mm_or_si128(_mm_or_si128(is(' '), is('\t')), is(','));
      const auto between =
          static_cast<std::uint64_t>(_mm_movemask_epi8(_mm_or_si128(lines, blanks)));
      bits.names[i] |= std::uint64_t{scan::ends_of_name(all) ^ 0xFFFFU} << (16 * k);
      bits.ignored[i] |= between << (16 * k);
    }
  }
}

#else

bool has_tables() { return false; }

std::uint32_t* list_by_tables(const char*, std::size_t, Bits, std::uint32_t* out) { return out; }

void classify(const char* text, std::size_t blocks, Bits bits) {
  for (std::size_t i = 0; i < blocks; ++i) {
    bits.names[i] = bits.ignored[i] = 0;
    for (unsigned k = 0; k < 64; ++k) {
      const char* at = text + 64 * i + k;
      bits.names[i] |= std::uint64_t{scan::continues_name(at)} << k;
      bits.ignored[i] |= std::uint64_t{scan::class_of(at) == scan::Class::kIgnored} << k;
    }
  }
}

#endif

std::uint32_t* list(const char* text, std::size_t size, Bits bits, std::uint32_t* out) {
  const std::size_t blocks = size / 64 + 1;
  classify(text, blocks, bits);
  cut(bits, size);
  return list(bits, blocks, out);
}

}  // namespace

TokenIndex::TokenIndex(Instructions instructions)
    : by_tables_(instructions == Instructions::kBest && has_tables()) {}

void TokenIndex::read(const char* text, std::size_t size) {
  const std::size_t blocks = size / 64 + 1;
  if (names_.size() < blocks + 1) {
    names_.resize(blocks + 1);
    ignored_.resize(blocks + 1);
    offsets_.resize(64 * blocks + kBehind);
  }
  const Bits bits{names_.data(), ignored_.data()};
  std::uint32_t* const end = by_tables_ ? list_by_tables(text, size, bits, offsets_.data())
                                        : list(text, size, bits, offsets_.data());
  std::fill_n(end, kBehind, static_cast<std::uint32_t>(size));
}

}  // namespace tollgate::graphql
