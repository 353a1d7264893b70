// The lists that proxies write down whom they speak for in: X-Forwarded-For, and Forwarded with its
// quoted strings (RFC 7239). No state.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "conf/ip.h"

namespace tollgate {

// Takes the last element off the value of Forwarded. Commas within quoted strings do not separate.
// Read from the back, so that nothing that stands further left has a say in where an element that
// is well-formed begins.
[[nodiscard]] std::string_view take_last_forwarded(std::string_view& list);

// The value of "for" in one element of Forwarded, escapes undone; none: the element is malformed,
// or has no "for", or two.
[[nodiscard]] std::optional<std::string> forwarded_for(std::string_view element);

// The address in a node of Forwarded (RFC 7239, 6): "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]",
// "[2001:db8::1]:80"; the port may be obfuscated. None: it names no address.
[[nodiscard]] std::optional<IpAddress> forwarded_node(std::string_view node);

// The address in an entry of X-Forwarded-For: as a node of Forwarded with a number as its port, and
// IPv6 without brackets too.
[[nodiscard]] std::optional<IpAddress> x_forwarded_for_node(std::string_view node);

}  // namespace tollgate
