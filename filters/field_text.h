// The pieces that field values are made of (RFC 9110, 5.6). Each `take_` function takes its piece
// off the front of `rest`. No state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tollgate {

// Without blanks and tabs at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

// As many characters of a token as there are; may be empty (5.6.2).
[[nodiscard]] std::string_view take_token(std::string_view& rest);

// A quoted string; `value` becomes what stands within, escapes undone (5.6.4). False: there is
// none, or it never ends, and `rest` is then anywhere.
[[nodiscard]] bool take_quoted_string(std::string_view& rest, std::string& value);

// All up to the next separator that is not within a quoted string, which is taken off too.
[[nodiscard]] std::string_view take_until(std::string_view& rest, char separator);

}  // namespace tollgate
