// The character classes of HTTP and of URIs, one table lookup a byte. No state.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tollgate::http1 {

using CharClass = std::uint8_t;
inline constexpr CharClass kToken = 1;     // RFC 9110, 5.6.2
inline constexpr CharClass kTwinMark = 2;  // "_" and ".": tokens that some servers read as "-"
inline constexpr CharClass kPathChar = 4;  // RFC 3986 pchar without "%"
inline constexpr CharClass kQueryChar =
    8;  // as path, with "/", "?" and the []{}| that clients send raw
inline constexpr CharClass kHostChar = 16;  // RFC 3986 unreserved: no registered name needs more
inline constexpr CharClass kHexDigit = 32;
inline constexpr CharClass kDigit = 64;
inline constexpr CharClass kControl = 128;  // C0 and DEL; HTAB too

namespace detail {
constexpr std::array<CharClass, 256> make_char_classes() {
  std::array<CharClass, 256> table{};
  const auto add = [&table](std::string_view characters, int classes) {
    for (const char c : characters) {
      auto& entry = table[static_cast<unsigned char>(c)];
      entry = static_cast<CharClass>(entry | classes);
    }
  };
  add("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
      kToken | kPathChar | kQueryChar | kHostChar);
  add("0123456789", kToken | kPathChar | kQueryChar | kHostChar | kHexDigit | kDigit);
  add("abcdefABCDEF", kHexDigit);
  add("!#$%&'*+-.^_`|~", kToken);
  add("_.", kTwinMark);
  add("-._~", kPathChar | kQueryChar | kHostChar);
  add("!$&'()*+,;=:@", kPathChar | kQueryChar);
  add("/?[]{}|", kQueryChar);
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = kControl;
  table[0x7f] = kControl;
  return table;
}
}  // namespace detail

inline constexpr std::array<CharClass, 256> kCharClasses = detail::make_char_classes();

[[nodiscard]] constexpr CharClass class_of(char c) {
  return kCharClasses[static_cast<unsigned char>(c)];
}
[[nodiscard]] constexpr bool is_in(char c, CharClass classes) {
  return (class_of(c) & classes) != 0;
}
// Of a kHexDigit.
[[nodiscard]] constexpr unsigned hex_value(char c) {
  return is_in(c, kDigit) ? static_cast<unsigned>(c - '0')
                          : static_cast<unsigned>((c | 0x20) - 'a') + 10U;
}
// Field values and reason phrases: HTAB, SP, VCHAR and obs-text (RFC 9110, 5.5).
[[nodiscard]] constexpr bool is_field_value_char(char c) {
  return c == '\t' || !is_in(c, kControl);
}

[[nodiscard]] inline std::uint64_t load_word(const char* from) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}
[[nodiscard]] constexpr std::uint64_t repeat_byte(std::uint8_t byte) {
  return 0x0101010101010101ULL * byte;
}

// How many bytes of a word lie in memory before the first whose top bit is set in `marks`; 0 where
// that is not known.
[[nodiscard]] constexpr int bytes_before_mark(std::uint64_t marks) {
  return std::endian::native == std::endian::little ? std::countr_zero(marks) / 8 : 0;
}

// The first byte in [at, end) that cannot be in a field value, or `end`. Goes over eight bytes at a
// time as long as none is marked: every byte below 0x20 and every 0x7f is, and few others (by
// borrows and carries); each marked one is looked at.
[[nodiscard]] inline const char* skip_field_value(const char* at, const char* end) {
  while (end - at >= 8) {
    const std::uint64_t word = load_word(at);
    const std::uint64_t marks =
        ((word - repeat_byte(0x20)) | (word + repeat_byte(0x01))) & ~word & repeat_byte(0x80);
    if (marks == 0) {
      at += 8;
      continue;
    }
    at += bytes_before_mark(marks);
    if (!is_field_value_char(*at)) return at;
    ++at;
  }
  while (at != end && is_field_value_char(*at)) ++at;
  return at;
}

}  // namespace tollgate::http1
