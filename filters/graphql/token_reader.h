// What both grammars share, of documents and of schemas: one token of lookahead, values, arguments,
// directives. After an error every token is the end, so that all reading runs out by itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "filters/graphql/document.h"
#include "filters/graphql/lexer.h"

namespace tollgate::graphql {

class TokenReader {
 public:
  // Borrows both; `document` takes the values, arguments and directives. Past `max_tokens` (0: no
  // bound) every token is the end.
  TokenReader(const char* text, std::size_t size, std::uint64_t max_tokens, Document& document)
      : most_tokens_(max_tokens == 0 ? ~std::uint64_t{0} : max_tokens),
        lexer_(text, size),
        document_(document),
        open_(document.scratch.open_values) {
    advance();
  }

 protected:
  void advance() {
    lexer_.next(token_);
    if (lexer_.count() > most_tokens_) [[unlikely]] {
      token_ = {TokenKind::kEnd, 0, token_.begin, token_.begin};
    }
  }
  // Reading has ended before the text: it has more tokens than are taken.
  [[nodiscard]] bool too_many_tokens() const { return lexer_.count() > most_tokens_; }
  [[nodiscard]] bool at(TokenKind kind) const { return token_.kind == kind; }
  [[nodiscard]] bool at_word(std::string_view word) const {
    return token_.kind == TokenKind::kName && token_.text() == word;
  }
  [[nodiscard]] std::uint32_t position() const { return lexer_.offset_of(token_.begin); }
  // Goes past the token, if it is one of that kind.
  bool skip(TokenKind kind) {
    if (token_.kind != kind) return false;
    advance();
    return true;
  }
  void expect(TokenKind kind) {
    if (!skip(kind)) expected(kind);
  }
  void expect_word(std::string_view word);
  // An empty name after an error.
  Name name() {
    if (token_.kind != TokenKind::kName) {
      expected(TokenKind::kName);
      return {};
    }
    const Name found = token_.name();
    advance();
    return found;
  }
  void skip_description() {
    if (at(TokenKind::kString) || at(TokenKind::kBlockString)) advance();
  }

  enum class Values { kConstant, kAny };
  // The index of the value.
  std::uint32_t value(Values values);
  // "(name: value …)", if there are any: appended to the document's arguments.
  void arguments(Values values, std::uint32_t& first, std::uint32_t& count);
  void directives(Values values, std::uint32_t& first, std::uint32_t& count);

  void unexpected();
  void fail(const char* place, std::string message) {
    lexer_.fail(place, std::move(message));
    advance();
  }

  const std::uint64_t most_tokens_;
  Lexer lexer_;
  Token token_;
  Document& document_;

 private:
  void expected(TokenKind kind);
  // The value that begins here, without what a list or an object holds.
  void open_value(Values values, Name field);
  // Ends the lists and objects that are complete; what is still open goes on with a further value.
  void close_values();
  [[nodiscard]] Name object_field();

  std::vector<std::uint32_t>& open_;  // lists and objects around the place
};

}  // namespace tollgate::graphql
