// What keys and the beginnings of their secrets may be called.
#pragma once

#include <string_view>

namespace tollgate {

inline constexpr std::string_view kKeyNameForm =
    "has 1 to 128 letters, digits and marks of \"-_.@:/\", without blanks";

[[nodiscard]] bool is_key_name(std::string_view text);
[[nodiscard]] bool is_key_prefix(std::string_view text);  // "", too, which stands for none

}  // namespace tollgate
