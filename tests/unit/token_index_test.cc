// Where tokens begin, held against byte by byte rules: with all the instructions of this processor,
// and with those that every one has.
#include "filters/graphql/token_index.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace tollgate::graphql {
namespace {

bool in_name(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::vector<std::uint32_t> tokens_of(std::string_view text) {
  std::vector<std::uint32_t> tokens;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool ignored = std::string_view(" \t\n\r,").find(text[i]) != std::string_view::npos;
    const bool goes_on = i > 0 && in_name(text[i]) && in_name(text[i - 1]);
    if (!ignored && !goes_on) tokens.push_back(static_cast<std::uint32_t>(i));
  }
  return tokens;
}

class TokenIndexTest : public testing::TestWithParam<TokenIndex::Instructions> {
 protected:
  void check(const std::string& text) {
    const std::string padded = text + std::string(TokenIndex::kPadding, '\0');
    index_.read(padded.data(), text.size());
    TokenIndex::Place at = index_.first();
    for (const std::uint32_t token : tokens_of(text)) {
      ASSERT_EQ(*at++, token) << text;
      std::size_t size = 0;
      while (in_name(padded[token + size])) ++size;
      const std::size_t found = index_.size_of_name(token);
      ASSERT_TRUE(found == size || (size > 56 && found > 56)) << text << " at " << token;
    }
    for (std::size_t i = 0; i < TokenIndex::kBehind; ++i) ASSERT_EQ(*at++, text.size()) << text;
  }

  TokenIndex index_{GetParam()};
};

TEST_P(TokenIndexTest, every_byte_is_told) {
  for (int byte = 0; byte < 256; ++byte) {
    check("a" + std::string(1, static_cast<char>(byte)) + "b");
    check(std::string(70, static_cast<char>(byte)));
  }
}

TEST_P(TokenIndexTest, names_reach_over_the_ends_of_blocks) {
  for (std::size_t before = 0; before < 140; ++before) {
    for (const std::size_t size : {1U, 2U, 15U, 16U, 17U, 56U, 57U, 64U, 130U}) {
      check(std::string(before, ' ') + std::string(size, 'n') + "{");
      check(std::string(before, '{') + std::string(size, 'n'));
    }
  }
}

TEST_P(TokenIndexTest, a_text_finds_nothing_of_the_one_before_it) {
  check(std::string(1000, 'x'));
  check("{a}");
  check("");
}

TEST_P(TokenIndexTest, random_texts) {
  std::mt19937 random(1);
  static constexpr std::string_view kBytes = "aZ_09 \t\n\r,{}():$!@.\"#\\\v\f\x7F\x80\xC3\xEF";
  for (int i = 0; i < 2000; ++i) {
    std::string text(random() % 300, ' ');
    for (char& byte : text) byte = random() % 3 == 0 ? kBytes[random() % kBytes.size()] : 'n';
    check(text);
  }
}

INSTANTIATE_TEST_SUITE_P(Instructions, TokenIndexTest,
                         testing::Values(TokenIndex::Instructions::kBest,
                                         TokenIndex::Instructions::kBaseline));

}  // namespace
}  // namespace tollgate::graphql
