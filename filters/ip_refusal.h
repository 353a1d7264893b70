// The refusal that address lists share.
#pragma once

#include <optional>
#include <string_view>

#include "conf/ip.h"
#include "filters/filter.h"

namespace tollgate {

// `whose`: "this API", "this key". None: the client's address could not be read.
[[nodiscard]] Verdict refuse_address(const std::optional<IpAddress>& client,
                                     std::string_view whose);

}  // namespace tollgate
