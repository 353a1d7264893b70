#include "filters/graphql/upload_map.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tollgate::graphql {
namespace {

constexpr std::string_view kOne = R"({"query": "q", "operationName": "n", "extensions": {"x": null},
    "variables": {"f": null, "n": 5, "text": "t", "files": [null, 1, null],
                  "in": {"0": null, "deep": [{"f": null}]}, "a.b": null, "a": {"c": null},
                  "constructor": {"prototype": null}, "f[0]": null, "": null}})";
constexpr std::string_view kBatch = R"([{"query": "a", "variables": {"f": null}}, {"query": "b"},
    {"query": "c", "variables": {"files": [null]}}])";

// "" or the error.
std::string read(std::string_view map, std::string_view operations = kOne) {
  RequestReader reader;
  const auto request = reader.read_json(operations);
  EXPECT_TRUE(request) << request.error().message;
  const auto files = read_upload_map(map, *request);
  return files ? "" : files.error();
}

std::string read_path(std::string_view path, std::string_view operations = kOne) {
  return read("{\"0\": [\"" + std::string(path) + "\"]}", operations);
}

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

TEST(UploadMap, a_path_leads_to_a_null_within_the_variables) {
  for (const char* path : {"variables.f", "variables.files.0", "variables.files.2",
                           "variables.in.0", "variables.in.deep.0.f", "variables.a.c"}) {
    EXPECT_EQ(read_path(path), "") << path;
  }
  EXPECT_EQ(read("{}"), "");
  EXPECT_EQ(read(R"({"0": []})"), "");
  EXPECT_EQ(read(R"({"0": ["variables.f", "variables.files.0"], "b": ["variables.files.2"]})"), "");
}

TEST(UploadMap, any_other_path_is_refused) {
  for (const char* path :
       {"query", "operationName", "extensions.x", "variables", "0.query", "0.variables.f",
        "variables.n", "variables.text", "variables.text.0", "variables.files", "variables.files.1",
        "variables.files.3", "variables.none", "variables.f.x", "variables.in", "Variables.f",
        "variables.F"}) {
    const std::string error = read_path(path);
    EXPECT_TRUE(
        holds(error, "the path \"" + std::string(path) + "\", which does not lead to a null"))
        << path << ": " << error;
    EXPECT_TRUE(holds(error, "Write \"variables.file\"")) << error;
  }
}

TEST(UploadMap, a_path_that_servers_walk_differently_is_refused) {
  for (const char* path :
       {"", ".", "variables.", ".variables.f", "variables..f", "variables.f.", "variables.a.b",
        "variables.__proto__", "variables.constructor.prototype", "variables.f[0]", "variables[f]",
        "variables.files.00", "variables.files.+0", "variables.files.-1", "variables.files.1e0",
        "variables.files.99999999999999999999", "variables.*", " variables.f"}) {
    EXPECT_TRUE(holds(read_path(path), "does not lead to a null")) << path;
  }
}

TEST(UploadMap, a_path_of_a_batch_begins_with_an_operation_that_is_there) {
  for (const char* path : {"0.variables.f", "2.variables.files.0"}) {
    EXPECT_EQ(read_path(path, kBatch), "") << path;
  }
  for (const char* path : {"variables.f", "0.query", "1.variables.f", "3.variables.f",
                           "00.variables.f", "0", "0.variables", "-1.variables.f"}) {
    const std::string error = read_path(path, kBatch);
    EXPECT_TRUE(holds(error, "Write \"0.variables.file\"")) << path << ": " << error;
  }
  EXPECT_EQ(read_path("0.variables.f", R"([{"query": "a", "variables": {"f": null}}])"), "");
}

TEST(UploadMap, what_is_no_object_of_lists_of_strings_is_refused) {
  for (const char* map : {"[]", "null", "\"variables.f\""}) {
    EXPECT_TRUE(holds(read(map), "no JSON object")) << map;
  }
  for (const char* map : {R"({"0": "variables.f"})", R"({"0": null})", R"({"0": {"a": "b"}})",
                          R"({"0": ["variables.f", 1]})", R"({"0": [["variables.f"]]})"}) {
    EXPECT_TRUE(holds(read(map), "the value of \"0\" is no list of strings")) << map;
  }
  EXPECT_TRUE(holds(read("{"), "cannot be read as JSON"));
  EXPECT_TRUE(holds(read(R"({"0": ["variables.f"], "\u0030": ["query"]})"), "a second time"));
}

TEST(UploadMap, a_part_that_is_no_file_is_not_named) {
  for (const char* name : {"operations", "map", "Operations", "map[0]", "operations.query"}) {
    EXPECT_TRUE(holds(read("{\"" + std::string(name) + "\": [\"variables.f\"]}"), "is no file"))
        << name;
  }
}

TEST(UploadMap, paths_into_long_lists_are_bounded) {
  std::string nulls = "null";
  for (int i = 1; i < 2000; ++i) nulls += ",null";
  const std::string operations = R"({"query": "q", "variables": {"f": [)" + nulls + "]}}";
  const auto map = [](int paths) {
    std::string text;
    for (int i = 0; i < paths; ++i) text += std::string(i == 0 ? "" : ",") + "\"variables.f.1999\"";
    return "{\"0\": [" + text + "]}";
  };
  EXPECT_EQ(read(map(500), operations), "");
  EXPECT_TRUE(holds(read(map(501), operations), "pass more than 1000000 members"));
}

TEST(PartNames, are_found_whole) {
  std::vector<std::string_view> names{"10", "2", "", "a", "1"};
  const PartNames held(names);
  for (const char* name : {"1", "2", "10", "a", ""}) EXPECT_TRUE(held.contains(name)) << name;
  for (const char* name : {"0", "12", "02", "A", "b", "110"}) {
    EXPECT_FALSE(held.contains(name)) << name;
  }
  EXPECT_FALSE(PartNames().contains(""));
}

}  // namespace
}  // namespace tollgate::graphql
