// See media_parameter.h. Any thread.
#include "filters/media_parameter.h"

#include <algorithm>

#include "filters/field_text.h"
#include "filters/request.h"

namespace tollgate {
namespace {

constexpr std::string_view kBlank = " \t";
constexpr std::string_view kBareEnd = " \t;\",";  // PHP ends a boundary at a comma

void skip_blank(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlank), rest.size()));
}

// The value at the front, quoted or not. None: a quotation mark has no partner, or there is a
// backslash before it.
std::optional<std::string_view> take_value(std::string_view& rest) {
  if (!rest.starts_with('"')) {
    const std::string_view bare = rest.substr(0, rest.find_first_of(kBareEnd));
    rest.remove_prefix(bare.size());
    return bare;
  }
  const std::size_t end = rest.find_first_of("\"\\", 1);
  if (end == std::string_view::npos || rest[end] == '\\') return std::nullopt;
  const std::string_view quoted = rest.substr(1, end - 1);
  rest.remove_prefix(end + 1);
  return quoted;
}

bool holds_ignoring_case(std::string_view text, std::string_view part) {
  for (; text.size() >= part.size(); text.remove_prefix(1)) {
    if (equals_ignoring_case(text.substr(0, part.size()), part)) return true;
  }
  return false;
}

tl::unexpected<std::string> refuse(const std::string& what) {
  return tl::unexpected("The Content-Type " + what + ".");
}

}  // namespace

tl::expected<std::optional<std::string_view>, std::string> media_parameter(
    std::string_view content_type, std::string_view name) {
  std::optional<std::string_view> found;
  std::string_view rest = content_type;
  rest.remove_prefix(std::min(rest.find(';'), rest.size()));
  while (!rest.empty()) {
    rest.remove_prefix(1);  // ";"
    skip_blank(rest);
    if (rest.empty() || rest.starts_with(';')) continue;
    const std::string_view each = take_token(rest);
    if (each.empty() || !rest.starts_with('=')) {
      return refuse("has a parameter that is not written name=value");
    }
    rest.remove_prefix(1);
    const std::optional<std::string_view> value = take_value(rest);
    skip_blank(rest);
    if (!value || (!rest.empty() && !rest.starts_with(';'))) {
      return refuse("has parameters that cannot be read");
    }
    const bool wanted = equals_ignoring_case(each, name);
    // The value may hold the name only behind the name itself, where everyone finds that first.
    if ((!wanted && holds_ignoring_case(each, name)) ||
        (each != name && holds_ignoring_case(*value, name))) {
      return refuse("has \"" + std::string(name) + "\" within another parameter");
    }
    if (!wanted) continue;
    if (found) return refuse("has the parameter \"" + std::string(name) + "\" twice");
    found = value;
  }
  return found;
}

}  // namespace tollgate
