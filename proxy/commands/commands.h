// The commands of the program. Each adds itself to the command line and leaves its exit status in
// `status`.
#pragma once

namespace CLI {
class App;
}

namespace tollgate {

void add_commands(CLI::App& app, int& status);
void add_keys_commands(CLI::App& app, int& status);
void add_explain_command(CLI::App& app, int& status);

}  // namespace tollgate
