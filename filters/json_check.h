// Whether bytes are JSON (RFC 8259).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tollgate {

// None: they are. Else the offset of the byte, from 0, where they cease to be. Thread-safe.
[[nodiscard]] std::optional<std::size_t> json_error_offset(std::string_view bytes);

}  // namespace tollgate
