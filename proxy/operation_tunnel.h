// What a relay keeps of a WebSocket of a GraphQL API while it is open: each operation in it is a
// call of its own. Worker thread only.
#pragma once

#include <string>
#include <vector>

#include "filters/request.h"
#include "proxy/http1/message.h"
#include "proxy/websocket/frames.h"

namespace tollgate {

// Whether what `request` opens is a WebSocket.
[[nodiscard]] bool opens_websocket(const http1::Request& request);

struct OperationTunnel {
  // `request` opened the WebSocket, and lives as long. `most`: bytes of a message; 0: no bound.
  OperationTunnel(const http1::Request& request, std::uint64_t most);

  websocket::ClientMessages messages;
  websocket::MessageEnds upstream;
  std::string waiting;  // frames of ours that must not stand within a message of the upstream's
  // The head that operations are judged by: that of the opening call, with a body of JSON.
  RequestHead head;
  std::vector<Header> fields;
};

}  // namespace tollgate
