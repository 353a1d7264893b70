// The head of a request as the codec read it: views into the connection's buffer, valid while the
// call lasts.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tollgate {

struct HeaderField {
  std::string_view name;   // as received
  std::string_view value;  // without surrounding white space
};

// The fields that Tollgate itself reads or writes, found once while parsing so that nobody compares
// names again.
enum class HeaderId : std::uint8_t {
  kOther,
  kAccept,
  kAccessControlRequestMethod,
  kAuthorization,
  kConnection,
  kContentEncoding,
  kContentLength,
  kContentType,
  kCookie,
  kExpect,
  kForwarded,
  kHost,
  kHttp2Settings,
  kKeepAlive,
  kOrigin,
  kProxyAuthenticate,
  kProxyAuthorization,
  kProxyConnection,
  kTe,
  kTollgateClientCertificate,
  kTollgateComplexity,
  kTollgateEnvironment,
  kTollgateKey,
  kTraceparent,
  kTrailer,
  kTransferEncoding,
  kUpgrade,
  kUserAgent,
  kXForwardedFor,
  kXForwardedHost,
  kXForwardedProto,
  kXRequestId,
};

struct Header : HeaderField {
  HeaderId id = HeaderId::kOther;
};

enum class Method : std::uint8_t {
  kGet,
  kHead,
  kPost,
  kPut,
  kPatch,
  kDelete,
  kOptions,
  kConnect,
  kTrace,
  kOther
};

// RFC 9110 section 9.2.2.
[[nodiscard]] constexpr bool is_idempotent(Method method) {
  return method != Method::kPost && method != Method::kPatch && method != Method::kConnect &&
         method != Method::kOther;
}

struct RequestHead {
  Method method = Method::kOther;
  std::string_view method_name;  // as received
  std::string_view target;       // origin-form, exactly the bytes that go upstream: path and query
  std::string_view path;         // target up to "?"
  std::string_view query;        // after "?", without it
  std::string_view host;         // the authority: Host, which absolute-form must equal
  int minor_version = 1;         // HTTP/1.x
  std::span<const Header> headers;

  // The first field of this id, or null.
  [[nodiscard]] const Header* find(HeaderId id) const {
    for (const Header& header : headers) {
      if (header.id == id) return &header;
    }
    return nullptr;
  }
};

// RFC 9110 section 9.2.1, of the methods that are known.
[[nodiscard]] constexpr bool is_safe(Method method) {
  return method == Method::kGet || method == Method::kHead || method == Method::kOptions ||
         method == Method::kTrace;
}

// Whether a body follows the head, as its framing says.
[[nodiscard]] bool has_body(const RequestHead& request);

// Whether `name` equals `protected_name` once "_" and "." are read as "-", without being that name
// itself: another server might take it for the protected one (CGI and WSGI do).
[[nodiscard]] bool is_twin_of(std::string_view name, std::string_view protected_name);

// Whether one of the Connection fields names this field (RFC 9110, 7.6.1).
[[nodiscard]] bool named_by_connection(std::span<const Header> headers, std::string_view name);

// ASCII, without regard to case: for field names, schemes and hosts.
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace tollgate
