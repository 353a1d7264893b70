// Operations within a WebSocket, each a call of its own; see relay.h. Invariant: no byte of a
// message goes upstream before the whole message has been judged.
#include <array>

#include "filters/graphql/operation_message.h"
#include "filters/graphql/workspace.h"
#include "filters/refusal.h"
#include "proxy/relay.h"

namespace tollgate {
namespace {

// Of a Close frame: the protocols' own code for a message that cannot be understood.
constexpr std::uint16_t kInvalidMessage = 4400;
// A message of more goes on as it is; less is gathered, since one write costs less than several.
constexpr std::size_t kGatherBelow = 4096;

Reason reason_of(std::uint16_t code) {
  if (code == websocket::kTooBig) return Reason::kBodyTooLarge;
  if (code == websocket::kTryAgainLater) return Reason::kOverloaded;
  return Reason::kBadRequest;
}

// How the record of an operation shows what became of it.
int status_of(const Verdict& verdict) {
  if (verdict.denied()) {
    return verdict.note().status.value_or(row_of(verdict.reason()).status);
  }
  return verdict.own_answer() != nullptr ? 200 : 101;  // 101: it went on in what that opened
}

}  // namespace

// ---- from the client

// Bytes of a message; 0: no bound. What is kept of one is kept as it came and as text.
std::uint64_t Relay::most_of_message() const {
  return least_bound(call_->api->config->graphql.max_body_bytes,
                     call_->snapshot->config.connections.max_held_bytes / 2);
}

// The tunnel may be over then.
void Relay::pass_messages(std::string_view input) {
  websocket::ClientMessages& messages = call_->operations->messages;
  parts_.head.clear();
  std::optional<websocket::Fault> fault;
  while (!fault) {
    const websocket::ClientMessages::Step step = messages.next(input);
    input.remove_prefix(step.consumed);
    if (step.event == websocket::ClientMessages::Event::kNeedMore) break;
    if (step.event == websocket::ClientMessages::Event::kFault) {
      fault = messages.fault();
    } else if (step.event == websocket::ClientMessages::Event::kControl) {
      call_->bytes_in += messages.frames().size();
      send_up(messages.frames());
    } else {
      fault = take_message();
    }
  }
  if (!fault) fault = hold_message(messages.held());
  flush_up();
  if (lease_.connection()->stream().broken()) return end_tunnel();
  if (fault) return close_websocket(*fault, reason_of(fault->code));
  pace_client();
  hold_upstream_while_blocked();
}

void Relay::send_up(std::string_view frames) {
  if (frames.size() >= kGatherBelow) {
    flush_up();
    lease_.connection()->stream().send(frames);
  } else {
    parts_.head.append(frames);
  }
}

void Relay::flush_up() {
  lease_.connection()->stream().send(parts_.head);
  parts_.head.clear();
}

// The client is read while both sides take what comes of it, and answers of ours find their place.
// Where it is the upstream that holds it back, the rest of a message has all the time.
void Relay::pace_client() {
  const bool upstream_lags =
      lease_.connection()->stream().blocked() || !call_->operations->waiting.empty();
  if (client_ended_ || client_.blocked() || upstream_lags) {
    client_.pause_reading();
  } else {
    client_.resume_reading();
  }
  if (client_.blocked()) return;  // has its own time (hold_upstream_while_blocked)
  if (upstream_lags) {
    client_deadline_.stop();
  } else if (message_pending() && !client_deadline_.running()) {
    client_deadline_.start(call_->snapshot->config.connections.body_timeout);
  }
}

// What is kept of a message that is not whole counts, and has its time, as a body has that a filter
// looks at.
std::optional<websocket::Fault> Relay::hold_message(std::size_t bytes) {
  const ConnectionsConfig& bounds = call_->snapshot->config.connections;
  call_->held.release();
  client_deadline_.stop();
  if (bytes == 0) return std::nullopt;
  client_deadline_.start(bounds.body_timeout);
  if (call_->held.add(parts_.held, bytes, bounds.max_held_bytes)) return std::nullopt;
  parts_.metrics.count_bound(Bound::kHeldBytes);
  return websocket::Fault{websocket::kTryAgainLater, "All the memory for messages is in use."};
}

// Sends the message at hand on, unless it is an operation that is refused or answered here. A
// fault: it is the last one.
std::optional<websocket::Fault> Relay::take_message() {
  OperationTunnel& tunnel = *call_->operations;
  const graphql::OperationMessage message =
      parts_.graphql.messages.read(tunnel.messages.text(), tunnel.protocol);
  if (message.kind == graphql::OperationMessage::Kind::kInvalid) {
    call_->bytes_in += tunnel.messages.frames().size();
    return websocket::Fault{kInvalidMessage, message.problem};
  }
  // The upstream has said that it listens no more.
  if (tunnel.upstream.closed() || upstream_ended_) return std::nullopt;
  if (message.kind == graphql::OperationMessage::Kind::kOther) {
    call_->bytes_in += tunnel.messages.frames().size();
    send_up(tunnel.messages.frames());
  } else {
    judge(message);
  }
  return std::nullopt;
}

// ---- an operation

// A call of its own: by the configuration in force now, with its own charge and record.
void Relay::judge(const graphql::OperationMessage& message) {
  const OperationTunnel& tunnel = *call_->operations;
  const SnapshotPtr snapshot = parts_.snapshot;
  const Instant began = parts_.loop.precise_now();
  Exchange exchange;
  exchange.request = &tunnel.head;
  exchange.now = began;
  exchange.peer = peer_;
  exchange.client = call_->exchange.client;
  exchange.credential = &credential_;
  exchange.graphql = &parts_.graphql;
  exchange.upgrade = true;
  exchange.body = message.request;
  exchange.body_complete = true;

  const int found =
      snapshot->router->find(tunnel.head.host, tunnel.head.method_name, tunnel.head.path);
  const ApiInForce* api = found < 0 ? nullptr : &snapshot->apis[static_cast<std::size_t>(found)];
  // What a reload has made a REST API would pass whatever it says.
  const bool is_graphql = api != nullptr && api->config->kind == ApiKind::kGraphql;
  const Verdict verdict = is_graphql ? api->chain->run(exchange, 0, Chain::Body::kRead).verdict
                                     : Verdict::deny(Reason::kNoApi, no_api_note());
  if (verdict.denied()) exchange.charge.give_back(began.steady);
  if (verdict.passed()) send_up(tunnel.messages.frames());
  CallRecord record = describe(exchange, api, *snapshot);
  record.bytes_out = answer_operation(message, verdict);
  record.began = began.wall;
  record_operation(record, verdict, began);
}

void Relay::record_operation(CallRecord& record, const Verdict& verdict, const Instant& began) {
  std::array<char, kRequestIdLength> id{};
  parts_.ids.write_request_id(id.data());
  record.request_id = {id.data(), id.size()};
  record.status = status_of(verdict);
  record.answered = verdict.own_answer() != nullptr;
  if (verdict.denied()) {
    record.reason = verdict.reason();
    record.concealed = verdict.note().concealed;
  }
  record.bytes_in = call_->operations->messages.frames().size();
  record.duration = record.added = parts_.loop.precise_now().steady - began.steady;
  host_.record(record);
}

// Tells the client what became of its operation, where that is not for the upstream to tell.
// Returns the bytes of it.
std::size_t Relay::answer_operation(const graphql::OperationMessage& message,
                                    const Verdict& verdict) {
  std::string frames;
  if (verdict.denied()) {
    websocket::append_text_frame(
        frames, graphql::write_errors(message, render_errors(verdict.reason(), verdict.note())));
  } else if (verdict.own_answer() != nullptr) {
    const auto [answer, end] = graphql::write_answer(message, verdict.own_answer()->body);
    websocket::append_text_frame(frames, answer);
    websocket::append_text_frame(frames, end);
  }
  if (frames.empty()) return 0;
  if (call_->operations->upstream.between_messages()) {
    client_.send(frames);
  } else {
    call_->operations->waiting += frames;
  }
  return frames.size();
}

// ---- from the upstream

// False: the client is gone.
bool Relay::pass_upstream_messages(std::string_view bytes) {
  OperationTunnel& tunnel = *call_->operations;
  const std::size_t end = tunnel.upstream.follow(bytes);
  if (tunnel.waiting.empty() || end == websocket::MessageEnds::kNone) return send_client(bytes);
  std::string waiting;
  waiting.swap(tunnel.waiting);
  if (!send_client(bytes.substr(0, end))) return false;
  if (client_.send(waiting) == Stream::Sent::kBroken) return false;
  if (!send_client(bytes.substr(end))) return false;
  pace_client();
  return true;
}

// ---- the end

// Says why to the client, where a frame of ours may stand, and ends the tunnel.
void Relay::close_websocket(const websocket::Fault& fault, std::optional<Reason> reason) {
  if (reason == Reason::kBodyTooLarge) parts_.metrics.count_bound(Bound::kBodyBytes);
  const websocket::MessageEnds& upstream = call_->operations->upstream;
  if (!upstream.between_messages()) return abort_call(reason);
  call_->reason = reason;
  if (!upstream.closed()) {
    std::string frame;
    websocket::append_close_frame(frame, fault.code, fault.what);
    send_client(frame);
  }
  end_tunnel();
}

}  // namespace tollgate
