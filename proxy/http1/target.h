// Request targets (RFC 9112, 3.2) and authorities, checked so that no two readers can take one path
// for another. No state.
#pragma once

#include <string_view>

#include <tl/expected.hpp>

#include "filters/request.h"

namespace tollgate::http1 {

struct Target {
  std::string_view target;     // as in RequestHead
  std::string_view path;       // as in RequestHead
  std::string_view query;      // as in RequestHead
  std::string_view authority;  // of an absolute-form, else empty
};

// `raw` has no space. Errors are static phrases. Accepted: origin-form; absolute-form of http and
// https; "*" with OPTIONS; authority-form with CONNECT. The path is RFC 3986 characters without
// what a second decoding could turn into another path: dot segments, encoded slashes, backslashes,
// control characters and unreserved characters, but "~". The query may contain the raw []{}| that
// many clients send, which RFC 3986 would have encoded.
[[nodiscard]] tl::expected<Target, std::string_view> parse_target(std::string_view raw,
                                                                  Method method);

// Host and optional port: unreserved characters (RFC 3986) or an IPv6 address in brackets, port 0
// to 65535. Stricter than RFC 3986: no userinfo, sub-delims or percent-encoding, not empty.
[[nodiscard]] bool is_authority(std::string_view text);

}  // namespace tollgate::http1
