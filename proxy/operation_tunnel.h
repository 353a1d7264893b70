// What a relay keeps of a WebSocket of a GraphQL API while it is open: each operation in it is a
// call of its own. Worker thread only.
#pragma once

#include <string>
#include <vector>

#include "filters/graphql/operation_message.h"
#include "filters/request.h"
#include "proxy/http1/message.h"
#include "proxy/websocket/frames.h"

namespace tollgate {

// Whether what `request` opens is a WebSocket whose frames can be read: that of RFC 6455 (4.2.1)
// alone, not one of several protocols or an older draft, of which a server could choose another.
[[nodiscard]] bool opens_websocket(const http1::Request& request);

struct OperationTunnel {
  // `opening` was answered by `answer`, and lives as long. `most`: bytes of a message; 0: no bound.
  OperationTunnel(const http1::Request& opening, const http1::Response& answer, std::uint64_t most);

  graphql::OperationMessageReader::Protocol protocol;
  websocket::ClientMessages messages;
  websocket::MessageEnds upstream;
  std::string waiting;  // frames of ours that must not stand within a message of the upstream's
  // The head that operations are judged by: that of the opening call, with a body of JSON.
  RequestHead head;
  std::vector<Header> fields;
};

}  // namespace tollgate
