// Edits of a keys file that leave everything else in it as it is: comments, order, layout. Text in,
// text out; no I/O but for write_file_atomically.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "conf/keys.h"

namespace tollgate {

// Each gives the whole new text, or says why the edit cannot be made. The result is read again
// before it is given back: it parses to exactly the keys of before with the one change.
[[nodiscard]] tl::expected<std::string, std::string> add_key(std::string_view text, const Key& key);
[[nodiscard]] tl::expected<std::string, std::string> remove_key(std::string_view text,
                                                                const std::string& name);
[[nodiscard]] tl::expected<std::string, std::string> set_disabled(std::string_view text,
                                                                  const std::string& name,
                                                                  bool disabled);
enum class OldSecrets { kKeep, kDrop };
[[nodiscard]] tl::expected<std::string, std::string> add_secret(std::string_view text,
                                                                const std::string& name,
                                                                const SecretHash& secret);
// Keeps the last secret alone.
[[nodiscard]] tl::expected<std::string, std::string> drop_old_secrets(std::string_view text,
                                                                      const std::string& name);

// Replaces the file whole or not at all: a new file beside it, synced, then renamed over it. Its
// mode is kept; a new one may be read by its owner alone. A link is followed.
[[nodiscard]] tl::expected<void, std::string> write_file_atomically(const std::string& file,
                                                                    std::string_view text);

}  // namespace tollgate
