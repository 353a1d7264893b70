// Whole files that the operator wrote, or Tollgate itself.
#pragma once

#include <cstddef>
#include <string>

#include <tl/expected.hpp>

namespace tollgate {

// The bytes of a regular file, at most `most` of them. Never waits for a pipe or reads a device
// without an end. The error says why it cannot be read, to follow the file's name.
[[nodiscard]] tl::expected<std::string, std::string> read_regular_file(const std::string& file,
                                                                       std::size_t most);

// At most 16 MiB, without a byte order mark.
[[nodiscard]] tl::expected<std::string, std::string> read_text_file(const std::string& file);

}  // namespace tollgate
