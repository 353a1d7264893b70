// Any bytes as the head of a request or of a response that goes on: it is one message with the same
// framing, it holds no secret of the client, and nobody but Tollgate says who calls.
#include "proxy/head_writer.h"

#include <algorithm>

#include "filters/credential.h"
#include "filters/field_text.h"
#include "tests/fuzz/http1_checks.h"

namespace tollgate {
namespace {

using http1::Framing;
using http1::Progress;
using http1::require;

constexpr http1::HeadLimits kReceived{.max_bytes = 1024, .max_fields = 12};
constexpr http1::HeadLimits kWritten{.max_bytes = 8192, .max_fields = 40};
constexpr std::string_view kSecretCookie = "session";

ApiConfig api_with_credentials() {
  ApiConfig api;
  api.upstream.endpoint.host = "service";
  api.upstream.endpoint.port = 80;
  api.auth.headers.push_back({CredentialForm::kBearer, "Authorization"});
  api.auth.cookies = {std::string(kSecretCookie)};
  return api;
}

// The cookies of all fields as a reader of another make sees them: divided, and their names
// trimmed.
std::vector<std::string> cookie_names(std::span<const Header> fields) {
  std::vector<std::string> names;
  for (const Header& field : fields) {
    if (!equals_ignoring_case(field.name, "cookie")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::string_view pair = trimmed(rest.substr(0, rest.find(';')));
      rest.remove_prefix(std::min(rest.find(';'), rest.size() - 1) + 1);
      if (!pair.empty()) names.emplace_back(trimmed(pair.substr(0, pair.find('='))));
    }
  }
  return names;
}

std::vector<std::string_view> values_of(std::span<const Header> fields, std::string_view name) {
  std::vector<std::string_view> values;
  for (const Header& field : fields) {
    if (equals_ignoring_case(field.name, name)) values.push_back(field.value);
  }
  return values;
}

void require_one(std::span<const Header> fields, std::string_view name, std::string_view value) {
  const auto values = values_of(fields, name);
  require(values.size() == 1 && values[0] == value, "Tollgate alone says who calls and how");
}

void require_no_secret(std::span<const Header> sent, std::span<const Header> received) {
  require(values_of(sent, "api-authorization").empty(), "no key goes on in its header");
  for (const std::string_view value : values_of(sent, "authorization")) {
    require(!equals_ignoring_case(value.substr(0, value.find(' ')), "bearer"),
            "no bearer token goes on");
  }
  std::vector<std::string> expected = cookie_names(received);
  std::erase(expected, kSecretCookie);
  require(cookie_names(sent) == expected, "all cookies go on but the one with the key");
}

void require_hop_by_hop_gone(const http1::Request& sent, const http1::Request& received) {
  for (const Header& field : sent.fields) {
    if (!http1::is_hop_by_hop(field.id)) continue;
    require(field.id == HeaderId::kTransferEncoding || received.upgrade,
            "what is for one hop stays there");
  }
  require(sent.upgrade == received.upgrade, "an upgrade goes on");
}

void check_request(const http1::Request& received, std::string_view bytes, Trust trust) {
  static const ApiConfig api = api_with_credentials();
  const auto credential = find_credential(api.auth, received.head);
  if (!credential || received.head.method == Method::kConnect) return;  // refused
  http1::require_within(*credential, bytes.substr(0, received.head_bytes));
  Key key;
  key.name = "erp";
  Exchange exchange;
  exchange.key = &key;
  std::string out;
  write_request_head(out, received,
                     {.api = api,
                      .exchange = exchange,
                      .head_bytes = bytes.substr(0, received.head_bytes),
                      .peer = "192.0.2.1",
                      .peer_trust = trust,
                      .scheme = "https",
                      .certificate = "CN=partner",
                      .request_id = "id-1",
                      .traceparent = "trace-1",
                      .body = {received.framing, received.content_length},
                      .expect_continue = received.expects_continue});
  http1::Request sent;
  require(
      parse_request(out, kWritten, sent) == Progress::kComplete && sent.head_bytes == out.size(),
      "what goes on is one head");
  require(sent.framing == received.framing && sent.content_length == received.content_length,
          "the framing stays");
  require(sent.head.method_name == received.head.method_name &&
              sent.head.target == received.head.target,
          "method and target stay");
  require_no_secret(sent.fields, received.fields);
  require_hop_by_hop_gone(sent, received);
  require_one(sent.fields, "tollgate-key", "erp");
  require_one(sent.fields, "tollgate-client-certificate", "CN=partner");
  require_one(sent.fields, "x-request-id", "id-1");
  require_one(sent.fields, "traceparent", "trace-1");
  require(values_of(sent.fields, "tollgate-complexity").empty(), "a client says no complexity");
  const auto forwarded = values_of(sent.fields, "x-forwarded-for");
  require(forwarded.size() == 1 && forwarded[0].ends_with("192.0.2.1"), "the peer comes last");
  if (trust == Trust::kStranger) require_one(sent.fields, "x-forwarded-proto", "https");
}

void check_response(const http1::Response& received, std::string_view bytes, int client_version) {
  const bool unframed =
      received.framing == Framing::kChunked || received.framing == Framing::kUntilClose;
  const bool until_close = unframed && client_version == 0;
  const BodyOutput output = unframed && !until_close ? BodyOutput::kChunked : BodyOutput::kAsIs;
  std::string out;
  write_response_head(out, received,
                      {.head_bytes = bytes.substr(0, received.head_bytes),
                       .output = output,
                       .close_delimited = until_close,
                       .keep_alive = until_close ? KeepAlive::kNo : KeepAlive::kYes,
                       .client_minor_version = client_version,
                       .own_fields = "Tollgate-Complexity: 7\r\n"});
  http1::Response sent;
  require(parse_response(out, kWritten, Method::kGet, sent) == Progress::kComplete &&
              sent.head_bytes == out.size(),
          "what goes back is one head");
  require(sent.status == received.status, "the status stays");
  if (output == BodyOutput::kChunked) {
    require(sent.framing == Framing::kChunked, "a body without a length goes in chunks");
  } else if (until_close) {
    require(sent.framing == Framing::kUntilClose, "or ends with the connection");
  } else {
    require(sent.framing == received.framing, "the framing stays");
    const bool has_length = received.has_content_length && received.status != 204;
    require(sent.has_content_length == has_length &&
                (!has_length || sent.content_length == received.content_length),
            "the length stays, but for that of a 204");
    require(sent.keep_alive, "the connection stays");
  }
  require_one(sent.fields, "tollgate-complexity", "7");
}

}  // namespace
}  // namespace tollgate

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tollgate;
  const std::string_view bytes = http1::as_text(data, size);
  static http1::Request request;
  if (parse_request(bytes, kReceived, request) == http1::Progress::kComplete) {
    for (const Trust trust : {Trust::kStranger, Trust::kProxy})
      check_request(request, bytes, trust);
  }
  static http1::Response response;
  if (parse_response(bytes, kReceived, Method::kGet, response) == http1::Progress::kComplete &&
      response.status >= 200) {
    for (const int version : {0, 1}) check_response(response, bytes, version);
  }
  return 0;
}
