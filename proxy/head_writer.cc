// See head_writer.h.
#include "proxy/head_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "filters/credential.h"
#include "filters/text_writer.h"

namespace tollgate {
namespace {

// A string_view knows its length: nothing is counted for each call.
using namespace std::string_view_literals;

void append_field(TextWriter& out, std::string_view name, std::string_view value) {
  out.append(name).append(": "sv).append(value).append("\r\n"sv);
}

std::string_view bytes_between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

// Appends the field lines for which `drop` is false, run by run as they lie in the head.
template <typename Drop>
void append_kept_fields(TextWriter& out, std::string_view head, const std::vector<Header>& fields,
                        const Drop& drop) {
  const char* const end = head.data() + head.size() - 2;  // before the empty line
  const char* run = nullptr;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const char* const line = fields[i].name.data();
    if (!drop(fields[i], i)) {
      if (run == nullptr) run = line;
      continue;
    }
    if (run != nullptr) out.append(bytes_between(run, line));
    run = nullptr;
  }
  if (run != nullptr) out.append(bytes_between(run, end));
}

void append_target(TextWriter& out, const RequestHead& head, const ApiConfig& api) {
  const std::string_view target = upstream_target(head, api);
  if (target.empty() || target.front() == '?') out.append("/"sv);
  out.append(target);
}

// Of HTTP/1.0 without Host: the target's authority, if it has one (RFC 9112, 3.2.2).
void append_host(TextWriter& out, const RequestHead& head, const Endpoint& upstream) {
  if (!head.host.empty()) return append_field(out, "Host", head.host);
  append_field(out, "Host", upstream.is_unix() ? "localhost" : upstream.text());
}

// Whether a cookie that may hold a secret is there, so that the Cookie field is written anew.
bool has_secret_cookie(const http1::Request& request, const AuthConfig& auth) {
  if (auth.forward_credential || auth.cookies.empty()) return false;
  for (const Header& field : request.fields) {
    if (field.id != HeaderId::kCookie) continue;
    std::string_view rest = field.value;
    for (Cookie each = take_cookie(rest); !each.pair.empty(); each = take_cookie(rest)) {
      if (may_hold_secret(auth, each)) return true;
    }
  }
  return false;
}

// The Cookie field without secrets; nothing where no other cookie is left.
void append_cookies_without_secrets(TextWriter& out, const http1::Request& request,
                                    const AuthConfig& auth) {
  std::string kept;
  for (const Header& field : request.fields) {
    if (field.id != HeaderId::kCookie) continue;
    std::string_view rest = field.value;
    for (Cookie each = take_cookie(rest); !each.pair.empty(); each = take_cookie(rest)) {
      if (may_hold_secret(auth, each)) continue;
      if (!kept.empty()) kept += "; ";
      kept += each.pair;
    }
  }
  if (!kept.empty()) append_field(out, "Cookie", kept);
}

void append_forwarded_for(TextWriter& out, const http1::Request& request, std::string_view peer) {
  out.append("X-Forwarded-For: "sv);
  for (const Header& field : request.fields) {
    if (field.id == HeaderId::kXForwardedFor && !field.value.empty()) {
      out.append(field.value).append(", "sv);
    }
  }
  out.append(peer).append("\r\n"sv);
}

class RequestDrop {
 public:
  RequestDrop(const http1::Request& request, const RequestEdits& edits)
      : request_(request),
        edits_(edits),
        drops_cookies_(has_secret_cookie(request, edits.api.auth)),
        drops_extensions_(request.upgrade && edits.api.kind == ApiKind::kGraphql) {}

  [[nodiscard]] bool drops_cookies() const { return drops_cookies_; }

  bool operator()(const Header& field, std::size_t) const {
    const bool trusted = edits_.peer_trust == Trust::kProxy;
    switch (field.id) {
      case HeaderId::kOther:
        // It belongs to a traceparent that does not go on (Trace Context, 3.3.1).
        if (edits_.begins_trace && equals_ignoring_case(field.name, "tracestate")) return true;
        // With one agreed on, a WebSocket's messages could not be read.
        if (drops_extensions_ && equals_ignoring_case(field.name, "Sec-WebSocket-Extensions")) {
          return true;
        }
        break;
      case HeaderId::kContentLength:
      case HeaderId::kXForwardedFor:
      case HeaderId::kXRequestId:
      case HeaderId::kTraceparent:
      case HeaderId::kTollgateClientCertificate:
      case HeaderId::kTollgateKey:
      case HeaderId::kTollgateEnvironment:
      case HeaderId::kTollgateComplexity:
        return true;
      case HeaderId::kForwarded:
      case HeaderId::kXForwardedHost:
      case HeaderId::kXForwardedProto:
        return !trusted;
      case HeaderId::kExpect:
        return !edits_.expect_continue;
      case HeaderId::kCookie:
        return drops_cookies_;
      default:
        if (http1::is_hop_by_hop(field.id)) return true;
    }
    const AuthConfig& auth = edits_.api.auth;
    if (!auth.forward_credential && may_hold_secret(auth, field)) return true;
    return request_.connection_names_others && named_by_connection(request_.fields, field.name);
  }

 private:
  const http1::Request& request_;
  const RequestEdits& edits_;
  const bool drops_cookies_;
  const bool drops_extensions_;
};

// What Tollgate adds to a head fits into this, but for long values.
constexpr std::size_t kAddedBytes = 512;

void append_body_fields(TextWriter& out, const OutgoingBody& body) {
  if (body.framing == http1::Framing::kChunked) out.append("Transfer-Encoding: chunked\r\n"sv);
  if (body.framing != http1::Framing::kLength) return;
  out.append("Content-Length: "sv);
  out.append_number(body.content_length);
  out.append("\r\n"sv);
}

void append_price(TextWriter& out, std::uint64_t complexity) {
  out.append("Tollgate-Complexity: "sv).append_number(complexity).append("\r\n"sv);
}

void append_forwarding_fields(TextWriter& out, const http1::Request& request,
                              const RequestEdits& edits) {
  append_forwarded_for(out, request, edits.peer);
  const bool trusted = edits.peer_trust == Trust::kProxy;
  if (!trusted || request.head.find(HeaderId::kXForwardedProto) == nullptr) {
    append_field(out, "X-Forwarded-Proto", edits.scheme);
  }
  if (!request.head.host.empty() &&
      (!trusted || request.head.find(HeaderId::kXForwardedHost) == nullptr)) {
    append_field(out, "X-Forwarded-Host", request.head.host);
  }
  append_field(out, "X-Request-Id", edits.request_id);
  append_field(out, "traceparent", edits.traceparent);
  if (!edits.certificate.empty()) {
    append_field(out, "Tollgate-Client-Certificate", edits.certificate);
  }
  if (edits.exchange.cost) append_price(out, edits.exchange.cost->complexity);
  const Key* key = edits.exchange.key;
  if (key == nullptr) return;
  append_field(out, "Tollgate-Key", key->name);
  if (!key->environment.empty()) append_field(out, "Tollgate-Environment", key->environment);
}

constexpr int kNoContent = 204;  // has no Content-Length (RFC 9110, 8.6)

bool has_date(const std::vector<Header>& fields) {
  return std::ranges::any_of(fields, [](const Header& field) {
    return field.id == HeaderId::kOther && equals_ignoring_case(field.name, "Date");
  });
}

bool drops_from_response(const http1::Response& response, const Header& field) {
  if (field.id == HeaderId::kOther) {
    return response.connection_names_others && named_by_connection(response.fields, field.name);
  }
  // A trailer section that follows is announced; 426 says what it wants with Upgrade (RFC
  // 9110, 15.5.22).
  if (field.id == HeaderId::kTollgateComplexity) return true;
  if (field.id == HeaderId::kTrailer) return response.framing != http1::Framing::kChunked;
  if (field.id == HeaderId::kUpgrade) return response.status != 426 && response.status != 101;
  return http1::is_hop_by_hop(field.id);
}

void append_status_line(TextWriter& out, const http1::Response& response) {
  out.append("HTTP/1.1 "sv);
  out.append_number(static_cast<std::uint64_t>(response.status));
  out.append(" "sv).append(response.reason_phrase).append("\r\n"sv);
}

}  // namespace

void append_complexity(std::string& out, std::uint64_t complexity) {
  TextWriter writer(out, 64);
  append_price(writer, complexity);
}

std::string_view upstream_target(const RequestHead& head, const ApiConfig& api) {
  std::string_view target = head.target;
  const bool strips = api.strip_base && api.base.size() > 1 && is_below(head.path, api.base);
  if (strips) target.remove_prefix(api.base.size());
  return target;
}

void write_request_head(std::string& text, const http1::Request& request,
                        const RequestEdits& edits) {
  TextWriter out(text, edits.head_bytes.size() + kAddedBytes);
  const RequestHead& head = request.head;
  out.append(head.method_name).append(" "sv);
  append_target(out, head, edits.api);
  out.append(" HTTP/1.1\r\n"sv);
  const RequestDrop drop(request, edits);
  append_kept_fields(out, edits.head_bytes, request.fields, drop);
  if (head.find(HeaderId::kHost) == nullptr) append_host(out, head, edits.api.upstream.endpoint);
  if (drop.drops_cookies()) append_cookies_without_secrets(out, request, edits.api.auth);
  append_body_fields(out, edits.body);
  if (request.upgrade) {
    out.append("Connection: upgrade\r\n"sv);
    for (const Header& field : request.fields) {
      if (field.id == HeaderId::kUpgrade) append_field(out, "Upgrade", field.value);
    }
  }
  append_forwarding_fields(out, request, edits);
  out.append("\r\n"sv);
}

void write_response_head(std::string& text, const http1::Response& response,
                         const ResponseEdits& edits) {
  TextWriter out(text, edits.head_bytes.size() + edits.own_fields.size() + kAddedBytes);
  append_status_line(out, response);
  const bool rechunked = edits.output == BodyOutput::kChunked;
  append_kept_fields(out, edits.head_bytes, response.fields, [&](const Header& field, std::size_t) {
    return drops_from_response(response, field) ||
           (field.id == HeaderId::kContentLength && (rechunked || response.status == kNoContent));
  });
  if (!edits.date.empty() && !has_date(response.fields)) append_field(out, "Date"sv, edits.date);
  if (rechunked) out.append("Transfer-Encoding: chunked\r\n"sv);
  out.append(edits.own_fields);
  const bool closes = edits.keep_alive == KeepAlive::kNo || edits.close_delimited;
  if (response.status == 426) {
    out.append(closes ? "Connection: upgrade, close\r\n" : "Connection: upgrade\r\n");
  } else if (closes) {
    out.append("Connection: close\r\n"sv);
  } else if (edits.client_minor_version == 0) {
    out.append("Connection: keep-alive\r\n"sv);
  }
  out.append("\r\n"sv);
}

void write_interim_head(std::string& text, const http1::Response& response,
                        std::string_view head_bytes, std::string_view own_fields) {
  TextWriter out(text, head_bytes.size() + own_fields.size() + kAddedBytes);
  append_status_line(out, response);
  append_kept_fields(out, head_bytes, response.fields, [&](const Header& field, std::size_t) {
    return drops_from_response(response, field) || field.id == HeaderId::kContentLength;
  });
  if (response.status == 101) out.append("Connection: upgrade\r\n"sv);
  out.append(own_fields).append("\r\n"sv);
}

void write_refusal(std::string& text, const Refusal& refusal, std::string_view request_id,
                   std::string_view own_fields, std::string_view date, KeepAlive keep_alive,
                   Method method) {
  fmt::format_to(std::back_inserter(text),
                 "HTTP/1.1 {} {}\r\n"
                 "Date: {}\r\n"
                 "Content-Type: {}\r\n"
                 "Content-Length: {}\r\n"
                 "Cache-Control: {}\r\n",
                 refusal.status, refusal.status_text, date, refusal.content_type,
                 refusal.body.size(),
                 refusal.cache_control.empty() ? "no-store" : refusal.cache_control);
  TextWriter out(text,
                 own_fields.size() + refusal.headers.size() + refusal.body.size() + kAddedBytes);
  if (!request_id.empty()) append_field(out, "X-Request-Id", request_id);
  out.append(own_fields).append(refusal.headers);
  if (keep_alive == KeepAlive::kNo) out.append("Connection: close\r\n"sv);
  out.append("\r\n"sv);
  if (method != Method::kHead) out.append(refusal.body);
}

}  // namespace tollgate
