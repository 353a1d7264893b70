// See operation_tunnel.h.
#include "proxy/operation_tunnel.h"

#include <algorithm>
#include <iterator>

namespace tollgate {
namespace {

using graphql::OperationMessageReader;

// The value of the field that is there exactly once; else empty.
std::string_view only_value(const std::vector<Header>& fields, std::string_view name) {
  const auto has_name = [name](const Header& each) {
    return equals_ignoring_case(each.name, name);
  };
  if (std::ranges::count_if(fields, has_name) != 1) return {};
  return std::ranges::find_if(fields, has_name)->value;
}

OperationMessageReader::Protocol protocol_of(const http1::Response& answer) {
  const std::string_view agreed = only_value(answer.fields, "Sec-WebSocket-Protocol");
  return agreed == "graphql-transport-ws" || agreed == "graphql-ws"
             ? OperationMessageReader::Protocol::kAgreed
             : OperationMessageReader::Protocol::kUnknown;
}

// What says something of the opening call's own body, and so nothing of an operation's.
bool describes_body(HeaderId id) {
  return id == HeaderId::kContentType || id == HeaderId::kContentLength ||
         id == HeaderId::kContentEncoding || id == HeaderId::kTransferEncoding;
}

}  // namespace

bool opens_websocket(const http1::Request& request) {
  return request.upgrade && request.head.method == Method::kGet &&
         equals_ignoring_case(only_value(request.fields, "Upgrade"), "websocket") &&
         only_value(request.fields, "Sec-WebSocket-Version") == "13" &&
         !only_value(request.fields, "Sec-WebSocket-Key").empty();
}

OperationTunnel::OperationTunnel(const http1::Request& opening, const http1::Response& answer,
                                 std::uint64_t most)
    : protocol(protocol_of(answer)), messages(most), head(opening.head) {
  std::ranges::copy_if(opening.fields, std::back_inserter(fields),
                       [](const Header& each) { return !describes_body(each.id); });
  fields.push_back(Header{{"Content-Type", "application/json"}, HeaderId::kContentType});
  // Filters ask whether there is a body, not how long it is: that changes with each message.
  fields.push_back(Header{{"Content-Length", "1"}, HeaderId::kContentLength});
  head.method = Method::kPost;  // an operation may change things
  // method_name stays that of the opening call: by it the API was found, and the log shows it.
  head.query = {};
  head.headers = fields;
}

}  // namespace tollgate
