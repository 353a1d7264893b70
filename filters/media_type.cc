// See media_type.h.
#include "filters/media_type.h"

#include <algorithm>

#include "filters/field_text.h"

namespace tollgate {
namespace {

std::string_view type_of(std::string_view value) {
  return trimmed(value.substr(0, value.find(';')));
}

// token "/" token (RFC 9110, 8.3.1). Of anything else, such as a list, servers take one part or
// another for the type.
bool is_type(std::string_view text) {
  if (take_token(text).empty() || !text.starts_with('/')) return false;
  text.remove_prefix(1);
  return !take_token(text).empty() && text.empty();
}

// "0.5" as 500; what is no quality counts as 1.
int quality_from(std::string_view number) {
  if (!number.starts_with('0')) return 1000;
  int quality = 0;
  int scale = 100;
  for (const char c : number.substr(std::min<std::size_t>(2, number.size()))) {
    if (c < '0' || c > '9' || scale == 0) break;
    quality += (c - '0') * scale;
    scale /= 10;
  }
  return quality;
}

int quality_of(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view each = trimmed(take_until(parameters, ';'));
    if (each.starts_with("q=") || each.starts_with("Q=")) return quality_from(each.substr(2));
  }
  return 1000;
}

// How closely a range of Accept describes the type: 0 not at all, 3 by its name.
int closeness(std::string_view range, std::string_view type) {
  if (equals_ignoring_case(range, type)) return 3;
  if (range == "*/*") return 1;
  if (!range.ends_with("/*")) return 0;
  const std::string_view family = range.substr(0, range.size() - 1);
  return equals_ignoring_case(family, type.substr(0, family.size())) ? 2 : 0;
}

}  // namespace

bool is_media_type(std::string_view content_type, std::string_view type) {
  return equals_ignoring_case(type_of(content_type), type);
}

bool is_json(std::string_view content_type) {
  const std::string_view type = type_of(content_type);
  if (equals_ignoring_case(type, "application/json") || equals_ignoring_case(type, "text/json")) {
    return true;
  }
  constexpr std::string_view kSuffix = "+json";
  return is_type(type) && type.size() > kSuffix.size() &&
         equals_ignoring_case(type.substr(type.size() - kSuffix.size()), kSuffix);
}

Acceptance acceptance_of(std::span<const Header> headers, std::string_view type) {
  bool any = false;
  int closest = 0;
  int best = 0;
  for (const Header& header : headers) {
    if (header.id != HeaderId::kAccept) continue;
    for (std::string_view rest = header.value; !rest.empty();) {
      std::string_view range = take_until(rest, ',');
      const std::string_view name = trimmed(take_until(range, ';'));
      if (name.empty()) continue;
      any = true;
      const int close = closeness(name, type);
      if (close == 0 || close < closest) continue;
      best = close > closest ? quality_of(range) : std::max(best, quality_of(range));
      closest = close;
    }
  }
  if (!any) return {};
  return {best, closest == 3};
}

std::string_view graphql_answer_type(std::span<const Header> headers) {
  const Acceptance graphql = acceptance_of(headers, "application/graphql-response+json");
  const bool preferred = graphql.named && graphql.quality > 0 &&
                         graphql.quality >= acceptance_of(headers, "application/json").quality;
  return preferred ? "application/graphql-response+json; charset=utf-8"
                   : "application/json; charset=utf-8";
}

}  // namespace tollgate
