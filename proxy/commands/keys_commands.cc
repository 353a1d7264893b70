// keys add, list, show, disable, enable, rotate, remove. Main thread.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "proxy/commands/commands.h"

namespace tollgate {

void add_keys_commands(CLI::App&, int&) {}

}  // namespace tollgate
