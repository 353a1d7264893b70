// See client_address.h. Any thread. The lists are read from the back, so that nothing that stands
// before the first address that is not trusted is ever looked at.
#include "filters/client_address.h"

#include <algorithm>

#include "filters/field_text.h"
#include "filters/forwarded.h"

namespace tollgate {
namespace {

std::string_view take_last(std::string_view& list) {
  const std::size_t comma = list.rfind(',');
  const std::size_t begin = comma == std::string_view::npos ? 0 : comma + 1;
  const std::string_view last = trimmed(list.substr(begin));
  list = list.substr(0, begin == 0 ? 0 : comma);
  return last;
}

std::optional<IpAddress> address_in(std::string_view element, ClientAddressHeader header) {
  if (header == ClientAddressHeader::kXForwardedFor) return x_forwarded_for_node(element);
  const auto node = forwarded_for(element);
  return node ? forwarded_node(*node) : std::nullopt;
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
      const std::string_view element = forwarded ? take_last_forwarded(list) : take_last(list);
      if (element.empty()) continue;  // empty elements of a list count as none (RFC 9110, 5.6.1)
      const auto address = address_in(element, config.header);
      if (!address) return std::nullopt;
      if (!contains(config.trusted_proxies, *address)) return *address;
      leftmost = *address;
    }
  }
  return leftmost;
}

}  // namespace tollgate
