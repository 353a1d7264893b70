// Media types of Content-Type and Accept (RFC 9110, 8.3 and 12.5.1).
#pragma once

#include <span>
#include <string_view>

#include "filters/request.h"

namespace tollgate {

// "application/json" of "Application/JSON; charset=utf-8", without regard to case.
[[nodiscard]] bool is_media_type(std::string_view content_type, std::string_view type);
// application/json, text/json, or any subtype with the suffix +json.
[[nodiscard]] bool is_json(std::string_view content_type);

// What all Accept fields together say of one type.
struct Acceptance {
  int quality = 1000;  // 0: not acceptable, to 1000
  bool named = false;  // by its own name, not by a wildcard
};
// The most specific range that holds the type counts, of several the best (RFC 9110, 12.5.1);
// without any Accept every type is acceptable.
[[nodiscard]] Acceptance acceptance_of(std::span<const Header> headers, std::string_view type);

// The media type of a GraphQL answer: GraphQL's own for who names it and likes it no less than
// plain JSON, which all others get (GraphQL over HTTP).
[[nodiscard]] std::string_view graphql_answer_type(std::span<const Header> headers);

}  // namespace tollgate
