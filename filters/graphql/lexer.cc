// See lexer.h. Any thread.
#include "filters/graphql/lexer.h"

#include <fmt/format.h>

#include <array>

#include "filters/graphql/scan.h"

namespace tollgate::graphql {
namespace {

using scan::Class;

constexpr std::array<TokenKind, 256> make_punctuators() {
  std::array<TokenKind, 256> kinds{};
  kinds['!'] = TokenKind::kBang;
  kinds['$'] = TokenKind::kDollar;
  kinds['&'] = TokenKind::kAmp;
  kinds['('] = TokenKind::kParenLeft;
  kinds[')'] = TokenKind::kParenRight;
  kinds[':'] = TokenKind::kColon;
  kinds['='] = TokenKind::kEquals;
  kinds['@'] = TokenKind::kAt;
  kinds['['] = TokenKind::kBracketLeft;
  kinds[']'] = TokenKind::kBracketRight;
  kinds['{'] = TokenKind::kBraceLeft;
  kinds['|'] = TokenKind::kPipe;
  kinds['}'] = TokenKind::kBraceRight;
  return kinds;
}
constexpr std::array<TokenKind, 256> kPunctuators = make_punctuators();

unsigned char byte_at(const char* place) { return static_cast<unsigned char>(*place); }
bool is_digit(const char* place) { return *place >= '0' && *place <= '9'; }
bool is_newline(char c) { return c == '\n' || c == '\r'; }

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
    at = scan::skip_ignored(at);
    switch (scan::class_of(at)) {
      case Class::kNameStart: {
        const Name name = scan::name_at(at);
        at_ = at + name.size;
        token = {TokenKind::kName, name.hash, at, at_};
        ++count_;
        return;
      }
      case Class::kPunctuator:
      case Class::kBraceLeft:
      case Class::kBraceRight:
        at_ = at + 1;
        token = {kPunctuators[byte_at(at)], 0, at, at_};
        ++count_;
        return;
      case Class::kDigit:
        at_ = at;
        ++count_;
        return number(token);
      case Class::kRarelyIgnored: {
        const char* const further = skip_rarely_ignored(at);
        if (further == at) return next_of_others(token, at);
        at = further;
        break;
      }
      case Class::kIgnored:
      case Class::kOther:
        return next_of_others(token, at);
    }
  }
}

const char* Lexer::skip_ignored(const char* at) const {
  for (;;) {
    at = scan::skip_ignored(at);
    const char* const further = skip_rarely_ignored(at);
    if (further == at) return at;
    at = further;
  }
}

// A comment or a byte order mark, which is ignored anywhere.
const char* Lexer::skip_rarely_ignored(const char* at) const {
  if (*at == '#') {
    while (at < end_ && !is_newline(*at)) ++at;
  } else if (byte_at(at) == 0xEF && byte_at(at + 1) == 0xBB && byte_at(at + 2) == 0xBF) {
    at += 3;
  }
  return at;
}

// What neither a letter nor a digit nor a punctuator of one byte begins.
void Lexer::next_of_others(Token& token, const char* at) {
  at_ = at;
  if (at >= end_) return end(token);
  ++count_;
  if (*at == '.' && at[1] == '.' && at[2] == '.') {
    at_ = at + 3;
    token = {TokenKind::kSpread, 0, at, at_};
    return;
  }
  if (*at == '"') {
    if (at[1] == '"' && at[2] == '"') return block_string(token);
    return string(token);
  }
  unexpected(at);
  end(token);
}

void Lexer::end(Token& token) const { token = {TokenKind::kEnd, 0, end_, end_}; }

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
  token = {TokenKind::kInt, 0, at, at};
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
  if (*at == '.' || scan::class_of(at) == Class::kNameStart) {
    fail(at, fmt::format("Invalid number, expected digit but got: {}.", code_point(at)));
  }
  if (failed()) return end(token);
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
  token = {TokenKind::kString, 0, at_, at_};
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
    if (failed()) return end(token);
  }
  token.end = at_ = at + 1;
}

void Lexer::block_string(Token& token) {
  token = {TokenKind::kBlockString, 0, at_, at_};
  for (const char* at = at_ + 3; at < end_; ++at) {
    if (*at == '\\' && at[1] == '"' && at[2] == '"' && at[3] == '"') {
      at += 3;
    } else if (*at == '"' && at[1] == '"' && at[2] == '"') {
      token.end = at_ = at + 3;
      return;
    }
  }
  fail(end_, "Unterminated string.");
  end(token);
}

}  // namespace tollgate::graphql
