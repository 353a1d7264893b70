// HTTP/1.1 heads and bodies, strictly: bytes in, values out, no I/O. RFC 9110 and 9112, with
// ambiguity refused rather than repaired. Everything returned is a view into the bytes given (but
// for the target "*" of an OPTIONS request in absolute-form, which is static). Used by every
// worker; no state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "filters/request.h"

namespace tollgate::http1 {

struct HeadLimits {
  std::size_t max_bytes = std::size_t{32} * 1024;  // start line and fields, with the empty line
  std::size_t max_fields = 100;
};

enum class Framing : std::uint8_t {
  kNone,    // no body
  kLength,  // exactly `content_length` bytes
  kChunked,
  kUntilClose,  // responses only
};

// Why bytes are not a head.
struct HeadError {
  // Requests: 400, 431 or 505; 0: close without an answer (HTTP/0.9). Responses: always 502.
  int status = 400;
  std::string_view what;  // a static phrase for the answer's detail: "Content-Length and
                          // Transfer-Encoding together"
};

struct Request {
  RequestHead head;            // its `headers` span views `fields`
  std::vector<Header> fields;  // reused from request to request
  std::size_t head_bytes = 0;  // blank lines before the request line included
  Framing framing = Framing::kNone;
  std::uint64_t content_length = 0;  // with kLength
  bool keep_alive = true;            // what the client wishes, by version and Connection
  bool expects_continue = false;     // HTTP/1.1 with "Expect: 100-continue"
  bool upgrade = false;  // Connection names "upgrade" and there is an Upgrade other than h2c
  // Connection names a field that is not hop-by-hop by itself: such fields are removed too (rare;
  // see named_by_connection).
  bool connection_names_others = false;
};

struct Response {
  int minor_version = 1;
  int status = 0;
  std::string_view reason_phrase;
  std::vector<Header> fields;  // reused
  std::size_t head_bytes = 0;
  Framing framing = Framing::kNone;
  std::uint64_t content_length = 0;
  bool has_content_length = false;  // also on HEAD and 304, where it frames nothing
  bool keep_alive = true;
  bool connection_names_others = false;
};

enum class Progress : std::uint8_t { kComplete, kIncomplete };

// Parses the head at the front of `bytes`. kIncomplete: call again with more bytes behind these.
// Errors are final, and do not depend on how the bytes arrive: an error in the request line is told
// once that line is there, one in a field once the field is. Only after kComplete does `request`
// mean anything. Bytes behind the head are not looked at.
[[nodiscard]] tl::expected<Progress, HeadError> parse_request(std::string_view bytes,
                                                              const HeadLimits& limits,
                                                              Request& request);
// `request_method` decides about the body (HEAD). A 1xx head comes back with framing kNone.
[[nodiscard]] tl::expected<Progress, HeadError> parse_response(std::string_view bytes,
                                                               const HeadLimits& limits,
                                                               Method request_method,
                                                               Response& response);

// Whether a proxy must take the field out before forwarding, whatever Connection says (RFC
// 9110, 7.6.1).
[[nodiscard]] constexpr bool is_hop_by_hop(HeaderId id) {
  return id == HeaderId::kConnection || id == HeaderId::kKeepAlive ||
         id == HeaderId::kProxyConnection || id == HeaderId::kTe || id == HeaderId::kTrailer ||
         id == HeaderId::kTransferEncoding || id == HeaderId::kUpgrade ||
         id == HeaderId::kHttp2Settings || id == HeaderId::kProxyAuthenticate ||
         id == HeaderId::kProxyAuthorization;
}

// Whether the name is a twin (see is_twin_of) of one that Tollgate always protects: framing,
// forwarding and identity fields. Such a request is refused by parse_request, as is one whose
// Connection names a protected field.
[[nodiscard]] bool is_protected_twin(std::string_view name);

}  // namespace tollgate::http1
