// See lexer.h. Any thread.
#include "filters/graphql/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace tollgate::graphql {
namespace {

enum Class : std::uint8_t { kOther, kIgnored, kNameStart, kDigit, kPunctuator };

struct Tables {
  std::array<Class, 256> start{};
  std::array<bool, 256> name{};
  std::array<TokenKind, 256> punctuator{};
};

constexpr Tables make_tables() {
  Tables tables;
  for (const char c : {'\t', '\n', '\r', ' ', ','})
    tables.start[static_cast<unsigned char>(c)] = kIgnored;
  for (unsigned c = 0; c < 128; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool digit = c >= '0' && c <= '9';
    if (letter) tables.start[c] = kNameStart;
    if (digit) tables.start[c] = kDigit;
    tables.name[c] = letter || digit;
  }
  tables.start['-'] = kDigit;
  const auto punctuator = [&](char c, TokenKind kind) {
    tables.start[static_cast<unsigned char>(c)] = kPunctuator;
    tables.punctuator[static_cast<unsigned char>(c)] = kind;
  };
  punctuator('!', TokenKind::kBang);
  punctuator('$', TokenKind::kDollar);
  punctuator('&', TokenKind::kAmp);
  punctuator('(', TokenKind::kParenLeft);
  punctuator(')', TokenKind::kParenRight);
  punctuator(':', TokenKind::kColon);
  punctuator('=', TokenKind::kEquals);
  punctuator('@', TokenKind::kAt);
  punctuator('[', TokenKind::kBracketLeft);
  punctuator(']', TokenKind::kBracketRight);
  punctuator('{', TokenKind::kBraceLeft);
  punctuator('|', TokenKind::kPipe);
  punctuator('}', TokenKind::kBraceRight);
  return tables;
}
constexpr Tables kTables = make_tables();

unsigned char byte_at(const char* place) { return static_cast<unsigned char>(*place); }
bool is_digit(const char* place) { return *place >= '0' && *place <= '9'; }
bool is_newline(char c) { return c == '\n' || c == '\r'; }

#ifdef __SSE2__
// The first byte that is not part of a name, 16 at a time; the text's padding ends every name.
const char* end_of_name(const char* at) {
  // Bytes of a range are those that saturating subtraction of its end leaves nothing of.
  const auto within = [](__m128i bytes, char first, int count) {
    const __m128i moved = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
    const __m128i above = _mm_subs_epu8(moved, _mm_set1_epi8(static_cast<char>(count - 1)));
    return _mm_cmpeq_epi8(above, _mm_setzero_si128());
  };
  for (;; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    const __m128i letters =
        _mm_or_si128(within(lower, 'a', 26), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('_')));
    const __m128i name = _mm_or_si128(letters, within(bytes, '0', 10));
    const auto others = static_cast<unsigned>(_mm_movemask_epi8(name)) ^ 0xFFFFU;
    if (others != 0) return at + __builtin_ctz(others);
  }
}
#else
const char* end_of_name(const char* at) {
  while (kTables.name[byte_at(at)]) ++at;
  return at;
}
#endif

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Of the UTF-8 that begins here, which is known to be well formed.
std::pair<std::uint32_t, int> decode(const char* place) {
  const unsigned lead = byte_at(place);
  if (lead < 0x80) return {lead, 1};
  const int length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  std::uint32_t point = lead & (0xFFU >> (length + 1));
  for (int i = 1; i < length; ++i) point = point << 6 | (byte_at(place + i) & 0x3F);
  return {point, length};
}

}  // namespace

void Lexer::fail(const char* place, std::string message) {
  if (failed()) return;
  error_ = std::move(message);
  error_offset_ = offset_of(place);
  at_ = end_;
}

std::string Lexer::code_point(const char* place) const {
  if (place >= end_) return "<EOF>";
  const std::uint32_t point = decode(place).first;
  if (point == '"') return "'\"'";
  if (point >= 0x20 && point <= 0x7E) return fmt::format("\"{}\"", static_cast<char>(point));
  return fmt::format("U+{:04X}", point);
}

void Lexer::unexpected(const char* place) {
  if (*place == '\'') {
    return fail(place,
                "Unexpected single quote character ('), did you mean to use a double quote (\")?");
  }
  fail(place, fmt::format("Unexpected character: {}.", code_point(place)));
}

void Lexer::next(Token& token) {
  const char* at = at_;
  for (;;) {
    const unsigned char first = byte_at(at);
    switch (kTables.start[first]) {
      case kIgnored:
        ++at;
        continue;
      case kNameStart: {
        token.kind = TokenKind::kName;
        token.begin = at;
        token.end = at_ = at = end_of_name(at + 1);
        ++count_;
        return;
      }
      case kPunctuator:
        token.kind = kTables.punctuator[first];
        token.begin = at;
        token.end = at_ = at + 1;
        ++count_;
        return;
      case kDigit:
        at_ = at;
        ++count_;
        return number(token);
      case kOther:
        break;
    }
    if (first == '#') {
      while (at < end_ && !is_newline(*at)) ++at;
      continue;
    }
    if (first == 0xEF && byte_at(at + 1) == 0xBB && byte_at(at + 2) == 0xBF) {
      at += 3;  // a byte order mark, ignored anywhere
      continue;
    }
    at_ = at;
    if (at >= end_) {
      token = {TokenKind::kEnd, end_, end_};
      return;
    }
    ++count_;
    if (first == '.' && at[1] == '.' && at[2] == '.') {
      token = {TokenKind::kSpread, at, at + 3};
      at_ = at + 3;
      return;
    }
    if (first == '"') {
      if (at[1] == '"' && at[2] == '"') return block_string(token);
      return string(token);
    }
    unexpected(at);
    token = {TokenKind::kEnd, end_, end_};
    return;
  }
}

const char* Lexer::digits(const char* place) {
  if (!is_digit(place)) {
    fail(place, fmt::format("Invalid number, expected digit but got: {}.", code_point(place)));
    return end_;
  }
  while (is_digit(place)) ++place;
  return place;
}

void Lexer::number(Token& token) {
  const char* at = at_;
  token = {TokenKind::kInt, at, at};
  if (*at == '-') ++at;
  if (*at == '0') {
    ++at;
    if (is_digit(at)) {
      fail(at, fmt::format("Invalid number, unexpected digit after 0: {}.", code_point(at)));
    }
  } else {
    at = digits(at);
  }
  if (*at == '.') {
    token.kind = TokenKind::kFloat;
    at = digits(at + 1);
  }
  if (*at == 'e' || *at == 'E') {
    token.kind = TokenKind::kFloat;
    ++at;
    if (*at == '+' || *at == '-') ++at;
    at = digits(at);
  }
  if (*at == '.' || kTables.start[byte_at(at)] == kNameStart) {
    fail(at, fmt::format("Invalid number, expected digit but got: {}.", code_point(at)));
  }
  if (failed()) {
    token = {TokenKind::kEnd, end_, end_};
    return;
  }
  token.end = at_ = at;
}

const char* Lexer::escape(const char* backslash) {
  const char kind = backslash[1];
  if (kind != '\0' && std::string_view("\"\\/bfnrt").find(kind) != std::string_view::npos) {
    return backslash + 2;
  }
  if (kind != 'u') {
    const std::string shown =
        backslash + 1 < end_
            ? std::string(backslash, static_cast<std::size_t>(1 + decode(backslash + 1).second))
            : "\\";
    fail(backslash, fmt::format("Invalid character escape sequence: \"{}\".", shown));
    return end_;
  }
  return backslash[2] == '{' ? braced_escape(backslash) : four_digit_escape(backslash);
}

const char* Lexer::invalid_escape(const char* backslash, int shown) {
  const char* end = backslash;
  for (; shown > 0 && end < end_; --shown) end += decode(end).second;
  fail(backslash,
       fmt::format("Invalid Unicode escape sequence: \"{}\".", std::string_view(backslash, end)));
  return end_;
}

const char* Lexer::braced_escape(const char* backslash) {
  const char* digits = backslash + 3;
  std::uint32_t value = 0;
  const char* at = digits;
  for (; hex_digit(*at) >= 0 && value <= 0x10FFFF; ++at) {
    value = value * 16 + static_cast<std::uint32_t>(hex_digit(*at));
  }
  const bool scalar = value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
  if (*at == '}' && at != digits && scalar) return at + 1;
  // Up to the character that is wrong: graphql-js reads 32 bits, and at most nine characters.
  int shown = 0;
  for (std::uint32_t bits = 0; shown < 9 && bits <= 0x7FFFFFFF;) {
    const int digit = hex_digit(digits[shown++]);
    if (digit < 0) break;
    bits = bits << 4 | static_cast<std::uint32_t>(digit);
  }
  return invalid_escape(backslash, 3 + shown);
}

const char* Lexer::four_digit_escape(const char* backslash) {
  const auto four = [&](const char* place) {
    int value = 0;
    for (int i = 0; i < 4; ++i) {
      const int digit = place + i < end_ ? hex_digit(place[i]) : -1;
      if (digit < 0) return -1;
      value = value * 16 + digit;
    }
    return value;
  };
  const int lead = four(backslash + 2);
  if (lead < 0 || (lead >= 0xDC00 && lead <= 0xDFFF)) return invalid_escape(backslash, 6);
  if (lead < 0xD800 || lead > 0xDBFF) return backslash + 6;
  const bool paired = backslash[6] == '\\' && backslash[7] == 'u';
  const int trail = paired ? four(backslash + 8) : -1;
  if (trail < 0xDC00 || trail > 0xDFFF) return invalid_escape(backslash, 6);
  return backslash + 12;
}

void Lexer::string(Token& token) {
  token = {TokenKind::kString, at_, at_};
  const char* at = at_ + 1;
  for (;;) {
    if (*at == '"') break;
    if (*at == '\\' && at < end_) {
      at = escape(at);
    } else if (at >= end_ || is_newline(*at)) {
      fail(at, "Unterminated string.");
    } else {
      ++at;
    }
    if (failed()) {
      token = {TokenKind::kEnd, end_, end_};
      return;
    }
  }
  token.end = at_ = at + 1;
}

void Lexer::block_string(Token& token) {
  token = {TokenKind::kBlockString, at_, at_};
  for (const char* at = at_ + 3; at < end_; ++at) {
    if (*at == '\\' && at[1] == '"' && at[2] == '"' && at[3] == '"') {
      at += 3;
    } else if (*at == '"' && at[1] == '"' && at[2] == '"') {
      token.end = at_ = at + 3;
      return;
    }
  }
  fail(end_, "Unterminated string.");
  token = {TokenKind::kEnd, end_, end_};
}

}  // namespace tollgate::graphql
