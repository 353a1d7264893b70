// The commands of the program. Each adds itself to the command line and leaves its exit status in
// `status`.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
class Error;
}  // namespace CLI

namespace tollgate {

void add_commands(CLI::App& app, int& status);
void add_keys_commands(CLI::App& app, int& status);
void add_explain_command(CLI::App& app, int& status);

// What is wrong with the command line. Unlike CLI11's own text it names what was found where a
// subcommand should be.
[[nodiscard]] std::string usage_error(const CLI::App* app, const CLI::Error& error);
// The same as JSON on standard output, where `explain --json` is what is used wrongly. False: it is
// not, and nothing is printed.
bool print_usage_error_as_json(const CLI::App& app, const CLI::Error& error,
                               const std::vector<std::string>& arguments);

}  // namespace tollgate
