// See media_parameter.h. Any thread.
#include "filters/media_parameter.h"

#include "filters/request.h"

namespace tollgate {
namespace {

constexpr std::string_view kBlank = " \t";
constexpr std::string_view kTokenEnd = " \t;\"";

void skip_blank(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlank), rest.size()));
}

// The value at the front, quoted or not. None: a quotation mark has no partner.
std::optional<std::string> take_value(std::string_view& rest) {
  if (!rest.starts_with('"')) {
    const std::string_view token = rest.substr(0, rest.find_first_of(kTokenEnd));
    rest.remove_prefix(token.size());
    return std::string(token);
  }
  std::string value;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return value;
    }
    if (rest[i] == '\\' && ++i == rest.size()) break;
    value += rest[i];
  }
  return std::nullopt;
}

}  // namespace

tl::expected<std::optional<std::string>, std::string> media_parameter(std::string_view content_type,
                                                                      std::string_view name) {
  std::optional<std::string> found;
  std::string_view rest = content_type;
  rest.remove_prefix(std::min(rest.find(';'), rest.size()));
  while (!rest.empty()) {
    rest.remove_prefix(1);  // ";"
    skip_blank(rest);
    if (rest.empty() || rest.starts_with(';')) continue;
    const std::size_t equals = rest.find_first_of("=;");
    if (equals == std::string_view::npos || rest[equals] != '=') {
      return tl::unexpected(std::string("The Content-Type has a parameter without a value."));
    }
    const std::string_view each = rest.substr(0, equals);
    rest.remove_prefix(equals + 1);
    std::optional<std::string> value = take_value(rest);
    skip_blank(rest);
    if (!value || (!rest.empty() && !rest.starts_with(';'))) {
      return tl::unexpected(std::string("The Content-Type's parameters cannot be read."));
    }
    if (!equals_ignoring_case(each, name)) continue;
    if (found) {
      return tl::unexpected("The Content-Type has the parameter \"" + std::string(name) +
                            "\" twice.");
    }
    found = std::move(value);
  }
  return found;
}

}  // namespace tollgate
