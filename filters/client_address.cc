// See client_address.h. Any thread. The lists are read from the back, so that nothing that stands
// before the first address that is not trusted is ever looked at.
#include "filters/client_address.h"

#include <algorithm>

namespace tollgate {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80".
std::optional<IpAddress> read_node(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && (rest[0] != ':' || !is_port(rest.substr(1)))) return std::nullopt;
    const std::string_view inside = text.substr(1, end - 1);
    if (inside.find(':') == std::string_view::npos) return std::nullopt;
    const auto address = IpAddress::parse(inside);
    return address ? std::optional(*address) : std::nullopt;
  }
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
    if (!is_port(text.substr(colon + 1))) return std::nullopt;
    text = text.substr(0, colon);
  }
  const auto address = IpAddress::parse(text);
  return address ? std::optional(*address) : std::nullopt;
}

// The value of "for" in one element of Forwarded (RFC 7239, 4); nothing where there is none.
std::string_view for_parameter(std::string_view element) {
  while (!element.empty()) {
    const std::size_t end = std::min(element.find(';'), element.size());
    const std::string_view pair = trimmed(element.substr(0, end));
    element.remove_prefix(std::min(end + 1, element.size()));
    if (pair.size() < 5 || !equals_ignoring_case(pair.substr(0, 4), "for=")) continue;
    std::string_view value = pair.substr(4);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return value;
  }
  return {};
}

// Takes the last element off a list; commas within quotes do not separate.
std::string_view take_last(std::string_view& list) {
  bool quoted = false;
  for (std::size_t i = list.size(); i > 0; --i) {
    if (list[i - 1] == '"') quoted = !quoted;
    if (list[i - 1] != ',' || quoted) continue;
    const std::string_view last = list.substr(i);
    list = list.substr(0, i - 1);
    return trimmed(last);
  }
  return trimmed(std::exchange(list, {}));
}

}  // namespace

std::optional<IpAddress> client_address(const ClientAddressConfig& config, const IpAddress& peer,
                                        const RequestHead& request) {
  if (config.header == ClientAddressHeader::kNone || !contains(config.trusted_proxies, peer)) {
    return peer;
  }
  const bool forwarded = config.header == ClientAddressHeader::kForwarded;
  const HeaderId id = forwarded ? HeaderId::kForwarded : HeaderId::kXForwardedFor;
  IpAddress leftmost = peer;
  for (auto field = request.headers.rbegin(); field != request.headers.rend(); ++field) {
    if (field->id != id) continue;
    std::string_view list = field->value;
    while (!list.empty()) {
      std::string_view element = take_last(list);
      if (element.empty()) continue;  // empty elements of a list count as none (RFC 9110, 5.6.1)
      if (forwarded) element = for_parameter(element);
      const auto address = read_node(element);
      if (!address) return std::nullopt;
      if (!contains(config.trusted_proxies, *address)) return *address;
      leftmost = *address;
    }
  }
  return leftmost;
}

}  // namespace tollgate
