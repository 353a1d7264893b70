#include "filters/graphql/operation_message.h"

#include <gtest/gtest.h>

namespace tollgate::graphql {
namespace {

using Kind = OperationMessage::Kind;

using Protocol = OperationMessageReader::Protocol;

OperationMessage read(const std::string& text, Protocol protocol = Protocol::kUnknown) {
  static OperationMessageReader reader;
  OperationMessage message = reader.read(text, protocol);
  // The views are into the text, which the caller has let go of where it compares them.
  static std::string kept;
  kept = message.request;
  message.request = kept;
  return message;
}

TEST(OperationMessage, an_operation_of_either_protocol) {
  const OperationMessage now = read(
      R"({"id":"a\u0031","type":"subscribe","payload":{"query":"{a(s:\"}{\\\"\")}","extra":{}}})");
  EXPECT_EQ(now.kind, Kind::kOperation);
  EXPECT_FALSE(now.older);
  EXPECT_EQ(now.id, "a1");
  EXPECT_EQ(now.request, R"({"query":"{a(s:\"}{\\\"\")}","extra":{}})");
  const OperationMessage older = read(
      "\xEF\xBB\xBF \r\n\t{\"payload\": { \"query\": \"{a}\" } ,\"type\":\"start\",\"id\":\"7\"}");
  EXPECT_EQ(older.kind, Kind::kOperation);
  EXPECT_TRUE(older.older);
  EXPECT_EQ(older.request, R"({ "query": "{a}" })");
}

TEST(OperationMessage, what_asks_for_nothing_goes_on) {
  for (const char* text : {
           R"({"type":"connection_init","payload":{"Type":"Bearer","query":"x","id":[{}]}})",
           R"({"type":"ping","payload":{"query":"{a}"}})",
           R"({"type":"complete","id":"1"})",
           R"({"type":"stop","id":"1"})",
       }) {
    EXPECT_EQ(read(text).kind, Kind::kOther) << text;
    EXPECT_EQ(read(text, Protocol::kAgreed).kind, Kind::kOther) << text;
  }
}

TEST(OperationMessage, what_a_protocol_does_not_have_passes_only_where_none_was_agreed_on) {
  for (const char* text : {
           R"({"hello":1})",
           R"({})",
           R"({"type":7})",
           "hello",
           "",
           "  ",
           "[1,2]",
           "\x01\x02",
       }) {
    EXPECT_EQ(read(text).kind, Kind::kOther) << text;
    const OperationMessage agreed = read(text, Protocol::kAgreed);
    EXPECT_EQ(agreed.kind, Kind::kInvalid) << text;
    EXPECT_LE(agreed.problem.size(), 123) << "it fits into a Close frame";
  }
}

// What some server could take for an operation, although it does not look like one.
TEST(OperationMessage, what_could_hide_an_operation_is_invalid) {
  for (const char* text : {
           R"({"id":"1","type":"subscribe","payload":{"query":"{a}"})",  // no JSON
           R"({"id":"1","type":"ping","type":"subscribe","payload":{"query":"{a}"}})",
           R"({"id":"1","Type":"subscribe","payload":{"query":"{a}"}})",
           R"({"id":"1","type":"subscribe","PAYLOAD":{"query":"{a}"}})",
           R"({"id":"1","type":"subscription_start","query":"subscription{a}"})",
           R"({"id":"1","type":"GQL_START","payload":{"query":"{a}"}})",
           R"({"id":"1","type":"GQL_START","payload":{"Query":"{a}"}})",
           R"({"id":"1","type":"subscribe"})",
           R"({"id":"1","type":"subscribe","payload":"{\"query\":\"{a}\"}"})",
           R"({"id":1,"type":"subscribe","payload":{"query":"{a}"}})",
           R"({"id":"","type":"subscribe","payload":{"query":"{a}"}})",
           R"({"type":"subscribe","payload":{"query":"{a}"}})",
       }) {
    const OperationMessage message = read(text);
    EXPECT_EQ(message.kind, Kind::kInvalid) << text;
    EXPECT_FALSE(message.problem.empty());
    EXPECT_LE(message.problem.size(), 123) << "it fits into a Close frame";
  }
}

TEST(OperationMessage, answers_are_named_as_each_protocol_has_them) {
  OperationMessage message;
  message.id = "a\"1";
  const std::string errors = R"([{"message":"no"},{"message":"neither"}])";
  EXPECT_EQ(write_errors(message, errors),
            R"({"id":"a\"1","type":"error","payload":[{"message":"no"},{"message":"neither"}]})");
  const auto [answer, end] = write_answer(message, R"({"data":{}})");
  EXPECT_EQ(answer, R"({"id":"a\"1","type":"next","payload":{"data":{}}})");
  EXPECT_EQ(end, R"({"id":"a\"1","type":"complete"})");
  message.older = true;
  EXPECT_EQ(write_errors(message, errors),
            R"({"id":"a\"1","type":"error","payload":{"message":"no"}})");
  EXPECT_EQ(write_answer(message, "{}").answer, R"({"id":"a\"1","type":"data","payload":{}})");
}

}  // namespace
}  // namespace tollgate::graphql
