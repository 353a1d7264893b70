// The program: reads the command line and hands over to a command. Exit status: 0 well, 1 the input
// is at fault, 2 usage.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "proxy/commands/commands.h"

namespace {

// A missing one would go to the next file or socket, and what is written for people into that.
// Open for reading alone, so that whoever writes learns that nobody reads.
void fill_standard_descriptors() {
  for (const int each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(each, F_GETFD) == -1) (void)open("/dev/null", O_RDONLY);  // the lowest that is free
  }
}

}  // namespace

int main(int argc, char** argv) {
  fill_standard_descriptors();
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
    if (tollgate::print_usage_error_as_json(app, error, {argv + 1, argv + argc})) return 2;
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tollgate: %s\n", error.what());
    return 1;
  }
  // Whoever reads the output is to know that it is not all there.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fputs("tollgate: the output could not be written whole\n", stderr);
    return status == 0 ? 1 : status;
  }
  return status;
}
