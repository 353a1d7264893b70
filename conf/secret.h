// Secrets: "prefix_" + 160 random bits in base62 + a checksum in base62, so that a mistyped one is
// known as such.
#pragma once

#include <string>
#include <string_view>

#include "conf/keys.h"

namespace tollgate {

enum class SecretForm {
  kWellFormed,  // has the form and its checksum is right
  kMistyped,    // has the form and its checksum is wrong
  kForeign,     // another form: made elsewhere
};

// A new secret from the system's random source. `prefix` without the underscore.
[[nodiscard]] std::string make_secret(std::string_view prefix);
[[nodiscard]] SecretForm secret_form(std::string_view secret);
[[nodiscard]] SecretHash hash_secret(std::string_view secret);
// "sha256:" and 64 lower-case hexadecimal digits.
[[nodiscard]] std::string format_secret_hash(const SecretHash& hash);

}  // namespace tollgate
