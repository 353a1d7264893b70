// See forwarded.h. Any thread.
#include "filters/forwarded.h"

#include <algorithm>
#include <utility>

#include "filters/field_text.h"
#include "filters/request.h"

namespace tollgate {
namespace {

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// RFC 7239, 6.3: "_" and at least one letter, digit, ".", "_" or "-".
bool is_obfuscated(std::string_view text) {
  return text.size() > 1 && text.starts_with('_') &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '.' || c == '_' || c == '-';
         });
}

bool is_port_or_obfuscated(std::string_view text) { return is_port(text) || is_obfuscated(text); }

std::optional<IpAddress> address_of(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address ? std::optional(*address) : std::nullopt;
}

using PortCheck = bool (*)(std::string_view);

std::optional<IpAddress> bracketed(std::string_view node, PortCheck is_right_port) {
  const std::size_t end = node.find(']');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view rest = node.substr(end + 1);
  if (!rest.empty() && (rest[0] != ':' || !is_right_port(rest.substr(1)))) return std::nullopt;
  const std::string_view inside = node.substr(1, end - 1);
  if (inside.find(':') == std::string_view::npos) return std::nullopt;
  return address_of(inside);
}

std::optional<IpAddress> v4_with_port(std::string_view node, PortCheck is_right_port) {
  const std::size_t colon = node.find(':');
  if (colon != std::string_view::npos && !is_right_port(node.substr(colon + 1))) {
    return std::nullopt;
  }
  return address_of(node.substr(0, colon));
}

// How many backslashes stand right before `at`.
std::size_t backslashes_before(std::string_view text, std::size_t at) {
  std::size_t count = 0;
  while (count < at && text[at - count - 1] == '\\') ++count;
  return count;
}

// Reads "token=value" off the front; false: it is none. `value` has its escapes undone.
bool take_pair(std::string_view& rest, std::string_view& name, std::string& value) {
  value.clear();
  name = take_token(rest);
  if (name.empty() || !rest.starts_with('=')) return false;
  rest.remove_prefix(1);
  if (rest.starts_with('"')) return take_quoted_string(rest, value);
  value = take_token(rest);
  return !value.empty();
}

void skip_blanks(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
}

}  // namespace

std::string_view take_last_forwarded(std::string_view& list) {
  bool quoted = false;
  for (std::size_t i = list.size(); i-- > 0;) {
    // An opening quote stands behind "=", an escaped one behind an odd number of backslashes.
    if (list[i] == '"' && !(quoted && backslashes_before(list, i) % 2 == 1)) quoted = !quoted;
    if (list[i] != ',' || quoted) continue;
    const std::string_view last = list.substr(i + 1);
    list = list.substr(0, i);
    return trimmed(last);
  }
  return trimmed(std::exchange(list, {}));
}

std::optional<std::string> forwarded_for(std::string_view element) {
  std::optional<std::string> found;
  std::string_view rest = element;
  std::string_view name;
  std::string value;
  while (true) {
    skip_blanks(rest);
    if (!rest.empty() && rest.front() != ';') {  // a pair may be left empty
      if (!take_pair(rest, name, value)) return std::nullopt;
      if (equals_ignoring_case(name, "for")) {
        if (found) return std::nullopt;
        found = value;
      }
      skip_blanks(rest);
    }
    if (rest.empty()) return found;
    if (rest.front() != ';') return std::nullopt;
    rest.remove_prefix(1);
  }
}

std::optional<IpAddress> forwarded_node(std::string_view node) {
  if (node.starts_with('[')) return bracketed(node, is_port_or_obfuscated);
  return v4_with_port(node, is_port_or_obfuscated);
}

std::optional<IpAddress> x_forwarded_for_node(std::string_view node) {
  if (node.starts_with('[')) return bracketed(node, is_port);
  if (std::count(node.begin(), node.end(), ':') > 1) return address_of(node);
  return v4_with_port(node, is_port);
}

}  // namespace tollgate
