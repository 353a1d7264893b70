#include "filters/json_check.h"

#include <gtest/gtest.h>

#include <string>

namespace tollgate {
namespace {

TEST(JsonCheck, takes_whatever_the_grammar_allows) {
  for (const char* text :
       {"1e400", "-1E+400", "[1e-400, {\"a\": 123456789012345678901234567890}]", " {} ", "[]", "0",
        "-0.0", "\"\\ud83d\\ude00 \\\" \\/ \xc3\xa9\"", "{\"a\":{\"a\":[null,true,false]}}"}) {
    EXPECT_FALSE(json_error_offset(text)) << text;
  }
  EXPECT_FALSE(json_error_offset(std::string(2000, '[') + std::string(2000, ']')));
}

TEST(JsonCheck, a_nul_is_not_the_end) {
  EXPECT_EQ(json_error_offset(std::string_view("{}\0x", 4)), 2U);
  EXPECT_EQ(json_error_offset(std::string_view("[1]\0", 4)), 3U);
}

TEST(JsonCheck, says_at_which_byte_it_ceases_to_be_json) {
  const std::pair<const char*, std::size_t> wrong[] = {
      {"", 0},          {" ", 1},         {"{", 1},           {"[1e400,]", 7},
      {"[1e400 1]", 7}, {"{\"a\" 1}", 5}, {"{\"a\":1,}", 7},  {"{a:1}", 1},
      {"01", 1},        {"-", 1},         {"1.", 2},          {"1e", 2},
      {"+1", 0},        {"nul", 3},       {"tru3", 3},        {"\"a", 2},
      {"\"\t\"", 1},    {"\"\\x\"", 2},   {"\"\\u12g4\"", 5}, {"{} {}", 3},
      {"[1", 2},        {"[1}", 2},       {"\"\xff\"", 1},    {"\"\xed\xa0\x80\"", 2},
      {"'a'", 0},       {"{1:2}", 1},     {"\"\\ud800\"", 7}, {"\"\\ude00\"", 6},
      {"]", 0}};
  for (const auto& [text, offset] : wrong) {
    const auto found = json_error_offset(text);
    ASSERT_TRUE(found) << text;
    EXPECT_EQ(*found, offset) << text;
  }
}

}  // namespace
}  // namespace tollgate
