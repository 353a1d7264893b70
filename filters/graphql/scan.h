// What most of a GraphQL text is: names, and what stands between tokens. Inline, for the readers'
// innermost loops. All of it wants a text with Lexer::kPadding readable NULs behind it, which end
// every name.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "filters/graphql/name.h"

#ifdef __x86_64__
#include <emmintrin.h>
#endif

namespace tollgate::graphql::scan {

// By the first byte of a token, or of what is between tokens.
enum class Class : std::uint8_t {
  kOther,
  kIgnored,
  kRarelyIgnored,  // may begin a comment or a byte order mark
  kDigit,
  kPunctuator,
  kBraceLeft,
  // What most fields of a selection set are followed by:
  kNameStart,
  kBraceRight
};

constexpr std::array<Class, 256> make_classes() {
  std::array<Class, 256> classes{};
  const auto set = [&](const char* bytes, Class of) {
    for (; *bytes != '\0'; ++bytes) classes[static_cast<unsigned char>(*bytes)] = of;
  };
  set("\t\n\r ,", Class::kIgnored);
  set("#\xEF", Class::kRarelyIgnored);
  set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_", Class::kNameStart);
  set("0123456789-", Class::kDigit);
  set("!$&():=@[]|", Class::kPunctuator);
  set("{", Class::kBraceLeft);
  set("}", Class::kBraceRight);
  return classes;
}
inline constexpr std::array<Class, 256> kClasses = make_classes();

inline Class class_of(const char* at) { return kClasses[static_cast<unsigned char>(*at)]; }

inline const char* skip_ignored(const char* at) {
  while (class_of(at) == Class::kIgnored) ++at;
  return at;
}

inline bool continues_name(const char* at) {
  return class_of(at) == Class::kNameStart || (*at >= '0' && *at <= '9');
}

// Of a name that is known to go on to `at` or further.
inline const char* end_of_name(const char* at) {
  while (continues_name(at)) ++at;
  return at;
}

inline bool is_word(const char* at, std::string_view word) {
  return std::string_view(at, word.size()) == word && !continues_name(at + word.size());
}

// Names of fewer bytes are read at once.
inline constexpr std::uint32_t kShort = 16;

#ifdef __x86_64__

// A bit for each of the 16 bytes that a name does not go on with.
inline unsigned ends_of_name(__m128i bytes) {
  // Moved to the least signed values, the bytes of a range are those below its size.
  const auto within = [](__m128i each, char first, int count) {
    const __m128i moved = _mm_add_epi8(each, _mm_set1_epi8(static_cast<char>(-128 - first)));
    return _mm_cmpgt_epi8(_mm_set1_epi8(static_cast<char>(-128 + count)), moved);
  };
  const __m128i letters = within(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 26);
  const __m128i others =
      _mm_or_si128(within(bytes, '0', 10), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('_')));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(letters, others))) ^ 0xFFFFU;
}

// 16 bytes from `kFirst + 16 - size` on leave of 16 bytes the first `size`.
alignas(32) inline constexpr std::array<std::uint8_t, 32> kFirst = {
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

// The bytes of a short name of this size.
inline TwoWords bytes_of(const char* begin, std::uint32_t size) {
  const auto* first = reinterpret_cast<const __m128i*>(kFirst.data() + kShort - size);
  const __m128i name = _mm_and_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(begin)),
                                     _mm_loadu_si128(first));
  return {static_cast<std::uint64_t>(_mm_cvtsi128_si64(name)),
          static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(name, name)))};
}

// The name that begins here with a letter or "_".
inline Name name_at(const char* begin) {
  const unsigned ends = ends_of_name(_mm_loadu_si128(reinterpret_cast<const __m128i*>(begin)));
  if (ends == 0) [[unlikely]] {
    return {begin, static_cast<std::size_t>(end_of_name(begin + kShort) - begin)};
  }
  const auto size = static_cast<std::uint32_t>(__builtin_ctz(ends));
  return {begin, size, bytes_of(begin, size)};
}

#else

inline TwoWords bytes_of(const char* begin, std::uint32_t size) { return two_words(begin, size); }

inline Name name_at(const char* begin) {
  return {begin, static_cast<std::size_t>(end_of_name(begin) - begin)};
}

#endif

}  // namespace tollgate::graphql::scan
