// Addresses that mail goes to.
#pragma once

#include <string_view>

namespace tollgate {

// "ops@acme.example": one "@" with something on both sides, and no character that could end the
// address or begin another in a mail's head.
[[nodiscard]] bool is_mail_address(std::string_view text);

}  // namespace tollgate
