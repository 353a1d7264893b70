// The lexical grammar of September 2025 (section 2.1).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "filters/graphql/lexer.h"

namespace tollgate::graphql {
namespace {

struct Lexed {
  std::vector<std::string> tokens;
  std::vector<TokenKind> kinds;
  std::string error;
  std::uint32_t error_offset = 0;
  std::uint64_t count = 0;
};

Lexed lex(std::string_view text) {
  std::string padded(text);
  padded.append(Lexer::kPadding, '\0');
  Lexer lexer(padded.data(), text.size());
  Lexed lexed;
  Token token;
  for (lexer.next(token); token.kind != TokenKind::kEnd; lexer.next(token)) {
    lexed.tokens.emplace_back(token.text());
    lexed.kinds.push_back(token.kind);
  }
  lexed.error = lexer.error();
  lexed.error_offset = lexer.error_offset();
  lexed.count = lexer.count();
  return lexed;
}

using Kinds = std::vector<TokenKind>;
using Texts = std::vector<std::string>;

void expect_kind(std::string_view text, TokenKind kind) {
  const Lexed lexed = lex(text);
  EXPECT_EQ(lexed.error, "") << text;
  EXPECT_EQ(lexed.kinds, Kinds{kind}) << text;
  EXPECT_EQ(lexed.tokens, Texts{std::string(text)});
}

void expect_error(std::string_view text, std::uint32_t offset, std::string_view error) {
  const Lexed lexed = lex(text);
  EXPECT_EQ(lexed.error, error) << text;
  EXPECT_EQ(lexed.error_offset, offset) << text;
}

TEST(Lexer, knows_every_punctuator) {
  const Lexed lexed = lex("!$&()...:=@[]{|}");
  EXPECT_EQ(lexed.kinds, (Kinds{TokenKind::kBang, TokenKind::kDollar, TokenKind::kAmp,
                                TokenKind::kParenLeft, TokenKind::kParenRight, TokenKind::kSpread,
                                TokenKind::kColon, TokenKind::kEquals, TokenKind::kAt,
                                TokenKind::kBracketLeft, TokenKind::kBracketRight,
                                TokenKind::kBraceLeft, TokenKind::kPipe, TokenKind::kBraceRight}));
  EXPECT_EQ(lexed.count, 14U);
}

TEST(Lexer, passes_over_commas_white_space_comments_and_byte_order_marks) {
  const Lexed lexed = lex("\xEF\xBB\xBF,a\t,\r\n # b é\r c#\n\xEF\xBB\xBF d#e");
  EXPECT_EQ(lexed.tokens, (Texts{"a", "c", "d"}));
  EXPECT_EQ(lexed.count, 3U);
}

TEST(Lexer, reads_nothing_of_nothing) {
  for (const char* text : {"", "   ", "#", "# \xF0\x9F\x98\x80", ",,,\r"}) {
    EXPECT_TRUE(lex(text).tokens.empty()) << text;
    EXPECT_EQ(lex(text).error, "") << text;
  }
}

TEST(Lexer, reads_names) {
  for (const char* text : {"a", "_", "__typename", "A9_z"}) expect_kind(text, TokenKind::kName);
  EXPECT_EQ(lex("a-1").tokens, (Texts{"a", "-1"}));
}

TEST(Lexer, reads_integers) {
  for (const char* text : {"0", "-0", "7", "-12", "123456789012345678901234567890"}) {
    expect_kind(text, TokenKind::kInt);
  }
}

TEST(Lexer, reads_floats) {
  for (const char* text : {"0.0", "-1.50", "1e5", "1E-5", "0e+0", "6.02e23"}) {
    expect_kind(text, TokenKind::kFloat);
  }
}

TEST(Lexer, refuses_numbers_that_are_none) {
  expect_error("01", 1, "Invalid number, unexpected digit after 0: \"1\".");
  expect_error("-", 1, "Invalid number, expected digit but got: <EOF>.");
  expect_error("-a", 1, "Invalid number, expected digit but got: \"a\".");
  expect_error("1.", 2, "Invalid number, expected digit but got: <EOF>.");
  expect_error("1.e5", 2, "Invalid number, expected digit but got: \"e\".");
  expect_error("1e", 2, "Invalid number, expected digit but got: <EOF>.");
  expect_error("1.2.3", 3, "Invalid number, expected digit but got: \".\".");
}

TEST(Lexer, refuses_a_number_that_a_name_follows) {
  expect_error("1a", 1, "Invalid number, expected digit but got: \"a\".");
  expect_error("0xF", 1, "Invalid number, expected digit but got: \"x\".");
  expect_error("1.5_", 3, "Invalid number, expected digit but got: \"_\".");
}

TEST(Lexer, reads_strings) {
  for (const char* text : {R"("")", R"("a é 😀")", R"("\" \\ \/ \b\f\n\r\t")", "\"a\tb\""}) {
    expect_kind(text, TokenKind::kString);
  }
}

TEST(Lexer, reads_unicode_escapes) {
  for (const char* text : {R"("\u00e9")", R"("\u{41}")", R"("\u{10FFFF}")", R"("\u{0000000041}")",
                           R"("\uD83D\uDE00")"}) {
    expect_kind(text, TokenKind::kString);
  }
}

TEST(Lexer, refuses_lone_surrogates) {
  expect_error(R"("\uD83D")", 1, R"(Invalid Unicode escape sequence: "\uD83D".)");
  expect_error(R"("\uDE00\uD83D")", 1, R"(Invalid Unicode escape sequence: "\uDE00".)");
  expect_error(R"("\uD83D\u0041")", 1, R"(Invalid Unicode escape sequence: "\uD83D".)");
  expect_error(R"("\u{D83D}")", 1, R"(Invalid Unicode escape sequence: "\u{D83D}".)");
}

TEST(Lexer, refuses_escapes_that_are_none) {
  expect_error(R"("\q")", 1, R"(Invalid character escape sequence: "\q".)");
  expect_error(R"("\é")", 1, R"(Invalid character escape sequence: "\é".)");
  expect_error(R"("\u{}")", 1, R"(Invalid Unicode escape sequence: "\u{}".)");
  expect_error(R"("\u{110000}")", 1, R"(Invalid Unicode escape sequence: "\u{110000}".)");
  expect_error(R"("\u{FFFFFFFFFF}")", 1, R"(Invalid Unicode escape sequence: "\u{FFFFFFFF".)");
  expect_error("\"\\", 1, R"(Invalid character escape sequence: "\".)");
}

TEST(Lexer, shows_whole_characters_of_an_escape) {
  expect_error(R"("\u€€€€€")", 1, R"(Invalid Unicode escape sequence: "\u€€€€".)");
  expect_error(R"("\u{€€")", 1, R"(Invalid Unicode escape sequence: "\u{€".)");
}

TEST(Lexer, refuses_strings_that_do_not_end) {
  for (const char* text : {"\"a", "\"a\n\"", "\"a\r\""}) {
    expect_error(text, 2, "Unterminated string.");
  }
}

TEST(Lexer, reads_block_strings) {
  for (const char* text :
       {R"("""""")", "\"\"\"a\nb\r\n\\n\"\"\"", R"("""a \""" b""")", R"("""a"b""c""")"}) {
    expect_kind(text, TokenKind::kBlockString);
  }
}

TEST(Lexer, refuses_block_strings_that_do_not_end) {
  expect_error(R"("""a)", 4, "Unterminated string.");
  expect_error(R"("""a\""")", 8, "Unterminated string.");
}

TEST(Lexer, refuses_characters_that_begin_nothing) {
  expect_error("a %", 2, "Unexpected character: \"%\".");
  expect_error("..", 0, "Unexpected character: \".\".");
  expect_error("\xC3\xA9", 0, "Unexpected character: U+00E9.");
  expect_error(std::string_view("\0a", 2), 0, "Unexpected character: U+0000.");
  expect_error("'a'", 0,
               "Unexpected single quote character ('), did you mean to use a double quote (\")?");
}

TEST(Lexer, says_nothing_more_after_an_error) {
  const Lexed lexed = lex("a % b");
  EXPECT_EQ(lexed.tokens, Texts{"a"});
}

}  // namespace
}  // namespace tollgate::graphql
