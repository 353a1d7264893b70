// The PROXY protocol, versions 1 and 2, as its specification of 2020 has it (section 2): who the
// client of a load balancer is, in front of everything else on a connection. Bytes in, values out.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <tl/expected.hpp>

#include "conf/ip.h"

namespace tollgate {

struct ProxyHeader {
  std::size_t bytes = 0;  // that it takes; what follows belongs to the connection
  // None: the sender speaks for itself (LOCAL, UNKNOWN, or no address of IP).
  std::optional<IpAddress> client;
};

// The longest that is taken: a TCP address of version 2 and some TLVs.
inline constexpr std::size_t kMostProxyHeaderBytes = 4096;

// None: it is not complete yet. The error says what is wrong, for people.
[[nodiscard]] tl::expected<std::optional<ProxyHeader>, std::string_view> parse_proxy_header(
    std::string_view bytes);

}  // namespace tollgate
