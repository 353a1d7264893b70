// A refusal as the integrator reads it: one rendering for GraphQL APIs, one for REST APIs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "conf/config.h"
#include "filters/filter.h"
#include "filters/request.h"

namespace tollgate {

struct Refusal {
  int status = 0;
  std::string_view status_text;  // "Unauthorized"
  std::string content_type;
  std::string body;
  std::string cache_control;  // empty: no-store
  std::string headers;  // whole field lines, each with CRLF: WWW-Authenticate, Retry-After, Allow
};

// The words of kNoApi: the same for what does not exist and for what conceals itself.
[[nodiscard]] Note no_api_note();

// The reason phrase of a status that Tollgate itself answers with.
[[nodiscard]] std::string_view status_text_of(int status);

// The words of kBodyTooLarge: the most bytes that are taken, and how many there are, where that is
// known.
[[nodiscard]] Note body_too_large_note(std::uint64_t most,
                                       std::optional<std::uint64_t> length = std::nullopt);

// `request` may be null where no head could be read; `kind` is REST where no API was found. What is
// concealed is written for REST as well, since it must look as if no API were there. GraphQL
// answers come in application/graphql-response+json where the request's Accept names it and wants
// it at least as much as application/json, else in application/json.
[[nodiscard]] Refusal render_refusal(ApiKind kind, const RequestHead* request, Reason reason,
                                     const Note& note);

// The errors of a GraphQL answer alone, a JSON list: for answers that are not HTTP.
[[nodiscard]] std::string render_errors(Reason reason, const Note& note);

// In the same form, so that both are written the same way.
[[nodiscard]] Refusal render_answer(const OwnAnswer& answer);

}  // namespace tollgate
