// Addresses to listen on and URLs of upstreams, as the operator writes them.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "conf/config.h"

namespace tollgate {

// "host:port", "[v6]:port" or "unix:/path". Port 0 lets the system choose.
[[nodiscard]] tl::expected<Endpoint, std::string> parse_endpoint(std::string_view text);

struct UpstreamUrl {
  UpstreamScheme scheme = UpstreamScheme::kHttp;
  Endpoint endpoint;
};
// "http://host:port", "https://host", "unix:/path"; without a path, which comes from the call.
[[nodiscard]] tl::expected<UpstreamUrl, std::string> parse_upstream_url(std::string_view text);

}  // namespace tollgate
