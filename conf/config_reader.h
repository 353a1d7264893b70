// Reads tollgate.yaml into a Config. Every mistake is reported, not only the first; nothing throws.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "conf/config.h"
#include "conf/diagnostic.h"

namespace tollgate {

// Looks a variable of the process's environment up, for ${NAME}.
using EnvironmentLookup = std::function<std::optional<std::string>(const std::string& name)>;
[[nodiscard]] EnvironmentLookup process_environment();

struct LoadedConfig {
  Config config;
  // What is written correctly and has no effect in this version yet. `run` refuses to start while
  // there is any: a rule that is configured and not enforced must never pass in silence.
  Diagnostics not_built;
  std::vector<NamedFile> files;
  // Where settings stand that only a schema shows to be wrong; without messages.
  Diagnostics settings;
};

// `file` names the text in errors, and relative paths in the text are relative to its folder.
[[nodiscard]] tl::expected<LoadedConfig, Diagnostics> parse_config(std::string_view text,
                                                                   const std::string& file,
                                                                   const EnvironmentLookup& lookup);
[[nodiscard]] tl::expected<LoadedConfig, Diagnostics> read_config(const std::string& file,
                                                                  const EnvironmentLookup& lookup);

// For who lists the mistakes of all files together: what the file says where it is right, and its
// mistakes.
struct ConfigReading {
  LoadedConfig loaded;
  Diagnostics problems;
};
[[nodiscard]] ConfigReading read_what_is_right(const std::string& file,
                                               const EnvironmentLookup& lookup);

// admin.address alone, whatever else is wrong in the file.
[[nodiscard]] tl::expected<Endpoint, Diagnostics> read_admin_address(
    const std::string& file, const EnvironmentLookup& lookup);

}  // namespace tollgate
