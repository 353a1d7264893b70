// run, check, healthcheck and version. Main thread.
#include "proxy/commands/commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "conf/config_reader.h"
#include "conf/keys.h"
#include "conf/suggestion.h"
#include "proxy/commands/healthcheck.h"
#include "proxy/graphql_files.h"
#include "proxy/run.h"
#include "proxy/snapshot.h"
#include "proxy/version.h"

namespace tollgate {
namespace {

constexpr const char* kConfigHelp = "The configuration (default: tollgate.yaml)";

void print(const Diagnostics& problems) {
  for (const Diagnostic& problem : problems) fmt::print(stderr, "{}\n", problem.text());
}

void warn(const std::string& text) {
  if (!text.empty()) fmt::print(stderr, "warning: {}\n", text);
}

// A warning alone, for the file may be checked on another machine than the one that it is for.
std::string missing_folder(const char* setting, const std::string& file, const char* otherwise) {
  if (file.empty()) return {};
  std::error_code ignored;
  const auto folder = std::filesystem::absolute(file, ignored).parent_path();
  if (std::filesystem::is_directory(folder, ignored)) return {};
  return fmt::format(
      "{}: there is no folder {} here; where Tollgate runs it must exist and be writable, or {}",
      setting, folder.string(), otherwise);
}

std::string missing_folder_of_windows(const Config& config) {
  return missing_folder("limits.store.snapshot", config.limits.store.snapshot,
                        "windows are forgotten at a restart");
}

std::string missing_folder_of_log(const Config& config) {
  const std::string& path = config.access_log.path;
  return missing_folder("access_log.path", path == "stdout" || path == "off" ? "" : path,
                        "it does not start");
}

// A warning alone, for a listing of all that may be written has them beside the prices of
// operations.
std::string prices_without_effect(const Config& config) {
  std::vector<std::string> names;
  for (const ApiConfig& api : config.apis) {
    if (api.kind == ApiKind::kGraphql && !api.rest_costs.empty()) names.push_back(api.name);
  }
  if (names.empty()) return {};
  return fmt::format(
      "rest.costs has no effect on an API of kind graphql ({}), whose operations are priced: write "
      "\"kind: rest\", or remove it",
      fmt::join(names, ", "));
}

std::string missing_keys(const CheckedFiles& files, const std::string& config_file) {
  if (!files.keys.empty()) return {};
  std::vector<std::string> closed;
  for (const ApiConfig& api : files.config.apis) {
    if (api.auth.required) closed.push_back(api.name);
  }
  if (closed.empty()) return {};
  const std::string& file = files.config.keys_file;
  return fmt::format(
      "there is no key, so no call is let in to what requires one ({}): {}",
      fmt::join(closed, ", "),
      file.empty() ? "name a file of keys, for example keys: {file: keys.yaml}"
                   : fmt::format("make one with \"tollgate keys add NAME -c {}\"", config_file));
}

// All mistakes of configuration, keys, schemas and certificates, on standard error.
int check(const std::string& file) {
  const auto checked = check_files(file, process_environment());
  if (!checked) {
    print(checked.error());
    return 1;
  }
  const Config& config = checked->config;
  warn(notify_is_not_built(checked->keys));
  warn(prices_without_schema(config));
  warn(missing_folder_of_windows(config));
  warn(missing_folder_of_log(config));
  warn(prices_without_effect(config));
  warn(missing_keys(*checked, file));
  fmt::print("{}: well: {} listeners, {} APIs, {} keys\n", file, config.listen.size(),
             config.apis.size(), checked->keys.size());
  return 0;
}

int healthcheck(const std::string& file) {
  // A file that was broken since the process read it says nothing of the process.
  const auto admin = read_admin_address(file, process_environment());
  if (!admin) {
    fmt::print(stderr,
               "tollgate: the process cannot be asked, since its admin address is unknown:\n");
    print(admin.error());
    return 1;
  }
  const auto healthy = ask_health(*admin);
  if (healthy) return 0;
  fmt::print(stderr, "tollgate: {}\n", healthy.error());
  return 1;
}

// A command with -c FILE that `run` carries out.
void add_with_config(CLI::App& app, int& status, const char* name, const char* help,
                     int (*run)(const std::string& file)) {
  CLI::App* command = app.add_subcommand(name, help);
  auto file = std::make_shared<std::string>("tollgate.yaml");
  command->add_option("-c,--config", *file, kConfigHelp);
  command->callback([&status, file, run] { status = run(*file); });
}

// The command that the line gets to before something is wrong with it: "tollgate keys".
const CLI::App& last_command(const CLI::App& app, std::string& line) {
  const auto parsed = app.get_subcommands();
  if (parsed.empty()) return app;
  line += " " + parsed.front()->get_name();
  return last_command(*parsed.front(), line);
}

}  // namespace

std::string usage_error(const CLI::App* app, const CLI::Error& error) {
  const std::string text = CLI::FailureMessage::simple(app, error);
  std::string line = "tollgate";
  const CLI::App& command = last_command(*app, line);
  const std::vector<std::string> unknown = app->remaining(true);
  if (command.get_require_subcommand_min() == 0 || unknown.empty()) return text;
  std::vector<std::string> names;
  for (const CLI::App* each : command.get_subcommands(nullptr)) names.push_back(each->get_name());
  return fmt::format("\"{}\" is not a subcommand of {}{}\n{}", unknown.front(), line,
                     suggestion_or_names(unknown.front(), names), text.substr(text.find('\n') + 1));
}

void add_commands(CLI::App& app, int& status) {
  add_with_config(app, status, "run",
                  "Run the proxy.\n\nSIGTERM drains and ends it, SIGHUP reads configuration and "
                  "keys again (changed files "
                  "are taken by themselves), SIGUSR1 opens the access log again.",
                  run_proxy);
  add_with_config(
      app, status, "check",
      "Say all that is wrong with configuration, keys and schemas; exit status 1 if anything is.",
      check);
  add_keys_commands(app, status);
  add_explain_command(app, status);
  add_with_config(app, status, "healthcheck",
                  "Ask the running process's /healthz; exit status 0 if it is well, else 1.",
                  healthcheck);
  app.add_subcommand("version", "Print version and commit.")->callback([] {
    fmt::print("tollgate {} ({})\n", kVersion, kCommit);
  });
}

}  // namespace tollgate
