// tollgate explain, as the operator uses it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/program.h"
#include "tests/support/temp_folder.h"

namespace tollgate {
namespace {

TEST(Explain, says_in_json_what_is_wrong_with_the_variables) {
  const TempFolder folder;
  folder.write("s.graphql", "type Query {a: Int}");
  folder.write("q.graphql", "{a}");
  folder.write("v.json", "{\n \"x\": }");
  const std::string command = "explain --schema " + folder.file("s.graphql") + " --variables " +
                              folder.file("v.json") + " " + folder.file("q.graphql");
  const Ran told = run(command + " --json");
  EXPECT_EQ(told.status, 1);
  const nlohmann::json error = nlohmann::json::parse(told.output)["error"];
  EXPECT_EQ(error["reason"], "json_invalid");
  EXPECT_EQ(error["line"], 2);
  EXPECT_EQ(error["column"], 7);
  EXPECT_NE(run(command).output.find("v.json:2:7: At byte 8"), std::string::npos)
      << run(command).output;
  EXPECT_EQ(run(command + " --api a").status, 2);
}

TEST(Explain, says_in_json_what_it_cannot_read) {
  const TempFolder folder;
  folder.write("s.graphql", "type Query {a: }");
  folder.write("good.graphql", "type Query {a: Int}");
  folder.write("q.graphql", "{a}");
  const std::string query = folder.file("q.graphql");
  const std::string good = "--schema " + folder.file("good.graphql") + " ";
  for (const auto& [arguments, part] :
       {std::pair{good + folder.file("none"), "none: cannot be read"},
        {good + "--variables none " + query, "none: cannot be"},
        {"--schema none " + query, "none: cannot be read"},
        {"-c none " + query, "none: cannot be read"},
        {"--schema " + folder.file("s.graphql") + " " + query, "s.graphql:1:16: Expected Name"}}) {
    const Ran told = run("explain --json " + arguments);
    EXPECT_EQ(told.status, 1);
    const nlohmann::json error = nlohmann::json::parse(told.output)["error"];
    EXPECT_EQ(error["reason"], "input_invalid");
    EXPECT_NE(error["message"].get<std::string>().find(part), std::string::npos) << error;
    EXPECT_FALSE(error.contains("line"));
    const Ran text = run("explain " + arguments);
    EXPECT_EQ(text.status, 1);
    EXPECT_EQ(text.output, "tollgate: " + error["message"].get<std::string>() + "\n");
  }
}

TEST(Explain, says_which_api_it_needs) {
  const TempFolder folder;
  folder.write("q.graphql", "{a}");
  const std::string config = folder.file("t.yaml");
  const auto write = [&](const std::string& apis) {
    folder.write("t.yaml", "listen: [{address: \"127.0.0.1:1\"}]\napis:\n" + apis);
  };
  const auto said = [&](const std::string& arguments) {
    const Ran ran = run("explain -c " + config + " " + arguments + folder.file("q.graphql"));
    EXPECT_EQ(ran.status, 1);
    return ran.output;
  };
  const std::string rest = "  - {name: orders, base: /o, upstream: {url: \"http://h\"}}\n";
  const std::string shop =
      "  - {name: shop, base: /s, kind: graphql, upstream: {url: \"http://h\"}}\n";
  const std::string blog =
      "  - {name: blog, base: /b, kind: graphql, upstream: {url: \"http://h\"}}\n";
  write(rest);
  EXPECT_EQ(said(""),
            "tollgate: " + config + " has no GraphQL API (kind: graphql), so no query is priced\n");
  write(rest + shop + blog);
  EXPECT_EQ(said(""),
            "tollgate: " + config + " has 2 GraphQL APIs: name one with --api: shop, blog\n");
  EXPECT_EQ(said("--api shpo "),
            "tollgate: " + config + " has no GraphQL API \"shpo\"; did you mean \"shop\"?\n");
  EXPECT_EQ(
      said("--api orders "),
      "tollgate: \"orders\" of " + config +
          " is a REST API, whose calls have no query to price; GraphQL APIs are shop, blog\n");
}

TEST(Explain, says_where_a_setting_stands_that_the_schema_does_not_know) {
  const TempFolder folder;
  folder.write("q.graphql", "{a}");
  folder.write("s.graphql", "type Query {orders(limit: Int): [Order]} type Order {id: ID}");
  folder.write("t.yaml",
               "listen: [{address: \"127.0.0.1:1\"}]\napis:\n"
               "  - {name: a, base: /, kind: graphql, upstream: {url: \"http://h\"},\n"
               "     graphql: {schema: s.graphql, cost: {types: {Ordr: 2}}}}\n");
  const std::string wrong =
      folder.file("t.yaml") +
      ":4:56: apis[0].graphql.cost.types.Ordr: the schema has no type Ordr; did "
      "you mean \"Order\"?\n";
  EXPECT_EQ(run("explain -c " + folder.file("t.yaml") + " " + folder.file("q.graphql")).output,
            "tollgate: " + wrong);
  EXPECT_EQ(run("check -c " + folder.file("t.yaml")).output, wrong);
}

TEST(Explain, says_in_json_how_it_is_used_wrongly) {
  for (const auto& [arguments, part] : {std::pair{"--json", "query is required"},
                                        {"--json --schema a --api b q", "excludes"},
                                        {"q --json --frobnicate", "--frobnicate"}}) {
    const Ran ran = run(std::string("explain ") + arguments);
    EXPECT_EQ(ran.status, 2);
    const nlohmann::json error = nlohmann::json::parse(ran.output)["error"];
    EXPECT_EQ(error["reason"], "usage");
    EXPECT_NE(error["message"].get<std::string>().find(part), std::string::npos) << error;
  }
  EXPECT_EQ(run("explain --json --help").status, 0);
}

}  // namespace
}  // namespace tollgate
