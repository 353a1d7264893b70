// A whole text file that the operator wrote.
#pragma once

#include <string>

#include <tl/expected.hpp>

namespace tollgate {

// At most 16 MiB, without a byte order mark. The error says why it cannot be read.
[[nodiscard]] tl::expected<std::string, std::string> read_text_file(const std::string& file);

}  // namespace tollgate
