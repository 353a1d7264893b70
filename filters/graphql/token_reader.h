// What both grammars share, of documents and of schemas: values, arguments, directives. The one
// token of lookahead is told by its first byte, and read where it is taken. After an error the text
// is at its end, so that all reading runs out by itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "filters/graphql/document.h"
#include "filters/graphql/lexer.h"
#include "filters/graphql/scan.h"

namespace tollgate::graphql {

class TokenReader {
 public:
  // Borrows both; `document` takes the values, arguments and directives. Past `max_tokens` (0: no
  // bound) the text is at its end.
  TokenReader(const char* text, std::size_t size, std::uint64_t max_tokens, Document& document)
      : most_tokens_(max_tokens == 0 ? ~std::uint64_t{0} : max_tokens),
        text_(text),
        end_(text + size),
        lexer_(text, size),
        document_(document),
        open_(document.scratch.open_values) {
    go_to_token(text);
  }

 protected:
  [[nodiscard]] std::uint64_t count() const { return count_; }  // of the tokens that are passed
  [[nodiscard]] std::uint64_t most_tokens() const { return most_tokens_; }
  // Reading has ended before the text: it has more tokens than are taken.
  [[nodiscard]] bool too_many_tokens() const { return count_ > most_tokens_; }
  [[nodiscard]] bool failed() const { return lexer_.failed(); }
  // The place of the next token.
  [[nodiscard]] const char* place() const { return at_; }
  [[nodiscard]] std::uint32_t position() const { return static_cast<std::uint32_t>(at_ - text_); }

  [[nodiscard]] bool at_end() const { return at_ >= end_; }
  [[nodiscard]] bool at(char punctuator) const { return *at_ == punctuator; }
  [[nodiscard]] bool at_name() const { return scan::class_of(at_) == scan::Class::kNameStart; }
  // What may follow the name of a field, and is no brace.
  [[nodiscard]] bool at_other_punctuator() const {
    return scan::class_of(at_) == scan::Class::kPunctuator;
  }
  [[nodiscard]] bool at_word(std::string_view word) const { return scan::is_word(at_, word); }
  // Goes past the next token, which has so many bytes.
  void pass(std::size_t size) {
    go_to_token(at_ + size);
    if (++count_ > most_tokens_) [[unlikely]]
      at_ = end_;
  }
  // Goes past the token, if it is that one.
  bool skip(char punctuator) {
    if (!at(punctuator)) return false;
    pass(1);
    return true;
  }
  bool skip_spread() {
    if (at_[0] != '.' || at_[1] != '.' || at_[2] != '.') return false;
    pass(3);
    return true;
  }
  bool skip_word(std::string_view word) {
    if (!at_word(word)) return false;
    pass(word.size());
    return true;
  }
  void expect(char punctuator) {
    if (!skip(punctuator)) expected({&punctuator, 1});
  }
  void expect_word(std::string_view word) {
    if (!skip_word(word)) expected(word);
  }
  // An empty name after an error.
  [[gnu::always_inline]] Name name() {
    if (!at_name()) {
      expected_name();
      return {};
    }
    const Name found = scan::name_at(at_);
    pass(found.size);
    return found;
  }
  void skip_description() {
    if (at('"')) [[unlikely]]
      token();
  }

  enum class Values { kConstant, kAny };
  // The index of the value.
  std::uint32_t value(Values values);
  // "(name: value …)", if there are any: appended to the document's arguments.
  void arguments(Values values, std::uint32_t& first, std::uint32_t& count);
  void directives(Values values, std::uint32_t& first, std::uint32_t& count);

  // The next token as the lexer has it: it is not passed. After an error: the end.
  Token peek();
  void unexpected();
  void fail(const char* place, std::string message) {
    lexer_.fail(place, std::move(message));
    at_ = end_;
  }
  [[nodiscard]] const Lexer& lexer() const { return lexer_; }

 private:
  void go_to_token(const char* at) {
    at_ = scan::skip_ignored(at);
    if (scan::class_of(at_) == scan::Class::kRarelyIgnored) [[unlikely]]
      at_ = lexer_.skip_ignored(at_);
  }
  // What peek() says, and goes past it.
  Token token();
  [[gnu::cold]] void expected(std::string_view text);
  [[gnu::cold]] void expected_name();
  [[gnu::cold]] void expected_instead(std::string_view what);
  // The value that begins here, without what a list or an object holds.
  void open_value(Values values, Name field);
  void variable_value(Values values, Value& value);
  // Ends the lists and objects that are complete; what is still open goes on with a further value.
  void close_values();
  [[nodiscard]] Name object_field();

  const std::uint64_t most_tokens_;
  const char* const text_;
  const char* const end_;
  const char* at_ = nullptr;
  std::uint64_t count_ = 0;
  Lexer lexer_;  // for the tokens that are more than a name or a byte, and the error
  Document& document_;
  std::vector<std::uint32_t>& open_;  // lists and objects around the place
};

}  // namespace tollgate::graphql
