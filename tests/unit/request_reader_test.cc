#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "filters/graphql/request.h"

namespace tollgate::graphql {
namespace {

using Kind = RequestError::Kind;

const std::string kHash(64, 'a');
const std::string kOtherHash(64, 'b');

struct Fixture {
  RequestReader reader;

  OperationRequest operation(const tl::expected<Request, RequestError>& request) {
    if (!request) {
      ADD_FAILURE() << request.error().message;
      return {};
    }
    EXPECT_FALSE(request->batch);
    EXPECT_EQ(request->operations.size(), 1U);
    return request->operations.empty() ? OperationRequest{} : request->operations[0];
  }
  OperationRequest json(std::string_view body) { return operation(reader.read_json(body)); }
  OperationRequest url(std::string_view query) {
    return operation(reader.read_query_string(query));
  }
};

void expect_error(const tl::expected<Request, RequestError>& request, Kind kind,
                  std::string_view part) {
  ASSERT_FALSE(request) << "was read, not refused with: " << part;
  EXPECT_EQ(request.error().kind, kind) << request.error().message;
  EXPECT_NE(request.error().message.find(part), std::string::npos) << request.error().message;
}

void expect_json_error(std::string_view body, Kind kind, std::string_view part) {
  RequestReader reader;
  expect_error(reader.read_json(body), kind, part);
}

void expect_url_error(std::string_view query, Kind kind, std::string_view part) {
  RequestReader reader;
  expect_error(reader.read_query_string(query), kind, part);
}

TEST(RequestReader, reads_the_members_of_a_json_body) {
  Fixture f;
  const OperationRequest operation = f.json(
      R"({"query":"query A {\n a }","operationName":"A","variables":{"first":20},"other":1})");
  EXPECT_EQ(operation.query, "query A {\n a }");
  EXPECT_EQ(operation.operation_name, "A");
  ASSERT_NE(operation.variables, nullptr);
  EXPECT_EQ(operation.variables->first->name, "first");
  EXPECT_EQ(operation.variables->first->integer, 20);
  EXPECT_EQ(operation.persisted_hash, "");
}

TEST(RequestReader, null_and_absent_are_the_same) {
  Fixture f;
  const OperationRequest operation = f.json(
      R"({"query":"{a}","operationName":null,"variables":null,"extensions":null,"id":null})");
  EXPECT_EQ(operation.query, "{a}");
  EXPECT_EQ(operation.operation_name, "");
  EXPECT_EQ(operation.variables, nullptr);
  EXPECT_EQ(f.json(R"({"query":"{a}","extensions":{"persistedQuery":null}})").persisted_hash, "");
}

TEST(RequestReader, an_array_is_a_batch_even_of_one) {
  Fixture f;
  const auto one = f.reader.read_json(R"([{"query":"{a}"}])");
  ASSERT_TRUE(one);
  EXPECT_TRUE(one->batch);
  EXPECT_EQ(one->operations.size(), 1U);
  const auto two = f.reader.read_json(R"([{"query":"{a}"},{"query":"{b}","variables":{"x":1}}])");
  ASSERT_TRUE(two);
  ASSERT_EQ(two->operations.size(), 2U);
  EXPECT_EQ(two->operations[1].query, "{b}");
  EXPECT_EQ(two->operations[1].variables->count, 1U);
}

TEST(RequestReader, a_persisted_query_is_named_in_any_of_three_ways) {
  Fixture f;
  const std::string extension =
      R"("extensions":{"persistedQuery":{"version":1,"sha256Hash":")" + kHash + "\"}}";
  EXPECT_EQ(f.json("{" + extension + "}").persisted_hash, kHash);
  EXPECT_EQ(f.json(R"({"documentId":"sha256:)" + kHash + "\"}").persisted_hash, kHash);
  EXPECT_EQ(f.json(R"({"documentId":"Orders:v2"})").persisted_hash, "Orders:v2");
  EXPECT_EQ(f.json(R"({"id":")" + kHash + "\"}").persisted_hash, kHash);
  EXPECT_EQ(
      f.json("{" + extension + R"(,"documentId":"sha256:)" + kHash + R"(","id":")" + kHash + "\"}")
          .persisted_hash,
      kHash);
  const OperationRequest both = f.json(R"({"query":"{a}",)" + extension + "}");
  EXPECT_EQ(both.query, "{a}");
  EXPECT_EQ(both.persisted_hash, kHash);
}

TEST(RequestReader, two_different_documents_are_refused) {
  expect_json_error(R"({"documentId":")" + kHash + R"(","id":")" + kOtherHash + "\"}",
                    Kind::kGraphql, "two different documents");
  expect_json_error(R"({"extensions":{"persistedQuery":{"sha256Hash":")" + kHash +
                        R"("}},"documentId":"Orders"})",
                    Kind::kGraphql, "two different documents");
}

TEST(RequestReader, a_hash_that_is_none_is_refused) {
  const std::vector<std::string> bad{"\"abc\"", "5", "null", "\"" + std::string(64, 'A') + "\"",
                                     "\"" + kHash + "a\""};
  for (const std::string& hash : bad) {
    expect_json_error(
        R"({"query":"{a}","extensions":{"persistedQuery":{"sha256Hash":)" + hash + "}}}",
        Kind::kGraphql, "64 lower-case");
  }
  expect_json_error(R"({"query":"{a}","extensions":{"persistedQuery":{}}})", Kind::kGraphql,
                    "64 lower-case");
  expect_json_error(R"({"documentId":"sha256:abc"})", Kind::kGraphql, "64 lower-case");
}

TEST(RequestReader, a_request_without_query_and_document_is_refused) {
  for (const char* body :
       {"{}", R"({"query":""})", R"({"query":null})", R"({"variables":{}})", R"([{}])"}) {
    expect_json_error(body, Kind::kGraphql, "no \"query\"");
  }
  expect_json_error("[]", Kind::kGraphql, "The batch is empty");
  expect_json_error(R"([{"query":"{a}"},{}])", Kind::kGraphql, "In operation 2 of the batch");
}

TEST(RequestReader, members_of_a_wrong_kind_are_refused) {
  expect_json_error(R"({"query":5})", Kind::kGraphql, "\"query\" must be a string");
  expect_json_error(R"({"query":["{a}"]})", Kind::kGraphql, "\"query\" must be a string");
  expect_json_error(R"({"query":"{a}","operationName":1})", Kind::kGraphql, "\"operationName\"");
  expect_json_error(R"({"query":"{a}","documentId":1})", Kind::kGraphql, "\"documentId\"");
  expect_json_error(R"({"query":"{a}","id":1})", Kind::kGraphql, "\"id\"");
  expect_json_error(R"({"query":"{a}","extensions":[]})", Kind::kGraphql, "extensions");
  expect_json_error(R"({"query":"{a}","extensions":{"persistedQuery":1}})", Kind::kGraphql,
                    "persistedQuery");
}

TEST(RequestReader, variables_that_are_no_object_are_invalid_json_at_their_place) {
  for (const char* variables : {"[]", "5", "\"{}\"", "true"}) {
    RequestReader reader;
    const auto request =
        reader.read_json(R"({"query":"{a}","variables":)" + std::string(variables) + "}");
    expect_error(request, Kind::kJson, "The variables are not a JSON object");
    EXPECT_EQ(request.error().offset, 27U);
  }
}

TEST(RequestReader, a_body_that_is_not_json_is_refused_at_its_place) {
  RequestReader reader;
  const auto request = reader.read_json(R"({"query":"{a}",})");
  expect_error(request, Kind::kJson, "cannot be read as JSON. At byte 15 of 16");
  EXPECT_EQ(request.error().offset, 15U);
  expect_json_error("", Kind::kJson, "At byte 0");
  expect_json_error("5", Kind::kJson, "must stand an object");
  expect_json_error(R"([{"query":"{a}"}, 5])", Kind::kJson, "At byte 18 must stand an object");
  expect_json_error(R"([[{"query":"{a}"}]])", Kind::kJson, "At byte 1 must stand an object");
}

TEST(RequestReader, a_repeated_member_is_refused) {
  expect_json_error(R"({"query":"{a}","query":"{b}"})", Kind::kJson, "a second time");
  expect_json_error(R"({"query":"{a}","qu\u0065ry":"{b}"})", Kind::kJson, "a second time");
  expect_json_error(R"({"query":"{a}","variables":{"a":1,"a":2}})", Kind::kJson, "a second time");
}

TEST(RequestReader, a_name_that_another_server_could_take_for_a_member_is_refused) {
  for (const char* name : {"Query", "QUERY", "operationname", "Variables", "variable\xC5\xBF",
                           "Extensions", "documentID", "ID", "Id"}) {
    expect_json_error(R"({"query":"{a}",")" + std::string(name) + R"(":null})", Kind::kGraphql,
                      "differs from");
  }
  expect_json_error(R"({"query":"{a}","extensions":{"PersistedQuery":{}}})", Kind::kGraphql,
                    "differs from");
  expect_json_error(R"({"query":"{a}","extensions":{"persistedQuery":{"sha256hash":""}}})",
                    Kind::kGraphql, "differs from");
  Fixture f;
  EXPECT_EQ(f.json(R"({"query":"{a}","queries":1,"q":2,"":3,"variables":{"Query":1}})").query,
            "{a}");
}

TEST(RequestReader, a_text_body_is_the_query) {
  Fixture f;
  EXPECT_EQ(f.operation(f.reader.read_text("{ a }")).query, "{ a }");
  expect_error(f.reader.read_text(""), Kind::kGraphql, "The body is empty");
  expect_error(f.reader.read_text("{ a } # \xE2"), Kind::kGraphql, "not UTF-8");
}

TEST(RequestReader, a_query_string_is_decoded_names_included) {
  Fixture f;
  const OperationRequest operation =
      f.url("x=%zz&%71uery=query+A%20%7Ba%2Bb%7D&operationName=A&variables=%7B%22first%22:20%7D");
  EXPECT_EQ(operation.query, "query A {a+b}");
  EXPECT_EQ(operation.operation_name, "A");
  ASSERT_NE(operation.variables, nullptr);
  EXPECT_EQ(operation.variables->first->integer, 20);
}

TEST(RequestReader, a_query_string_names_persisted_queries_too) {
  Fixture f;
  const OperationRequest operation =
      f.url("extensions={%22persistedQuery%22:{%22sha256Hash%22:%22" + kHash +
            "%22}}&variables={%22a%22:{%22b%22:1}}&documentId=sha256:" + kHash);
  EXPECT_EQ(operation.persisted_hash, kHash);
  EXPECT_EQ(operation.query, "");
  EXPECT_EQ(operation.variables->first->first->name, "b");
  EXPECT_EQ(f.url("documentId=Orders").persisted_hash, "Orders");
  EXPECT_EQ(f.url("id=Orders").persisted_hash, "Orders");
  expect_url_error("id=Orders&documentId=Lines", Kind::kGraphql, "two different documents");
}

TEST(RequestReader, a_query_string_without_an_operation_is_a_plain_call) {
  RequestReader reader;
  for (const char* query : {"", "&&", "x=1", "x=%3F%3B", "query=", "query", "variables=%7B%7D",
                            "queryx=1", "operationName=A&variables=broken"}) {
    const auto request = reader.read_query_string(query);
    ASSERT_TRUE(request) << query << ": " << request.error().message;
    EXPECT_TRUE(request->operations.empty()) << query;
  }
}

TEST(RequestReader, empty_parameters_count_as_none) {
  Fixture f;
  const OperationRequest operation =
      f.url("query={a}&operationName=&variables=&extensions=&documentId=&id=");
  EXPECT_EQ(operation.query, "{a}");
  EXPECT_EQ(operation.variables, nullptr);
  EXPECT_EQ(f.url("query={a}&variables=null").variables, nullptr);
}

TEST(RequestReader, a_parameter_that_two_servers_could_read_differently_is_refused) {
  for (const char* query :
       {"query={a}&query={b}", "query=&%71uery={b}", "documentId=a&documentId=a"}) {
    expect_url_error(query, Kind::kGraphql, "occurs twice");
  }
  for (const char* query :
       {"Query={a}", "query[]={a}", "query%5B0%5D={a}", "query={a}&variables[first]=1000",
        "query={a}&variables.first=1", "+query={a}", "query%20={a}", "query%00x={a}"}) {
    expect_url_error(query, Kind::kGraphql, "must be written just so");
  }
  for (const char* query : {"query={a}%", "query=%4", "query=%zz", "query={a}&variables=%"}) {
    expect_url_error(query, Kind::kGraphql, "without two hexadecimal digits");
  }
  expect_url_error("query={a}%23%E2", Kind::kGraphql, "not UTF-8");
  for (const char* query : {"?query={a}", "query={a}&x=?&variables={}", "query={a}&?"}) {
    expect_url_error(query, Kind::kGraphql, "a \"?\" within its query string");
    expect_url_error(query, Kind::kGraphql, "write %3F for it");
  }
  for (const char* query : {"a=1;query={a}", "query={a};variables={}"}) {
    expect_url_error(query, Kind::kGraphql, "write %3B for it");
  }
  std::string many = "query={a}";
  for (int i = 0; i < 99; ++i) many += "&a";
  EXPECT_TRUE(RequestReader().read_query_string(many));
  expect_url_error(many + "&variables={}", Kind::kGraphql, "more than 100 parameters");
}

TEST(RequestReader, parameters_that_are_not_json_are_refused_at_their_place) {
  RequestReader reader;
  const auto request = reader.read_query_string("query={a}&variables=%7B%22a%22:%7D");
  expect_error(request, Kind::kJson, "\"variables\" of the URL cannot be read as JSON. At byte 5");
  EXPECT_EQ(request.error().offset, 5U);
  expect_url_error("query={a}&variables=[]", Kind::kJson, "not a JSON object");
  expect_url_error("query={a}&extensions=x", Kind::kJson, "\"extensions\" of the URL");
  expect_url_error("query={a}&extensions=5", Kind::kGraphql, "extensions must be an object");
}

TEST(RequestReader, is_used_again_after_errors_and_release) {
  Fixture f;
  EXPECT_FALSE(f.reader.read_json("[{\"query\":\"{a}\"},"));
  EXPECT_EQ(f.json(R"({"query":"{b}"})").query, "{b}");
  std::string batch = "[{\"query\":\"{a}\"}";
  for (int i = 0; i < 20'000; ++i) batch += ",{\"query\":\"{a}\"}";
  const auto large = f.reader.read_json(batch + "]");
  ASSERT_TRUE(large);
  EXPECT_EQ(large->operations.size(), 20'001U);
  f.reader.release();
  EXPECT_EQ(f.url("query={c}").query, "{c}");
}

}  // namespace
}  // namespace tollgate::graphql
