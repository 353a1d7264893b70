// See refusal.h. Any thread.
#include "filters/refusal.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "filters/limits_report.h"
#include "filters/media_type.h"

namespace tollgate {
namespace {

using Json = nlohmann::ordered_json;

// `type` of problem details (RFC 9457, 3.1.1): names the reason for good and can be looked up in
// the README.
constexpr std::string_view kTypePrefix = "urn:tollgate:reason:";

}  // namespace

std::string_view status_text_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Refused";
  }
}

namespace {

void add_window(Json& object, const Note::Window& window) {
  object["measure"] = word_of(window.measure);
  object["window"] = window.name;
  object["scope"] = window.scope;
  object["limit"] = window.limit;
  object["used"] = window.used;
  object["asked"] = window.asked;
  if (window.resets_in_s) object["resets_in"] = *window.resets_in_s;
}

// What both forms carry beside their own members.
void add_members(Json& object, const Note& note) {
  if (note.offset) object["offset"] = *note.offset;
  if (note.place) {
    object["line"] = note.place->line;
    object["column"] = note.place->column;
  }
  if (!note.measure.empty()) {
    object["measure"] = note.measure;
    object["asked"] = note.asked;
    object["limit"] = note.limit;
  }
  if (note.retry_after_s) object["retryAfterSeconds"] = *note.retry_after_s;
}

// Bytes from the wire may be no UTF-8; an answer always is.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Who names plain JSON and not GraphQL's own media type is older than the latter, and takes any
// other status than 200 for the word of something that knows no GraphQL (GraphQL over HTTP on
// legacy clients).
bool is_older_client(std::span<const Header> headers) {
  const Acceptance json = acceptance_of(headers, "application/json");
  return json.named && json.quality > 0 &&
         !acceptance_of(headers, "application/graphql-response+json").named;
}

int status_of(ApiKind kind, const RequestHead* request, const ReasonRow& row, const Note& note) {
  if (note.status) return *note.status;
  const bool document_is_wrong =
      kind == ApiKind::kGraphql && row.reason == Reason::kGraphqlInvalid && note.place.has_value();
  if (document_is_wrong && request != nullptr && is_older_client(request->headers)) return 200;
  return row.status;
}

Json graphql_error(const ReasonRow& row, const Note& note) {
  Json extensions;
  extensions["code"] = note.code.empty() ? row.code : note.code;
  extensions["reason"] = row.word;
  add_members(extensions, note);
  Json error;
  error["message"] = note.detail;
  if (note.place) {
    error["locations"] =
        Json::array({{{"line", note.place->line}, {"column", note.place->column}}});
  }
  error["extensions"] = std::move(extensions);
  return error;
}

// The members that clients of Centra's API know.
void add_rate_limit(Json& extensions, const Note::Window& window) {
  const std::uint64_t used = std::min(window.used, window.limit);
  extensions["category"] = "rateLimit";
  extensions["type"] = rate_limit_type(window.measure);
  extensions["intervalSeconds"] = rate_limit_interval(window.length);
  extensions["quota"] = window.limit;
  extensions["usedQuota"] = used;
  extensions["remainingQuota"] = window.limit - used;
}

Json graphql_errors(const ReasonRow& row, const Note& note) {
  Json errors = Json::array();
  if (note.windows.empty()) errors.push_back(graphql_error(row, note));
  for (const Note::Window& window : note.windows) {
    Json error = graphql_error(row, note);
    error["message"] = window.detail;
    add_window(error["extensions"], window);
    add_rate_limit(error["extensions"], window);
    errors.push_back(std::move(error));
  }
  return errors;
}

void render_graphql(Refusal& refusal, const RequestHead* request, const ReasonRow& row,
                    const Note& note) {
  refusal.content_type = graphql_answer_type(request == nullptr ? std::span<const Header>()
                                                                : std::span(request->headers));
  Json body;
  body["errors"] = graphql_errors(row, note);
  if (note.complexity) body["extensions"]["complexity"] = *note.complexity;
  refusal.body = dump(body);
}

void render_problem(Refusal& refusal, const ReasonRow& row, const Note& note) {
  refusal.content_type = "application/problem+json";
  Json body;
  body["type"] = std::string(kTypePrefix) + std::string(row.word);
  body["title"] = row.title;
  body["status"] = refusal.status;
  body["detail"] = note.detail;
  body["reason"] = row.word;
  add_members(body, note);
  if (!note.windows.empty()) add_window(body, note.windows.front());
  for (std::size_t i = 0; note.windows.size() > 1 && i < note.windows.size(); ++i) {
    add_window(body["windows"].emplace_back(), note.windows[i]);
  }
  refusal.body = dump(body);
}

void add_header(Refusal& refusal, std::string_view name, std::string_view value) {
  if (value.empty() || value.find_first_of("\r\n") != std::string_view::npos) return;
  refusal.headers += fmt::format("{}: {}\r\n", name, value);
}

}  // namespace

Note no_api_note() {
  Note note;
  note.detail =
      "There is no API at this path and host. Check the base path of the address that you call.";
  return note;
}

Note body_too_large_note(std::uint64_t most, std::optional<std::uint64_t> length) {
  Note note;
  note.detail = length ? fmt::format("The body has {} bytes; at most {} are taken.", *length, most)
                       : fmt::format("The body is longer than the {} bytes that are taken.", most);
  note.detail += " Send less in one call, or ask the API's operator for a higher bound.";
  return note;
}

std::string render_errors(Reason reason, const Note& note) {
  return dump(graphql_errors(row_of(reason), note));
}

Refusal render_answer(const OwnAnswer& answer) {
  Refusal rendered;
  rendered.status = 200;
  rendered.status_text = status_text_of(rendered.status);
  rendered.content_type = answer.content_type;
  rendered.body = answer.body;
  return rendered;
}

Refusal render_refusal(ApiKind kind, const RequestHead* request, Reason reason, const Note& note) {
  const ReasonRow& row = row_of(reason);
  Refusal refusal;
  refusal.status = status_of(kind, request, row, note);
  refusal.status_text = status_text_of(refusal.status);
  if (kind == ApiKind::kGraphql && !note.concealed) {
    render_graphql(refusal, request, row, note);
  } else {
    render_problem(refusal, row, note);
  }
  add_header(refusal, "WWW-Authenticate", note.authenticate);
  add_header(refusal, "Allow", note.allow);
  refusal.cache_control = note.cache_control;
  if (note.retry_at) {
    add_header(refusal, "Retry-After", http_date(*note.retry_at));
  } else if (note.retry_after_s) {
    add_header(refusal, "Retry-After", std::to_string(*note.retry_after_s));
  } else if (reason == Reason::kOverloaded) {
    add_header(refusal, "Retry-After", "1");  // nobody knows; so clients that wait do not wait long
  }
  return refusal;
}

}  // namespace tollgate
