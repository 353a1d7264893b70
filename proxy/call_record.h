// What is known of a call when it is over: `finish` fills one and hands it to the metrics and the
// access log.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "conf/ip.h"
#include "filters/exchange.h"
#include "filters/reason.h"

namespace tollgate {

// Names of APIs and keys as small numbers, the same for the life of the process whatever is
// reloaded; 0 has the empty name, for calls without an API or a key.
using ApiId = std::uint32_t;
using KeyId = std::uint32_t;

struct CallRecord {
  ApiId api_id = 0;
  KeyId key_id = 0;
  std::string_view api;  // the views live until the call that takes the record returns
  std::string_view key;
  std::chrono::system_clock::time_point began;
  std::string_view request_id;
  std::string_view trace_id;  // 32 hexadecimal digits
  IpAddress peer;
  std::string_view client_certificate;  // its subject; empty: none was shown
  std::optional<IpAddress> client;
  std::string_view method;
  std::string_view path;  // without the query, which may hold a secret
  std::string_view user_agent;
  int status = 0;  // sent to the client; 0: the client was gone before anything was sent
  std::optional<Reason> reason;         // none: forwarded, or answered
  bool answered = false;                // by Tollgate itself, and not refused
  const CallCost* cost = nullptr;       // null: nobody has priced the call
  const Charge* charge = nullptr;       // null: nothing limits the call
  bool limits_enforced = false;         // else a call that exceeds them was let through
  std::optional<Reason> concealed;      // what `conceal` hid from the client
  std::uint64_t bytes_in = 0;           // of the request, head and body, as received
  std::uint64_t bytes_out = 0;          // of the answer, as sent
  std::chrono::nanoseconds duration{};  // first byte of the request to the last of the answer
  std::optional<std::chrono::nanoseconds>
      upstream_duration;  // forwarded to the answer's head; none: not forwarded
  std::chrono::nanoseconds
      added{};  // what Tollgate added: head complete to forwarded, and answer read to answer sent
};

}  // namespace tollgate
