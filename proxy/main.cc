// The program: reads the command line and hands over to a command. Exit status: 0 well, 1 the input
// is at fault, 2 usage.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "proxy/commands/commands.h"

int main(int argc, char** argv) {
  CLI::App app(
      "Tollgate: a reverse-proxy sidecar that lets in the callers who hold a valid key from an "
      "allowed address.");
  app.require_subcommand(1);
  app.get_formatter()->column_width(32);
  app.failure_message(tollgate::usage_error);
  int status = 0;
  tollgate::add_commands(app, status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tollgate: %s\n", error.what());
    return 1;
  }
  return status;
}
