// Media types of Content-Type and Accept (RFC 9110, 8.3 and 12.5.1).
#pragma once

#include <string_view>

namespace tollgate {

// "application/json" of "Application/JSON; charset=utf-8", without regard to case.
[[nodiscard]] bool is_media_type(std::string_view content_type, std::string_view type);
// application/json, text/json, or any subtype with the suffix +json.
[[nodiscard]] bool is_json(std::string_view content_type);
// How much Accept wants exactly this type: 0 to 1000; -1: not named (a wildcard does not count).
[[nodiscard]] int named_quality(std::string_view accept, std::string_view type);

}  // namespace tollgate
