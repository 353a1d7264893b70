// Heads as they go on: the received bytes with edits, not rebuilt. Hop-by-hop fields are taken out
// first, then Tollgate's own are added, so that nothing a client sends can take those out again. No
// I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "conf/config.h"
#include "conf/keys.h"
#include "filters/exchange.h"
#include "filters/refusal.h"
#include "proxy/body.h"
#include "proxy/http1/message.h"

namespace tollgate {

enum class Trust : std::uint8_t { kStranger, kProxy };
enum class KeepAlive : std::uint8_t { kYes, kNo };

struct RequestEdits {
  const ApiConfig& api;
  const Exchange& exchange;     // the key
  std::string_view head_bytes;  // the whole head as received
  std::string_view peer;        // its address as text
  Trust peer_trust;
  std::string_view scheme;       // "http" or "https", as the client came
  std::string_view certificate;  // the subject of the client's; empty: none
  std::string_view request_id;
  std::string_view traceparent;
  bool begins_trace = false;  // the traceparent is not the client's
  OutgoingBody body;
  bool expect_continue;  // true: the upstream decides about 100 Continue
};

// The path and query that go upstream; empty or from "?" on, they follow a "/".
[[nodiscard]] std::string_view upstream_target(const RequestHead& head, const ApiConfig& api);
// Appends the head that goes upstream.
void write_request_head(std::string& text, const http1::Request& request,
                        const RequestEdits& edits);

struct ResponseEdits {
  std::string_view head_bytes;  // as received
  BodyOutput output;
  bool close_delimited;  // the end of the connection is the end of the body
  KeepAlive keep_alive;
  int client_minor_version;
  std::string_view own_fields = {};  // Tollgate's own, whole lines
  // Of now, for an answer that has none (RFC 9110, 6.6.1); empty: it stays without.
  std::string_view date = {};
};

// Appends the head that goes to the client.
void write_response_head(std::string& text, const http1::Response& response,
                         const ResponseEdits& edits);
// 1xx heads: 100, 103 and, for a tunnel, 101 with its Upgrade.
void write_interim_head(std::string& text, const http1::Response& response,
                        std::string_view head_bytes, std::string_view own_fields = {});
// A whole refusal, without its body where the request was HEAD.
void write_refusal(std::string& text, const Refusal& refusal, std::string_view request_id,
                   std::string_view own_fields, std::string_view date, KeepAlive keep_alive,
                   Method method);
// "Tollgate-Complexity: 24".
void append_complexity(std::string& out, std::uint64_t complexity);

}  // namespace tollgate
