// Runs tests/cases/cost/*.txt: what operations cost (the form is described in the README there).
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <sstream>

#include <nlohmann/json.hpp>

#include "conf/config_reader.h"
#include "conf/text_file.h"
#include "filters/graphql/explain.h"
#include "filters/graphql/json_reader.h"

namespace tollgate::graphql {
namespace {

using Case = std::map<std::string, std::string>;  // "schema", "query", … and "title"

std::vector<Case> read_cases(const std::filesystem::path& file) {
  std::istringstream lines(*read_text_file(file));
  std::vector<Case> cases(1);
  std::string block;  // the name of the block whose lines are being read
  for (std::string line; std::getline(lines, line);) {
    Case& each = cases.back();
    const std::size_t colon = line.find(": ");
    if (line == "----") {
      cases.emplace_back();
      block.clear();
    } else if (line.starts_with("#")) {
      each["title"] += line;
    } else if (!block.empty() && (line.starts_with("  ") || line.empty())) {
      each[block] += line.substr(std::min<std::size_t>(2, line.size())) + "\n";
    } else if (line.ends_with(": |")) {
      block = line.substr(0, line.size() - 3);
    } else if (colon != std::string::npos) {
      block.clear();
      each[line.substr(0, colon)] = line.substr(colon + 2);
    }
  }
  std::erase_if(cases, [](const Case& each) { return !each.contains("query"); });
  return cases;
}

std::string text_or(const Case& each, const std::string& name, const std::string& otherwise) {
  const auto found = each.find(name);
  return found == each.end() ? otherwise : found->second;
}

std::unique_ptr<const CostModel> model_of(const Case& each) {
  const auto loaded = parse_config(
      "listen: [{address: '127.0.0.1:1'}]\n"
      "apis: [{name: a, base: /, kind: graphql, upstream: {url: 'http://127.0.0.1:1'}, graphql: " +
          text_or(each, "graphql", "{}") + "}]\n",
      "case", process_environment());
  if (!loaded) {
    ADD_FAILURE() << loaded.error().front().text();
    return nullptr;
  }
  const GraphqlConfig& graphql = loaded->config.apis[0].graphql;
  auto model =
      CostModel::make(text_or(each, "schema", ""), graphql.cost, graphql.introspection.cost, 1);
  if (model) return std::move(*model);
  ADD_FAILURE() << model.error().front().message;
  return nullptr;
}

void expect_figures(const Explanation& explanation, const std::string& expected) {
  const nlohmann::json found = nlohmann::json::parse(explain_as_json(explanation));
  std::istringstream words(expected);
  std::string name;
  for (std::string value; words >> name >> value;) {
    if (value.ends_with(',')) value.pop_back();
    EXPECT_EQ(found[name].dump(), value) << name;
  }
}

// "graphql_invalid 1:9 (words)", of which the place and the words may be left out.
void expect_problem(const Problem& problem, const std::string& expected) {
  const nlohmann::json found = nlohmann::json::parse(problem_as_json(problem))["error"];
  const std::string place = found["line"].dump() + ":" + found["column"].dump();
  const std::size_t parenthesis = std::min(expected.find('('), expected.size());
  std::istringstream head(expected.substr(0, parenthesis));
  std::string wanted;
  head >> wanted;
  EXPECT_EQ(found["reason"], wanted) << problem.message;
  if (head >> wanted) {
    EXPECT_EQ(place, wanted) << problem.message;
  }
  if (parenthesis == expected.size()) return;
  std::istringstream words(expected.substr(parenthesis + 1, expected.size() - parenthesis - 2));
  for (std::string word; words >> word;) {
    EXPECT_NE(problem.message.find(word), std::string::npos) << problem.message;
  }
}

void run(const Case& each) {
  const auto model = model_of(each);
  if (model == nullptr) return;
  JsonReader reader;
  const JsonValue* variables = nullptr;
  if (each.contains("variables")) variables = *reader.read(each.at("variables"));
  ExplainMemory memory;
  const auto explanation =
      explain(*model, each.at("query"), text_or(each, "operation", ""), variables, {}, memory);
  const std::string& expected = each.at("expect");
  const bool problem =
      expected.starts_with("graphql_invalid") || expected.starts_with("too_complex");
  ASSERT_EQ(explanation.has_value(), !problem)
      << (explanation ? "no problem found" : explanation.error().message);
  if (explanation) return expect_figures(*explanation, expected);
  expect_problem(explanation.error(), expected);
}

TEST(CostCases, come_to_what_they_expect) {
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(SOURCE_DIR "/tests/cases/cost")) {
    if (file.path().extension() != ".txt") continue;
    for (const Case& each : read_cases(file.path())) {
      SCOPED_TRACE(file.path().filename().string() + ": " + text_or(each, "title", ""));
      run(each);
      ++count;
    }
  }
  EXPECT_GE(count, 260U);
}

}  // namespace
}  // namespace tollgate::graphql
