// run, check, healthcheck and version. Main thread.
#include "proxy/commands/commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "conf/config_reader.h"
#include "conf/keys.h"
#include "conf/suggestion.h"
#include "proxy/commands/healthcheck.h"
#include "proxy/graphql_files.h"
#include "proxy/run.h"
#include "proxy/tls_files.h"
#include "proxy/version.h"

namespace tollgate {
namespace {

constexpr const char* kConfigHelp = "The configuration (default: tollgate.yaml)";

void print(const Diagnostics& problems) {
  for (const Diagnostic& problem : problems) fmt::print(stderr, "{}\n", problem.text());
}

// All mistakes of configuration, keys, schemas and certificates, on standard error.
int check(const std::string& file) {
  const EnvironmentLookup environment = process_environment();
  const auto loaded = read_config(file, environment);
  const Config config = loaded ? loaded->config : read_what_is_right(file, environment);
  Diagnostics problems = loaded ? loaded->not_built : loaded.error();
  const auto add = [&](const Diagnostics& more) {
    problems.insert(problems.end(), more.begin(), more.end());
  };
  std::size_t key_count = 0;
  if (!config.keys_file.empty()) {
    const auto keys = read_keys(config.keys_file, environment);
    if (!keys) add(keys.error());
    // What a key names may stand in the part of the file that could not be read.
    if (keys && loaded) add(check_keys_against(*keys, config));
    if (keys) key_count = keys->size();
  }
  std::vector<SeenFile> read;
  for (std::size_t i = 0; i < config.apis.size(); ++i) {
    GraphqlFiles files;
    load_graphql_files(file, i, config.apis[i], {}, files, read, problems);
    (void)load_upstream_tls(config.apis[i].upstream, {}, read, problems);
  }
  for (const ListenConfig& each : config.listen) (void)load_listen_tls(each, {}, read, problems);
  print(problems);
  if (!problems.empty()) return 1;
  fmt::print("{}: well: {} listeners, {} APIs, {} keys\n", file, config.listen.size(),
             config.apis.size(), key_count);
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
  const std::string hint = suggestion(unknown.front(), names);
  return fmt::format("\"{}\" is not a subcommand of {}{}\n{}", unknown.front(), line,
                     hint.empty() ? fmt::format("; known are {}", fmt::join(names, ", ")) : hint,
                     text.substr(text.find('\n') + 1));
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
