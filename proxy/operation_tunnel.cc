// See operation_tunnel.h.
#include "proxy/operation_tunnel.h"

#include <algorithm>

namespace tollgate {
namespace {

// What says of the opening call's own body, and so nothing of an operation's.
bool describes_body(HeaderId id) {
  return id == HeaderId::kContentType || id == HeaderId::kContentLength ||
         id == HeaderId::kContentEncoding || id == HeaderId::kTransferEncoding;
}

Header field(HeaderId id, std::string_view name, std::string_view value) {
  Header header;
  header.name = name;
  header.value = value;
  header.id = id;
  return header;
}

}  // namespace

bool opens_websocket(const http1::Request& request) {
  return request.upgrade && std::ranges::any_of(request.fields, [](const Header& each) {
           return each.id == HeaderId::kUpgrade && equals_ignoring_case(each.value, "websocket");
         });
}

OperationTunnel::OperationTunnel(const http1::Request& request, std::uint64_t most)
    : messages(most), head(request.head) {
  std::ranges::copy_if(request.fields, std::back_inserter(fields),
                       [](const Header& each) { return !describes_body(each.id); });
  fields.push_back(field(HeaderId::kContentType, "Content-Type", "application/json"));
  fields.push_back(field(HeaderId::kContentLength, "Content-Length", "1"));
  // It may change things, as a POST may, and is open, or not, as the opening call is: the method's
  // name stays.
  head.method = Method::kPost;
  head.query = {};
  head.headers = fields;
}

}  // namespace tollgate
