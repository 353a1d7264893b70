#include "filters/refusal.h"

#include "tests/support/exchange.h"

namespace tollgate {
namespace {

class AcceptTest : public FilterTest {
 protected:
  std::string type_for(const std::string& fields) {
    return render_refusal(ApiKind::kGraphql, call("POST /", fields).request, Reason::kKeyMissing,
                          Note())
        .content_type;
  }
  static std::string accept(const std::string& value) { return "Accept: " + value + "\r\n"; }
};

const std::string kGraphql = "application/graphql-response+json; charset=utf-8";
const std::string kJson = "application/json; charset=utf-8";

TEST_F(AcceptTest, graphqls_own_media_type_is_for_those_who_name_it_and_like_it_no_less) {
  EXPECT_EQ(type_for(accept("application/graphql-response+json")), kGraphql);
  EXPECT_EQ(type_for(accept("application/graphql-response+json, application/json")), kGraphql);
  EXPECT_EQ(type_for(accept("application/graphql-response+json, application/json;q=0.9")),
            kGraphql);
  EXPECT_EQ(type_for(accept("application/graphql-response+json;q=0.8, application/json")), kJson);
  EXPECT_EQ(type_for(accept("application/graphql-response+json;q=0")), kJson);
}

TEST_F(AcceptTest, who_does_not_name_graphqls_media_type_gets_json) {
  EXPECT_EQ(type_for(""), kJson);
  EXPECT_EQ(type_for(accept("*/*")), kJson);
  EXPECT_EQ(type_for(accept("application/*")), kJson);
  EXPECT_EQ(type_for(accept("text/html")), kJson);
}

TEST_F(AcceptTest, a_wildcard_says_how_much_json_is_liked) {
  EXPECT_EQ(type_for(accept("application/graphql-response+json;q=0.5, */*")), kJson);
  EXPECT_EQ(type_for(accept("application/graphql-response+json;q=0.5, application/*;q=0.4")),
            kGraphql);
  EXPECT_EQ(type_for(accept("*/*, application/*;q=0.1, application/graphql-response+json;q=0.5")),
            kGraphql);
  EXPECT_EQ(type_for(accept("*/*, application/json;q=0.1, "
                            "application/graphql-response+json;q=0.5")),
            kGraphql);
}

TEST_F(AcceptTest, several_lines_of_accept_are_one_list) {
  EXPECT_EQ(type_for(accept("application/json") + accept("application/graphql-response+json")),
            kGraphql);
  EXPECT_EQ(type_for(accept("application/graphql-response+json;q=0.3") + accept("*/*;q=0.5")),
            kJson);
}

TEST_F(AcceptTest, what_is_quoted_is_no_media_type) {
  EXPECT_EQ(type_for(accept("text/x;a=\", application/graphql-response+json\"")), kJson);
  EXPECT_EQ(type_for(accept("application/graphql-response+json;a=\";q=0\"")), kGraphql);
}

class NoApiTest : public FilterTest {};

TEST_F(NoApiTest, of_a_graphql_api_has_its_form_unless_the_api_conceals_itself) {
  Note note = no_api_note();
  const RequestHead* request = call("GET /.tollgate/nope").request;
  EXPECT_EQ(render_refusal(ApiKind::kGraphql, request, Reason::kNoApi, note).content_type, kJson);
  note.concealed = Reason::kKeyMissing;
  const Refusal concealed = render_refusal(ApiKind::kGraphql, request, Reason::kNoApi, note);
  const Refusal absent = render_refusal(ApiKind::kRest, request, Reason::kNoApi, no_api_note());
  EXPECT_EQ(concealed.content_type, "application/problem+json");
  EXPECT_EQ(concealed.body, absent.body);
}

class DocumentErrorTest : public FilterTest {
 protected:
  int status_for(const std::string& fields, Reason reason = Reason::kGraphqlInvalid) {
    Note note;
    note.place = {1, 2};
    return status_for(fields, reason, note);
  }
  int status_for(const std::string& fields, Reason reason, const Note& note) {
    return render_refusal(ApiKind::kGraphql, call("POST /", fields).request, reason, note).status;
  }
};

TEST_F(DocumentErrorTest, has_the_status_200_for_who_names_plain_json_and_knows_nothing_newer) {
  EXPECT_EQ(status_for("Accept: application/json\r\n"), 200);
  EXPECT_EQ(status_for("Accept: text/html, application/json;q=0.5\r\n"), 200);
}

TEST_F(DocumentErrorTest, has_its_reasons_status_for_everyone_else) {
  EXPECT_EQ(status_for(""), 400);
  EXPECT_EQ(status_for("Accept: */*\r\n"), 400);
  EXPECT_EQ(status_for("Accept: application/json;q=0\r\n"), 400);
  EXPECT_EQ(status_for("Accept: application/graphql-response+json\r\n"), 400);
  EXPECT_EQ(status_for("Accept: application/graphql-response+json;q=0.5, application/json\r\n"),
            400);
}

TEST_F(DocumentErrorTest, is_not_what_is_wrong_with_the_request_or_with_its_size) {
  const std::string json = "Accept: application/json\r\n";
  EXPECT_EQ(status_for(json, Reason::kGraphqlInvalid, Note()), 400);
  EXPECT_EQ(status_for(json, Reason::kJsonInvalid, Note()), 400);
  EXPECT_EQ(status_for(json, Reason::kTooComplex), 400);
}

}  // namespace
}  // namespace tollgate
