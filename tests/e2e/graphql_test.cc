// GraphQL calls: priced in every form, refused with a place, watched while files stream on.
#include <openssl/sha.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "tests/support/conversation.h"

namespace tollgate {
namespace {

using nlohmann::json;

class Graphql : public Conversation {
 protected:
  void begin_graphql(const std::string& graphql = "", const std::string& more_api = "") {
    begin("", "    kind: graphql\n" + more_api +
                  (graphql.empty() ? "" : "    graphql: {" + graphql + "}\n"));
    client_.emplace(proxy_->connect());
  }
  void send_body(const std::string& body, const std::string& type = "application/json",
                 const std::string& target = "/") {
    client_->send(request(
        "POST " + target + " HTTP/1.1",
        "Content-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n",
        body));
  }
  static std::string query(const std::string& text) { return json{{"query", text}}.dump(); }
  // What the upstream receives of the call that was sent; it is answered.
  Message forwarded() {
    Peer service = upstream_.accept();
    Message received = service.read_message();
    service.send(ok("{}", "Connection: close\r\nTollgate-Complexity: 1\r\n"));
    answer_ = client_->read_message();
    EXPECT_EQ(answer_.status(), 200);
    return received;
  }
  // The answer to the call that was sent, which is refused.
  json refused(const std::string& code, int status = 400) {
    answer_ = client_->read_message();
    EXPECT_EQ(answer_.status(), status) << answer_.body;
    EXPECT_FALSE(upstream_.has_connection());
    json error = json::parse(answer_.body)["errors"][0];
    EXPECT_EQ(error["extensions"]["code"], code) << answer_.body;
    return error;
  }

  std::optional<Peer> client_;
  Message answer_;
};

TEST_F(Graphql, a_call_is_priced_and_client_and_service_learn_the_price) {
  begin_graphql();
  const std::string body = query("query Mine { orders(limit: 7) { id } }");
  send_body(body);
  const Message received = forwarded();
  EXPECT_EQ(received.body, body);
  EXPECT_EQ(received.field("tollgate-complexity"), "7");
  EXPECT_EQ(answer_.field("tollgate-complexity"), "7");  // the service's own is left out
  proxy_->advance(std::chrono::milliseconds(0));  // the turn that answered ends, and has counted
  EXPECT_NE(proxy_->admin("/metrics").find("tollgate_query_complexity_sum{api=\"orders\"} 7"),
            std::string::npos);
  const json line = json::parse(proxy_->access_log());
  EXPECT_EQ(line["operation"], "query");
  EXPECT_EQ(line["operation_name"], "Mine");
  EXPECT_EQ(line["complexity"], 7);
  EXPECT_EQ(line["mutations"], 0);
}

TEST_F(Graphql, a_syntax_error_is_refused_with_its_place) {
  begin_graphql();
  send_body(query("{\n  orders {\n"));
  const json error = refused("GRAPHQL_INVALID");
  EXPECT_EQ(error["locations"], json::parse(R"([{"line": 3, "column": 1}])"));
  EXPECT_EQ(error["message"], "Syntax Error: Expected Name, found <EOF>.");
}

TEST_F(Graphql, what_is_above_a_bound_says_which_how_much_and_the_bound) {
  begin_graphql("max_complexity: 10, max_depth: 2, max_aliases: 1, max_tokens: 40, max_batch: 1");
  const auto expect = [&](const std::string& body, const std::string& measure, int asked,
                          int limit) {
    send_body(body);
    const json extensions = refused("TOO_COMPLEX")["extensions"];
    EXPECT_EQ(extensions["measure"], measure);
    EXPECT_EQ(extensions["asked"], asked);
    EXPECT_EQ(extensions["limit"], limit);
  };
  expect(query("{ a(limit: 11) { b } }"), "complexity", 11, 10);
  expect(query("{ a { b { c } } }"), "depth", 3, 2);
  expect(query("{ a: x b: x }"), "aliases", 2, 1);
  std::string names;
  for (int i = 0; i < 50; ++i) names += "a ";
  expect(query("{ " + names + "}"), "tokens", 52, 40);
  expect("[" + query("{a}") + "," + query("{a}") + "]", "batch", 2, 1);
}

TEST_F(Graphql, what_is_refused_for_its_price_shows_it) {
  begin_graphql("max_complexity: 10");
  send_body(query("query Dear { a(limit: 11) { b } }"));
  refused("TOO_COMPLEX");
  EXPECT_EQ(answer_.field("tollgate-complexity"), "11");
  const json line = json::parse(proxy_->access_log());
  EXPECT_EQ(line["operation"], "query");
  EXPECT_EQ(line["operation_name"], "Dear");
  EXPECT_EQ(line["complexity"], 11);
  EXPECT_EQ(line["mutations"], 0);
}

TEST_F(Graphql, a_batch_costs_what_its_operations_cost_together) {
  begin_graphql();
  send_body("[" + query("{ a(limit: 3) { b } }") + "," + query("mutation { c d }") + "]");
  EXPECT_EQ(forwarded().field("tollgate-complexity"), "13");
  const json line = json::parse(proxy_->access_log());
  EXPECT_EQ(line["operation"], "batch");
  EXPECT_EQ(line["mutations"], 2);
}

TEST_F(Graphql, the_same_operation_costs_the_same_however_it_is_sent) {
  begin_graphql();
  send_body("{ a(limit: 5) { b } }", "application/graphql");
  EXPECT_EQ(forwarded().field("tollgate-complexity"), "5");
  client_->send(request("GET /?query=%7Ba(limit:$n)%7Bb%7D%7D&variables=%7B%7D HTTP/1.1"));
  refused("GRAPHQL_INVALID");
  client_->send(request(
      "GET /?query=query($n:Int!)%7Ba(limit:$n)%7Bb%7D%7D&variables=%7B%22n%22:5%7D HTTP/1.1"));
  EXPECT_EQ(forwarded().field("tollgate-complexity"), "5");
}

TEST_F(Graphql, a_mutation_by_get_is_refused) {
  begin_graphql();
  client_->send(request("GET /?query=mutation%7Ba%7D HTTP/1.1"));
  refused("METHOD_NOT_ALLOWED", 405);
  EXPECT_EQ(answer_.field("allow"), "POST");
  EXPECT_EQ(json::parse(proxy_->access_log())["operation"], "mutation");
}

TEST_F(Graphql, an_operation_in_the_url_beside_a_body_is_refused) {
  begin_graphql();
  send_body(query("{ cheap }"), "application/json", "/?query=%7Bdear%7D");
  refused("GRAPHQL_INVALID");
}

TEST_F(Graphql, what_cannot_be_read_is_refused_before_it_is_read) {
  begin_graphql();
  send_body("x", "text/plain");
  refused("UNSUPPORTED_MEDIA", 415);
}

TEST_F(Graphql, a_body_above_the_bound_of_graphql_is_refused_by_its_head) {
  begin_graphql("max_body_bytes: 64");
  client_->send(
      request("POST / HTTP/1.1", "Content-Type: application/json\r\nContent-Length: 65\r\n"));
  refused("BODY_TOO_LARGE", 413);
}

TEST_F(Graphql, a_get_without_an_operation_is_a_plain_call) {
  begin_graphql();
  client_->send(request("GET / HTTP/1.1"));
  EXPECT_EQ(forwarded().field("tollgate-complexity"), "0");
}

TEST_F(Graphql, introspection_can_be_switched_off) {
  begin_graphql("introspection: {allow: false}");
  send_body(query("{ __schema { types { name } } }"));
  refused("INTROSPECTION_DISABLED");
  send_body(query("{ a { ...__schema } } fragment __schema on A { b }"));
  EXPECT_EQ(forwarded().field("tollgate-complexity"), "1");
}

std::string sha256_hex(const std::string& text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  std::string hex;
  for (const unsigned char byte : digest) {
    static constexpr char kDigits[] = "0123456789abcdef";
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

TEST_F(Graphql, a_persisted_query_passes_once_its_text_has_passed) {
  begin_graphql();
  const std::string text = "{ a(limit: 4) { b } }";
  const json extensions = {{"persistedQuery", {{"version", 1}, {"sha256Hash", sha256_hex(text)}}}};
  const std::string hash_alone = json{{"extensions", extensions}}.dump();
  send_body(hash_alone);
  EXPECT_EQ(refused("PERSISTED_QUERY_NOT_FOUND", 200)["message"], "PersistedQueryNotFound");
  send_body(json{{"query", "{ dear }"}, {"extensions", extensions}}.dump());
  refused("GRAPHQL_INVALID");  // not the text of this hash
  send_body(json{{"query", text}, {"extensions", extensions}}.dump());
  EXPECT_EQ(forwarded().field("tollgate-complexity"), "4");
  send_body(hash_alone);
  const Message received = forwarded();
  EXPECT_EQ(received.field("tollgate-complexity"), "4");
  EXPECT_EQ(received.body, hash_alone);
}

std::string part(const std::string& name, const std::string& text) {
  return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + text + "\r\n";
}

std::string file(const std::string& name, const std::string& text) {
  return "--b\r\nContent-Disposition: form-data; name=\"" + name +
         "\"; filename=\"a.txt\"\r\n\r\n" + text + "\r\n";
}

const std::string kUploadType = "multipart/form-data; boundary=b";
const std::string kUploadEnd = "--b--\r\n";
const std::string kUpload =
    R"({"query": "mutation($f: Upload) { a(f: $f, limit: 2) { b } }", "variables": {"f": null}})";

// What comes before the files, up to where it can be told that the map is whole.
std::string before_files() {
  return part("operations", kUpload) + part("map", R"({"0":["variables.f"]})") + "--b\r\n";
}

TEST_F(Graphql, the_files_of_an_upload_stream_on_behind_its_operations) {
  begin_graphql();
  const std::string head = before_files();
  const std::string rest = file("0", std::string(300'000, 'x')).substr(5) + kUploadEnd;
  client_->send(request("POST / HTTP/1.1",
                        "Content-Type: " + kUploadType + "\r\nContent-Length: " +
                            std::to_string(head.size() + rest.size()) + "\r\n",
                        head));
  Peer service = upstream_.accept();
  EXPECT_TRUE(has(service.read_until("]}\r\n--b\r\n"), "Tollgate-Complexity: 12\r\n"));
  client_->send(rest);
  EXPECT_TRUE(service.read_exactly(rest.size()) == rest);
  service.send(ok("done"));
  EXPECT_EQ(client_->read_message().body, "done");
}

TEST_F(Graphql, an_upload_in_any_form_passes_also_byte_by_byte) {
  begin_graphql();
  const std::string list =
      R"({"query": "mutation($f: [Upload]) { a(f: $f) }", "variables": {"f": [null, null]}})";
  for (const std::string& parts :
       {part("operations", kUpload), part("operations", kUpload) + part("map", "{}"),
        part("operations", kUpload) + part("map", R"({"0": ["variables.f"]})") + file("0", "text"),
        // The file never comes.
        part("operations", kUpload) + part("map", R"({"0": ["variables.f"]})"),
        part("operations", list) +
            part("map", R"({"0": ["variables.f.0"], "1": ["variables.f.1"]})") + file("0", "one") +
            file("1", "two"),
        part("operations", "[" + kUpload + "," + list + "]") +
            part("map",
                 R"({"a": ["0.variables.f", "1.variables.f.1"], "b": ["1.variables.f.0"]})") +
            file("b", "first") + file("a", "second")}) {
    const std::string body = parts + kUploadEnd;
    send_body(body, kUploadType);
    EXPECT_EQ(forwarded().body, body);
    client_->send(request("POST / HTTP/1.1",
                          "Content-Type: " + kUploadType +
                              "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"));
    for (const char byte : body) client_->send(std::string(1, byte));
    EXPECT_EQ(forwarded().body, body);
  }
}

TEST_F(Graphql, an_upload_by_which_something_else_would_run_is_refused) {
  begin_graphql();
  const std::string sized =
      R"({"query": "query($n: Int) { a(limit: $n) { b } }", "variables": {"n": 1, "f": null}})";
  const std::string mapped = part("operations", kUpload) + part("map", R"({"0":["variables.f"]})");
  for (const std::string& parts :
       {part("operations", kUpload) + part("map", R"({"0":["query"]})") + part("0", "{ dear }"),
        part("operations", kUpload) + part("map", R"({"0":["query"]})") + file("0", "{ dear }"),
        part("operations", "[" + kUpload + "]") + part("map", R"({"0":["0.query"]})") +
            part("0", "{ dear }"),
        part("operations", kUpload) + part("map", R"({"0":["operationName"]})") + part("0", "Dear"),
        part("operations", sized) + part("map", R"({"0":["variables.n"]})") + part("0", "1000"),
        part("operations", sized) + part("map", R"({"0":["variables.n"]})"),
        part("operations", sized) + part("map", R"({"operations":["variables.f"]})"),
        part("operations", kUpload) + part("map", "{") + file("0", "text"),
        part("operations", kUpload) + file("0", "text") + part("map", R"({"0":["variables.f"]})"),
        part("operations", kUpload) + part("query", "{ dear }"), mapped + part("0", "text"),
        mapped + file("1", "text"), mapped + file("0", "text") + part("map", R"({"0":["query"]})"),
        mapped + file("0", "text") + part("operations", query("{ dear }"))}) {
    client_.emplace(proxy_->connect());
    send_body(parts + kUploadEnd, kUploadType);
    refused("UNSUPPORTED_MEDIA", 415);
  }
}

TEST_F(Graphql, a_later_part_that_is_no_file_of_the_map_ends_the_call) {
  begin_graphql();
  const std::string head = before_files();
  for (const std::string& later : {part("operations", query("{ dear }")), part("0", "dear"),
                                   part("map", R"({"dear":["query"]})"), file("1", "dear")}) {
    const std::string rest = later.substr(5) + kUploadEnd;
    client_.emplace(proxy_->connect());
    client_->send(request("POST / HTTP/1.1",
                          "Content-Type: " + kUploadType + "\r\nContent-Length: " +
                              std::to_string(head.size() + rest.size()) + "\r\n",
                          head));
    Peer service = upstream_.accept();
    (void)service.read_until("]}\r\n--b\r\n");
    client_->send(rest);
    EXPECT_EQ(client_->read_message().status(), 415);
    EXPECT_FALSE(has(service.read_to_end(), "dear"));
  }
}

TEST_F(Graphql, the_map_of_an_upload_ends_within_the_bound_of_graphql) {
  begin_graphql("max_body_bytes: 300");
  const std::string operations = part("operations", kUpload);
  client_->send(request("POST / HTTP/1.1",
                        "Content-Type: " + kUploadType + "\r\nContent-Length: 1000\r\n",
                        operations + part("map", std::string(300 - operations.size(), ' '))));
  EXPECT_TRUE(has(refused("BODY_TOO_LARGE", 413)["message"],
                  "The parts \"operations\" and \"map\" must end within the first 300 bytes."));
  client_.emplace(proxy_->connect());
  send_body(operations + part("map", "{}"), kUploadType);
  EXPECT_TRUE(has(refused("UNSUPPORTED_MEDIA", 415)["message"], "The body ends within the part"));
}

TEST_F(Graphql, a_request_is_explained_to_who_holds_a_key) {
  begin_graphql("max_complexity: 1");
  send_body(query("{ a(limit: 6) { b } }"), "application/json", "/.tollgate/explain");
  answer_ = client_->read_message();
  EXPECT_EQ(answer_.status(), 200);
  const json explained = json::parse(answer_.body);
  EXPECT_EQ(explained["complexity"], 6);
  EXPECT_EQ(explained["tree"][0]["count"], 6);
  EXPECT_FALSE(upstream_.has_connection());
  client_->send("POST /.tollgate/explain HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(client_->read_message().status(), 401);
}

TEST_F(Graphql, an_explanation_without_end_is_refused) {
  begin_graphql("max_batch: 2");
  std::string fragments = "{ ...F0 }";
  for (int i = 0; i < 14; ++i) {
    const std::string next = std::to_string(i + 1);
    fragments += " fragment F" + std::to_string(i) + " on A { x { ...F" + next + " } y { ...F" +
                 next + " } }";
  }
  send_body(query(fragments + " fragment F14 on A { z }"), "application/json",
            "/.tollgate/explain");
  EXPECT_EQ(refused("TOO_COMPLEX")["extensions"]["limit"], 10'000);
  const std::string each = query("{ a }");
  send_body("[" + each + "," + each + "," + each + "]", "application/json", "/.tollgate/explain");
  EXPECT_EQ(refused("TOO_COMPLEX")["extensions"]["measure"], "batch");
}

TEST_F(Graphql, tollgates_own_paths_need_a_key_even_where_the_api_does_not) {
  begin_graphql("", "    auth: {required: false}\n    open: [\"POST /.tollgate/explain\"]\n");
  client_->send("POST /.tollgate/explain HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(has(refused("KEY_MISSING", 401)["message"], "API-Authorization: <your key>"));
}

TEST_F(Graphql, what_is_not_among_tollgates_own_paths_is_told_as_graphql_errors) {
  begin_graphql();
  client_->send(request("GET /.tollgate/nope HTTP/1.1"));
  EXPECT_TRUE(has(refused("NO_API", 404)["message"], "GET /.tollgate/limits says what is left"));
}

TEST_F(Graphql, a_refused_call_has_cost_nothing) {
  begin_graphql("max_complexity: 5");
  send_body("[" + query("{ a(limit: 4) { b } }") + "," + query("{ a(limit: 6) { b } }") + "]");
  EXPECT_TRUE(has(refused("TOO_COMPLEX")["message"], "In operation 2 of the batch: "));
  EXPECT_TRUE(json::parse(proxy_->access_log())["complexity"].is_null());
}

TEST_F(Graphql, what_was_asked_to_continue_is_not_asked_again) {
  begin_graphql();
  const std::string body = part("operations", query("{ a }"));
  const std::string rest = "--b--\r\n";
  client_->send(request("POST / HTTP/1.1",
                        "Content-Type: multipart/form-data; boundary=b\r\nExpect: "
                        "100-continue\r\nContent-Length: " +
                            std::to_string(body.size() + rest.size()) + "\r\n"));
  EXPECT_EQ(client_->read_head().status(), 100);
  client_->send(body + rest);
  EXPECT_EQ(forwarded().field("expect"), "");
}

TEST_F(Graphql, nothing_below_tollgates_own_path_is_forwarded) {
  begin_graphql();
  client_->send(request("GET /.tollgate/other HTTP/1.1"));
  EXPECT_EQ(client_->read_message().status(), 404);
  EXPECT_FALSE(upstream_.has_connection());
}

TEST_F(Graphql, a_schema_that_changes_prices_the_next_call) {
  begin_graphql();
  send_body(query("{ a { b } }"));
  EXPECT_EQ(forwarded().field("tollgate-complexity"), "1");
  proxy_->folder().write("s.graphql", "type Query { a: [A] } type A { b: Int }");
  proxy_->write_config(
      "apis:\n  - name: orders\n    base: /\n    kind: graphql\n    upstream: {url: "
      "\"http://127.0.0.1:" +
      std::to_string(upstream_.port()) +
      "\"}\n    graphql: {schema: s.graphql}\nkeys: {file: keys.yaml}\n");
  ASSERT_TRUE(proxy_->reload());
  send_body(query("{ a { b } }"));
  EXPECT_EQ(forwarded().field("tollgate-complexity"), "10");
}

}  // namespace
}  // namespace tollgate
