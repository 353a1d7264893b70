// Prices one call a line, for tests that compare thousands of them: reads JSON objects of "schema",
// "graphql" (as apis[].graphql of the configuration), "query", "variables" and "operationName" on
// standard input, and prints for each what `tollgate explain --json` prints.
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "conf/config_reader.h"
#include "filters/graphql/explain.h"
#include "filters/graphql/json_reader.h"

namespace {

using nlohmann::json;
using tollgate::graphql::CostModel;

tollgate::GraphqlConfig read_graphql(const std::string& graphql) {
  const std::string text =
      "listen: [{address: \"127.0.0.1:1\"}]\n"
      "apis: [{name: a, base: /, kind: graphql, upstream: {url: \"http://127.0.0.1:1\"}, "
      "graphql: " +
      graphql + "}]\n";
  const auto loaded = tollgate::parse_config(text, "line", tollgate::process_environment());
  if (loaded) return loaded->config.apis[0].graphql;
  std::cerr << loaded.error().front().text() << "\n";
  std::exit(2);
}

class Models {
 public:
  const CostModel& find(const std::string& sdl, const std::string& graphql) {
    auto& model = models_[graphql + sdl];
    if (model != nullptr) return *model;
    const tollgate::GraphqlConfig config = read_graphql(graphql);
    auto made = CostModel::make(sdl, config.cost, config.introspection.cost, models_.size());
    if (!made) {
      std::cerr << made.error().front().message << "\n";
      std::exit(2);
    }
    model = std::move(*made);
    return *model;
  }

 private:
  std::map<std::string, std::unique_ptr<const CostModel>> models_;
};

std::string text_of(const json& line, const char* name) {
  const auto found = line.find(name);
  return found == line.end() || found->is_null() ? "" : found->get<std::string>();
}

}  // namespace

int main() {
  Models models;
  tollgate::graphql::ExplainMemory memory;
  tollgate::graphql::JsonReader reader;
  for (std::string text; std::getline(std::cin, text);) {
    const json line = json::parse(text);
    const auto graphql = line.find("graphql");
    const CostModel& model =
        models.find(text_of(line, "schema"),
                    graphql == line.end() || graphql->is_null() ? "{}" : graphql->dump());
    const auto whole = reader.read(text);
    const tollgate::graphql::JsonValue* variables = nullptr;
    for (const auto* member = (*whole)->first; member != nullptr; member = member->next) {
      if (member->name == "variables") variables = member;
    }
    if (variables != nullptr && variables->kind != tollgate::graphql::JsonValue::Kind::kObject) {
      variables = nullptr;
    }
    const auto explanation = tollgate::graphql::explain(
        model, text_of(line, "query"), text_of(line, "operationName"), variables, {}, memory);
    std::cout << (explanation ? explain_as_json(*explanation)
                              : problem_as_json(explanation.error()))
              << "\n";
  }
}
