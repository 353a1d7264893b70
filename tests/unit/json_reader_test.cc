#include "filters/graphql/json_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "filters/graphql/json_number.h"

namespace tollgate::graphql {
namespace {

using Kind = JsonValue::Kind;

std::string written(const JsonValue& value) {
  switch (value.kind) {
    case Kind::kNull:
      return "null";
    case Kind::kFalse:
      return "false";
    case Kind::kTrue:
      return "true";
    case Kind::kInteger:
      return std::to_string(value.integer);
    case Kind::kNumber:
      return "number";
    case Kind::kString:
      return "'" + std::string(value.text) + "'";
    default:
      break;
  }
  const bool object = value.kind == Kind::kObject;
  std::string text = std::to_string(value.count) + (object ? "{" : "[");
  for (const JsonValue* child = value.first; child != nullptr; child = child->next) {
    if (object) text += std::string(child->name) + ":";
    text += written(*child) + (child->next != nullptr ? "," : "");
  }
  return text + (object ? "}" : "]");
}

std::string read(std::string_view text) {
  JsonReader reader;
  const auto root = reader.read(text);
  return root ? written(**root) : root.error().message;
}

std::size_t error_offset(std::string_view text) {
  JsonReader reader;
  const auto root = reader.read(text);
  if (!root) return root.error().offset;
  ADD_FAILURE() << "was read: " << text;
  return 0;
}

TEST(JsonReader, reads_a_tree_in_the_order_of_the_text) {
  EXPECT_EQ(read(R"( {"b": [1, {"c": null}, []], "a": {"x": true, "y": false}, "s": "t"} )"),
            "3{b:3[1,1{c:null},0[]],a:2{x:true,y:false},s:'t'}");
  EXPECT_EQ(read("{}"), "0{}");
  EXPECT_EQ(read("[]"), "0[]");
}

TEST(JsonReader, a_text_may_be_a_single_scalar) {
  EXPECT_EQ(read(" 5 "), "5");
  EXPECT_EQ(read("\"a\""), "'a'");
  EXPECT_EQ(read("null"), "null");
}

TEST(JsonReader, strings_and_names_are_unescaped) {
  EXPECT_EQ(read(R"({"\u0061\"": "\n\u00e9\ud83d\ude00\/"})"),
            "1{a\":'\n\xc3\xa9\xf0\x9f\x98\x80/'}");
}

TEST(JsonReader, a_value_knows_where_it_stands) {
  JsonReader reader;
  const auto root = reader.read("\xEF\xBB\xBF {\"a\": [7, \"x\"]}");
  ASSERT_TRUE(root);
  EXPECT_EQ((*root)->offset, 4U);
  EXPECT_EQ((*root)->first->offset, 10U);
  EXPECT_EQ((*root)->first->first->next->offset, 14U);
}

TEST(JsonReader, integers_of_any_length_and_form_are_integers) {
  EXPECT_EQ(read("[0,-0,20,2e1,2.0e+1,20.00,200e-1,-7]"), "8[0,0,20,20,20,20,20,-7]");
  EXPECT_EQ(read("9007199254740991"), "9007199254740991");
  EXPECT_EQ(read("9007199254740992"), "9007199254740991");
  EXPECT_EQ(read("-9007199254740993"), "-9007199254740991");
  EXPECT_EQ(read("1" + std::string(40, '0')), "9007199254740991");
  EXPECT_EQ(read("1e400"), "9007199254740991");
  EXPECT_EQ(read("-1E99999999999999999999999"), "-9007199254740991");
  EXPECT_EQ(read("0e99999999999999999999999"), "0");
  EXPECT_EQ(read("0.000e-3"), "0");
  EXPECT_EQ(read("1" + std::string(1000, '0') + "e-1000"), "1");
  EXPECT_EQ(read("0." + std::string(999, '0') + "1e1000"), "1");
}

TEST(JsonReader, numbers_with_a_fraction_are_no_integers) {
  EXPECT_EQ(read("[1.5,1e-3,0.1,1e-400,123.4560e2]"), "5[number,number,number,number,number]");
}

TEST(JsonReader, what_is_no_number_is_no_json) {
  for (const char* bad : {"01", "-", "+1", "1.", ".5", "1e", "1e+", "0x10", "1_000", "NaN",
                          "Infinity", "-01", "1.e3", "--1", "1 2", "1a", "00"}) {
    EXPECT_FALSE(JsonReader().read(bad)) << bad;
    EXPECT_FALSE(JsonReader().read("[" + std::string(bad) + "]")) << bad;
    EXPECT_FALSE(read_json_number(bad)) << bad;
  }
  EXPECT_FALSE(read_json_number(""));
}

TEST(JsonReader, an_error_names_the_byte_where_the_text_ceases_to_be_json) {
  EXPECT_EQ(error_offset(""), 0U);
  EXPECT_EQ(error_offset("   "), 3U);
  EXPECT_EQ(error_offset("{\"a\":}"), 5U);
  EXPECT_EQ(error_offset("[1] x"), 4U);
  EXPECT_EQ(error_offset("[1"), 2U);
  EXPECT_EQ(error_offset("[1 2]"), 3U);
  EXPECT_EQ(error_offset("[nul]"), 4U);
  EXPECT_EQ(error_offset("[1,]"), 3U);
  EXPECT_EQ(error_offset("{\"a\":1,}"), 7U);
  EXPECT_EQ(error_offset("[1}"), 2U);
  EXPECT_EQ(error_offset("\"a\"b"), 3U);
  EXPECT_EQ(error_offset(std::string_view("{}\0x", 4)), 2U);
  EXPECT_EQ(error_offset("[1e400, x]"), 8U);
  EXPECT_EQ(read("[1,]"), "At byte 3 of 4 it is not JSON.");
}

TEST(JsonReader, strings_are_held_to_utf8_and_to_whole_characters) {
  for (const char* bad :
       {"\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\n\"", "\"\\x\"", "\"\\u12\"", "\"a",
        R"("\ud800")", R"("\udc00")", R"("\ud800\u0041")", R"("\ud800\ud800")", "{'a':1}"}) {
    EXPECT_FALSE(JsonReader().read(bad)) << bad;
    EXPECT_FALSE(JsonReader().read("{\"a\":" + std::string(bad) + "}")) << bad;
  }
}

TEST(JsonReader, a_name_twice_in_one_object_is_an_error) {
  EXPECT_EQ(read(R"({"a":1,"b":2,"\u0061":3})"),
            "At byte 13 an object has the member \"a\" a second time.");
  EXPECT_EQ(read(R"({"a":{"a":[{"a":1},{"a":2}]},"b":{"a":1}})"),
            "2{a:1{a:2[1{a:1},1{a:2}]},b:1{a:1}}");
  EXPECT_EQ(error_offset(R"([{"x":{"a":1,"a":2}}])"), 13U);
}

TEST(JsonReader, a_name_that_servers_in_javascript_take_for_something_else_is_an_error) {
  EXPECT_EQ(
      read(R"({"a":[{"__proto\u005f_":{}}]})"),
      "At byte 7 an object has the member \"__proto__\", which some servers do not take for a "
      "name.");
  EXPECT_EQ(read(R"(["__proto__"])"), "1['__proto__']");
}

TEST(JsonReader, a_repeated_name_is_found_among_very_many) {
  std::string text = "{\"first\":0";
  for (int i = 0; i < 100'000; ++i) text += ",\"m" + std::to_string(i * 7919 % 100'000) + "\":0";
  JsonReader reader;
  const auto root = reader.read(text + "}");
  ASSERT_TRUE(root);
  EXPECT_EQ((*root)->count, 100'001U);
  EXPECT_EQ(error_offset(text + ",\"m500\":1,\"m400\":1}"), text.size() + 1);
}

TEST(JsonReader, depth_is_bounded) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(JsonReader().read(nested(JsonReader::kMostDepth)));
  EXPECT_EQ(read(nested(JsonReader::kMostDepth + 1)),
            "At byte 256 lists and objects lie more than 256 deep within each other.");
  EXPECT_FALSE(JsonReader().read(std::string(100'000, '[')));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_FALSE(JsonReader().read(objects));
}

TEST(JsonReader, is_used_again_after_errors_and_large_texts) {
  JsonReader reader;
  std::string large = "[0";
  for (int i = 0; i < 200'000; ++i) large += ",0";
  for (int round = 0; round < 2; ++round) {
    EXPECT_FALSE(reader.read("[1,{\"a\":"));
    const auto root = reader.read(large + "]");
    ASSERT_TRUE(root);
    EXPECT_EQ((*root)->count, 200'001U);
    const auto small = reader.read("{\"a\":\"b\"}");
    ASSERT_TRUE(small);
    EXPECT_EQ(written(**small), "1{a:'b'}");
    reader.release();
  }
}

TEST(JsonReader, a_message_shows_the_start_of_a_long_name) {
  const std::string name = std::string(39, 'n') + "\xc3\xa9\xc3\xa9";
  EXPECT_EQ(read("{\"" + name + "\":1,\"" + name + "\":2}"),
            "At byte 49 an object has the member \"" + std::string(39, 'n') + "\" a second time.");
}

}  // namespace
}  // namespace tollgate::graphql
