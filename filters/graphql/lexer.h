// Tokens of a GraphQL text (specification of September 2025, section 2.1), read in place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "filters/graphql/name.h"

namespace tollgate::graphql {

enum class TokenKind : std::uint8_t {
  kEnd,
  kBang,
  kDollar,
  kAmp,
  kParenLeft,
  kParenRight,
  kSpread,
  kColon,
  kEquals,
  kAt,
  kBracketLeft,
  kBracketRight,
  kBraceLeft,
  kPipe,
  kBraceRight,
  kName,
  kInt,
  kFloat,
  kString,
  kBlockString
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::uint32_t hash = 0;  // kName: as of a Name
  const char* begin = nullptr;
  const char* end = nullptr;
  [[nodiscard]] std::string_view text() const {
    return {begin, static_cast<std::size_t>(end - begin)};
  }
  [[nodiscard]] Name name() const {
    return Name::of_hash(begin, static_cast<std::uint32_t>(end - begin), hash);
  }
};

class Lexer {
 public:
  // At least this many bytes after the text are readable and NUL.
  static constexpr std::size_t kPadding = 32;
  // Borrows the text.
  Lexer(const char* text, std::size_t size) : text_(text), at_(text), end_(text + size) {}

  // Reads the next token. After an error, and at the end, every token is kEnd.
  void next(Token& token);
  [[nodiscard]] std::uint64_t count() const { return count_; }  // of tokens, without the end
  [[nodiscard]] std::uint32_t offset_of(const char* place) const {
    return static_cast<std::uint32_t>(place - text_);
  }
  // The first error; empty: none. Worded as graphql-js does, without "Syntax Error: ".
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] std::uint32_t error_offset() const { return error_offset_; }
  void fail(const char* place, std::string message);
  [[nodiscard]] bool failed() const { return !error_.empty(); }

  void go_on_from(const char* place) { at_ = place; }
  // To where the next token begins: past all that is ignored.
  [[nodiscard, gnu::noinline]] const char* skip_ignored(const char* at) const;

 private:
  // Out of line, so that next() keeps to what names and punctuators need.
  [[nodiscard]] const char* skip_rarely_ignored(const char* at) const;
  [[gnu::noinline]] void next_of_others(Token& token, const char* at);
  [[gnu::noinline]] void number(Token& token);
  void end(Token& token) const;
  const char* digits(const char* place);
  void string(Token& token);
  void block_string(Token& token);
  // Past the escape sequence; the end of the text after an error.
  const char* escape(const char* backslash);
  const char* braced_escape(const char* backslash);
  const char* four_digit_escape(const char* backslash);
  // `shown`: code points of it in the message.
  const char* invalid_escape(const char* backslash, int shown);
  void unexpected(const char* place);
  std::string code_point(const char* place) const;

  const char* text_;
  const char* at_;
  const char* end_;
  std::uint64_t count_ = 0;
  std::string error_;
  std::uint32_t error_offset_ = 0;
};

}  // namespace tollgate::graphql
