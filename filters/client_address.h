// Who calls: the peer, or, where the peer is a trusted proxy, the address that the header names
// (see the README).
#pragma once

#include <optional>

#include "conf/config.h"
#include "conf/ip.h"
#include "filters/request.h"

namespace tollgate {

// The header's addresses are walked from the right, and the first that is not a trusted proxy is
// the client; if all are trusted, the leftmost is. None: an entry on the way cannot be read, so the
// client is unknown. The header of a peer that is not trusted is never looked at. Several lines of
// the header are one list, in order (RFC 9110, 5.2).
[[nodiscard]] std::optional<IpAddress> client_address(const ClientAddressConfig& config,
                                                      const IpAddress& peer,
                                                      const RequestHead& request);

}  // namespace tollgate
