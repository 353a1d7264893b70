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

Reason reason_of(std::uint16_t code) {
  if (code == websocket::kTooBig) return Reason::kBodyTooLarge;
  if (code == websocket::kTryAgainLater) return Reason::kOverloaded;
  return Reason::kBadRequest;
}

}  // namespace

// From the client. False: the tunnel is over.
bool Relay::pass_messages(std::string_view input) {
  Call& call = *call_;
  websocket::ClientMessages& messages = call.operations->messages;
  parts_.head.clear();
  std::optional<websocket::Fault> fault;
  while (!fault) {
    const websocket::ClientMessages::Step step = messages.next(input);
    input.remove_prefix(step.consumed);
    if (step.event == websocket::ClientMessages::Event::kNeedMore) break;
    if (step.event == websocket::ClientMessages::Event::kFault) {
      fault = messages.fault();
    } else if (step.event == websocket::ClientMessages::Event::kControl || let_pass(fault)) {
      call.bytes_in += messages.frames().size();
      parts_.head.append(messages.frames());
    }
  }
  if (!fault) fault = hold_message(messages.held());
  const Stream::Sent sent = lease_.connection()->stream().send(parts_.head);
  if (sent == Stream::Sent::kBroken) {
    end_tunnel();
    return false;
  }
  if (fault) {
    close_websocket(*fault);
    return false;
  }
  const bool unread = client_.blocked() || !call.operations->waiting.empty();
  if (sent == Stream::Sent::kKept || unread) client_.pause_reading();
  hold_upstream_while_blocked();
  return true;
}

// What is kept of a message that is not whole counts as a body does that a filter looks at.
std::optional<websocket::Fault> Relay::hold_message(std::size_t bytes) {
  const std::uint64_t most = call_->snapshot->config.connections.max_held_bytes;
  call_->held.release();
  if (bytes == 0 || call_->held.add(parts_.held, bytes, most)) return std::nullopt;
  parts_.metrics.count_bound(Bound::kHeldBytes);
  return websocket::Fault{websocket::kTryAgainLater, "All the memory for messages is in use."};
}

// Whether the message at hand may go on. It may be an operation that is refused or answered, or,
// with `fault`, the last one.
bool Relay::let_pass(std::optional<websocket::Fault>& fault) {
  const graphql::OperationMessage message =
      parts_.graphql.messages.read(call_->operations->messages.text());
  switch (message.kind) {
    case graphql::OperationMessage::Kind::kOther:
      return true;
    case graphql::OperationMessage::Kind::kInvalid:
      fault = {kInvalidMessage, message.problem};
      return false;
    case graphql::OperationMessage::Kind::kOperation:
      break;
  }
  return judge(message);
}

// A call of its own: by the configuration in force now, with its own charge and record.
bool Relay::judge(const graphql::OperationMessage& message) {
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
  exchange.body = message.request;
  exchange.body_complete = true;

  const int found = snapshot->router->find(tunnel.head.host, tunnel.head.path);
  const ApiInForce* api = found < 0 ? nullptr : &snapshot->apis[static_cast<std::size_t>(found)];
  Verdict verdict = api == nullptr ? Verdict::deny(Reason::kNoApi, no_api_note())
                                   : api->chain->run(exchange, 0, Chain::Body::kRead).verdict;
  if (verdict.denied()) exchange.charge.give_back(began.steady);
  const std::size_t sent = answer_operation(message, verdict);

  CallRecord record = describe(exchange, api, *snapshot);
  std::array<char, kRequestIdLength> id{};
  parts_.ids.write_request_id(id.data());
  record.request_id = {id.data(), id.size()};
  record.began = began.wall;
  record.status = 101;  // it went on in what that answer opened
  if (verdict.own_answer() != nullptr) record.status = 200;
  if (verdict.denied()) {
    record.reason = verdict.reason();
    record.concealed = verdict.note().concealed;
    record.status = verdict.note().status.value_or(row_of(verdict.reason()).status);
  }
  record.answered = verdict.own_answer() != nullptr;
  record.bytes_in = tunnel.messages.frames().size();
  record.bytes_out = sent;
  record.duration = record.added = parts_.loop.precise_now().steady - began.steady;
  host_.record(record);
  return verdict.passed();
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
    (void)client_.send(frames);
  } else {
    call_->operations->waiting += frames;
  }
  return frames.size();
}

// From the upstream. False: the client is gone.
bool Relay::pass_upstream_messages(std::string_view bytes) {
  OperationTunnel& tunnel = *call_->operations;
  const std::size_t end = tunnel.upstream.follow(bytes);
  if (tunnel.waiting.empty() || end == websocket::MessageEnds::kNone) return send_client(bytes);
  std::string waiting;
  waiting.swap(tunnel.waiting);
  if (!send_client(bytes.substr(0, end))) return false;
  if (client_.send(waiting) == Stream::Sent::kBroken) return false;
  if (!send_client(bytes.substr(end))) return false;
  if (!client_ended_ && !client_.blocked() && !lease_.connection()->stream().blocked()) {
    client_.resume_reading();
  }
  return true;
}

// Where the client breaks the protocol, so that what follows could not be judged.
void Relay::close_websocket(const websocket::Fault& fault) {
  const Reason reason = reason_of(fault.code);
  if (reason == Reason::kBodyTooLarge) parts_.metrics.count_bound(Bound::kBodyBytes);
  if (!call_->operations->upstream.between_messages()) return abort_call(reason);
  call_->reason = reason;
  std::string frame;
  websocket::append_close_frame(frame, fault.code, fault.what);
  (void)send_client(frame);
  end_tunnel();
}

}  // namespace tollgate
