// One call in flight, as its relay keeps it. Taken from a pool of the worker and given back when
// the call is over, so that an idle connection holds none. Worker thread only.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "filters/exchange.h"
#include "filters/filter.h"
#include "proxy/body.h"
#include "proxy/held_bytes.h"
#include "proxy/http1/message.h"
#include "proxy/ids.h"
#include "proxy/operation_tunnel.h"
#include "proxy/snapshot.h"

namespace tollgate {

struct Call {
  // What it is judged by; stays while the call lasts, whatever is reloaded.
  SnapshotPtr snapshot;
  const ApiInForce* api = nullptr;  // null: none found
  http1::Request request;
  Exchange exchange;
  std::size_t next_filter = 0;
  bool head_complete = false;  // before, the request's views are not to be looked at

  // The request's body.
  BodyReader request_body;
  OutgoingBody outgoing;
  // The body, or its beginning, where a filter needs it and it did not lie whole in the input.
  std::string gathered;
  HeldBytes::Share held;  // of its bytes
  BodyNeed gathers;
  bool body_is_gathered = false;  // all of it is in exchange.body
  bool replayable = false;        // everything sent so far can be sent again
  std::uint64_t retries_used = 0;
  bool forwarded = false;       // the head went upstream
  bool sending_failed = false;  // the upstream takes no more of the body; its answer may still come

  // The answer.
  http1::Response response;
  BodyReader response_body;
  BodyOutput response_output = BodyOutput::kAsIs;
  std::uint64_t upstream_bytes = 0;  // received so far
  int interim_answers = 0;
  bool answer_begun = false;  // its head went to the client
  bool event_stream = false;
  bool tunnel = false;
  bool key_withdrawn = false;                   // by a reload, since the call began
  std::unique_ptr<OperationTunnel> operations;  // of a WebSocket of a GraphQL API
  bool keep_alive = true;

  // For the record.
  Instant received;  // first byte
  Instant sent_upstream;
  std::chrono::nanoseconds added{};  // from the turn's start to the bytes handed on, both ways
  std::optional<std::chrono::nanoseconds> upstream_duration;
  std::array<char, 128> request_id{};
  std::size_t request_id_length = 0;
  std::array<char, kTraceparentLength> new_traceparent{};
  std::string_view traceparent;
  int status = 0;
  std::optional<Reason> reason;
  std::optional<Reason> concealed;
  bool answered = false;  // by Tollgate itself, and not refused
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;

  [[nodiscard]] std::string_view id() const { return {request_id.data(), request_id_length}; }
};

class CallPool {
 public:
  [[nodiscard]] std::unique_ptr<Call> take();
  void give(std::unique_ptr<Call> call);

 private:
  static constexpr std::size_t kMaxFree = 256;
  static constexpr std::size_t kMaxGatheredKept = 16 * 1024;
  std::vector<std::unique_ptr<Call>> free_;
};

}  // namespace tollgate
