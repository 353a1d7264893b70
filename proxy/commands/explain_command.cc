// tollgate explain: what a query costs, and why. Main thread.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

#include "conf/config_reader.h"
#include "conf/suggestion.h"
#include "conf/text_file.h"
#include "filters/graphql/explain.h"
#include "filters/graphql/json_reader.h"
#include "proxy/commands/commands.h"
#include "proxy/graphql_files.h"

namespace tollgate {
namespace {

struct ExplainOptions {
  std::string config;
  std::string api;
  std::string schema;
  std::string variables;
  std::string operation;
  bool json = false;
  std::string query;
};

struct Prices {
  std::shared_ptr<const graphql::CostModel> model;
  bool rate_limits_query = false;  // whether Tollgate answers it
};

int fail(const std::string& message) {
  fmt::print(stderr, "tollgate: {}\n", message);
  return 1;
}

// A file or a pipe, or standard input for "-".
tl::expected<std::string, std::string> read_input(const std::string& file) {
  std::error_code ignored;
  if (file == "-") {
    return std::string(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
  }
  if (std::filesystem::is_fifo(file, ignored)) {
    std::ifstream pipe(file);
    return std::string(std::istreambuf_iterator<char>(pipe), std::istreambuf_iterator<char>());
  }
  auto text = read_text_file(file);
  if (!text) return tl::unexpected(fmt::format("{}: {}", file, text.error()));
  return text;
}

std::string lines_of(const Diagnostics& problems) {
  std::string lines;
  for (const Diagnostic& problem : problems) {
    lines += (lines.empty() ? "" : "\n") + problem.text();
  }
  return lines;
}

// The API of that name, or the only GraphQL API.
tl::expected<std::size_t, std::string> find_api(const Config& config, const ExplainOptions& given) {
  std::vector<std::string> names;  // of GraphQL APIs
  std::size_t last = 0;
  const ApiConfig* other = nullptr;
  for (std::size_t i = 0; i < config.apis.size(); ++i) {
    const ApiConfig& api = config.apis[i];
    if (api.kind == ApiKind::kGraphql) {
      if (api.name == given.api) return i;
      names.push_back(api.name);
      last = i;
    } else if (api.name == given.api) {
      other = &api;
    }
  }
  if (names.empty()) {
    return tl::unexpected(
        fmt::format("{} has no GraphQL API (kind: graphql), so no query is priced", given.config));
  }
  const std::string known = fmt::format("{}", fmt::join(names, ", "));
  if (other != nullptr) {
    return tl::unexpected(fmt::format(
        "\"{}\" of {} is a REST API, whose calls have no query to price; GraphQL APIs are {}",
        given.api, given.config, known));
  }
  if (!given.api.empty()) {
    return tl::unexpected(fmt::format("{} has no GraphQL API \"{}\"{}", given.config, given.api,
                                      suggestion_or_names(given.api, names)));
  }
  if (names.size() == 1) return last;
  return tl::unexpected(fmt::format("{} has {} GraphQL APIs: name one with --api: {}", given.config,
                                    names.size(), known));
}

tl::expected<Prices, std::string> prices_of_config(const ExplainOptions& options) {
  const auto loaded = read_config(options.config, process_environment());
  if (!loaded) return tl::unexpected(lines_of(loaded.error()));
  const auto index = find_api(loaded->config, options);
  if (!index) return tl::unexpected(index.error());
  GraphqlFiles files;
  std::vector<SeenFile> read;
  Diagnostics problems;
  const ApiConfig& api = loaded->config.apis[*index];
  load_graphql_files(options.config, *index, api, {}, files, read, problems);
  if (files.model == nullptr) {
    return tl::unexpected(
        lines_of(at_settings(std::move(problems), loaded->files, loaded->settings)));
  }
  return Prices{std::move(files.model), api.graphql.rate_limits_query};
}

// With a schema alone, what costs are without any settings.
tl::expected<Prices, std::string> prices_of_schema(const std::string& file) {
  ApiConfig api;
  api.kind = ApiKind::kGraphql;
  api.graphql.schema = file;
  GraphqlFiles files;
  std::vector<SeenFile> read;
  Diagnostics problems;
  load_graphql_files(file, 0, api, {}, files, read, problems);
  if (files.model == nullptr) return tl::unexpected(lines_of(problems));
  return Prices{std::move(files.model), false};
}

struct Fault {
  std::string message;
  graphql::Place place;
};

tl::expected<const graphql::JsonValue*, Fault> parse_variables(const std::string& text,
                                                               graphql::JsonReader& reader) {
  const auto value = reader.read(text);
  if (!value) {
    const graphql::JsonError& error = value.error();
    return tl::unexpected(Fault{error.message, graphql::place_of(text, error.offset)});
  }
  using Kind = graphql::JsonValue::Kind;
  if ((*value)->kind == Kind::kNull) return nullptr;
  if ((*value)->kind == Kind::kObject) return *value;
  return tl::unexpected(
      Fault{"Variables are a JSON object, such as {\"first\": 10}.", graphql::Place{}});
}

int fail(const ExplainOptions& options, const std::string& file, std::string_view reason,
         std::string_view message, graphql::Place place) {
  if (!options.json) {
    return fail(fmt::format("{}:{}:{}: {}", file, place.line, place.column, message));
  }
  fmt::print("{}\n", graphql::error_as_json(reason, message, place));
  return 1;
}

// Of a file that cannot be read, and of mistakes in the configuration or the schema, which name
// their own place.
int fail(const ExplainOptions& options, const std::string& message) {
  if (!options.json) return fail(message);
  fmt::print("{}\n", graphql::error_as_json("input_invalid", message, std::nullopt));
  return 1;
}

int explain(const ExplainOptions& options) {
  const auto prices =
      options.schema.empty() ? prices_of_config(options) : prices_of_schema(options.schema);
  if (!prices) return fail(options, prices.error());
  const auto query = read_input(options.query);
  if (!query) return fail(options, query.error());
  const auto text = options.variables.empty() ? tl::expected<std::string, std::string>("null")
                                              : read_input(options.variables);
  if (!text) return fail(options, text.error());
  graphql::JsonReader reader;
  const auto variables = parse_variables(*text, reader);
  if (!variables) {
    const Fault& fault = variables.error();
    return fail(options, options.variables, "json_invalid", fault.message, fault.place);
  }
  graphql::ExplainMemory memory;
  const auto explanation =
      graphql::explain(*prices->model, *query, options.operation, *variables,
                       {.rate_limits_query = prices->rate_limits_query}, memory);
  if (!explanation) {
    const graphql::Problem& problem = explanation.error();
    if (options.json) {
      fmt::print("{}\n", problem_as_json(problem));
      return 1;
    }
    return fail(fmt::format("{}:{}:{}: {}", options.query, problem.place.line, problem.place.column,
                            problem.message));
  }
  if (options.json) {
    fmt::print("{}\n", explain_as_json(*explanation));
  } else {
    fmt::print("{}", explain_as_text(*explanation));
  }
  return 0;
}

}  // namespace

bool print_usage_error_as_json(const CLI::App& app, const CLI::Error& error,
                               const std::vector<std::string>& arguments) {
  const bool wanted = !arguments.empty() && arguments.front() == "explain" &&
                      std::ranges::find(arguments, "--json") != arguments.end();
  if (!wanted || error.get_exit_code() == 0) return false;
  const std::string text = usage_error(&app, error);
  const std::string message = text.substr(0, text.find('\n'));
  fmt::print("{}\n", graphql::error_as_json("usage", message, std::nullopt));
  return true;
}

void add_explain_command(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand(
      "explain",
      "Show what a GraphQL query costs, as a tree in which \">\" marks the dearest branch. The "
      "bounds of the configuration are not applied.");
  auto options = std::make_shared<ExplainOptions>();
  options->config = "tollgate.yaml";
  command->add_option("-c,--config", options->config, "The configuration (default: tollgate.yaml)");
  command->add_option("--api", options->api, "The API in it (default: the only GraphQL API)");
  command
      ->add_option("--schema", options->schema,
                   "A schema in SDL in place of a configuration, with the default costs")
      ->excludes("--config")
      ->excludes("--api");
  command->add_option("--variables", options->variables, "A JSON file with the variables");
  command->add_option("--operation", options->operation, "The operation, where there are several");
  command->add_flag("--json", options->json, "One line of JSON, errors too");
  command->add_option("query", options->query, "A file with the query, or - for standard input")
      ->required();
  command->callback([&status, options] { status = explain(*options); });
}

}  // namespace tollgate
