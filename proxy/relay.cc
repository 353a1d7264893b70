// The steps of a call on the client's side; see relay.h. Invariant: while call_ is set and its head
// is complete, in_ is neither moved nor consumed, since the call's views point into it.
#include "proxy/relay.h"

#include <algorithm>
#include <cstring>

#include "filters/client_address.h"
#include "filters/refusal.h"
#include "proxy/head_writer.h"

namespace tollgate {
namespace {

constexpr std::size_t kReadAtLeast = 4096;
constexpr int kCallsPerTurn = 32;

Note plain(std::string detail) {
  Note note;
  note.detail = std::move(detail);
  return note;
}

}  // namespace

// ---- accept

Relay::Relay(const RelayParts& parts, RelayHost& host, Client client)
    : parts_(parts),
      host_(host),
      peer_(client.peer),
      peer_text_(peer_.text()),
      certificate_(std::move(client.certificate)),
      client_(parts.loop, parts.buffers, *this, std::move(client.socket)),
      in_(parts.buffers),
      ahead_(parts.buffers),
      lease_(*this),
      client_deadline_(
          parts.loop.deadlines(),
          [](void* self) { static_cast<Relay*>(self)->on_client_deadline(); }, this),
      upstream_deadline_(
          parts.loop.deadlines(),
          [](void* self) { static_cast<Relay*>(self)->on_upstream_deadline(); }, this) {
  const Duration idle = parts_.snapshot->config.connections.idle_timeout;
  client_deadline_.start(parts_.draining ? std::min(idle, kDrainCallTime) : idle);
}

Relay::~Relay() = default;

void Relay::on_readable() {
  switch (phase_) {
    case Phase::kIdle:
    case Phase::kHead:
      return read();
    case Phase::kGather:
      return read_gathered();
    case Phase::kForward:
      return body_pending() ? pump_request() : read_ahead();
    case Phase::kTunnel:
      return pump_tunnel_up();
    case Phase::kLinger:
      return read_linger();
    case Phase::kClosed:
      return;
  }
}

// ---- read

void Relay::read() {
  const Stream::ReadResult got = client_.read(in_.room(kReadAtLeast));
  switch (got.status) {
    case Stream::Read::kData:
      in_.commit(got.bytes);
      break;
    case Stream::Read::kAgain:  // woken to go on with what is here
      break;
    case Stream::Read::kEnd:
      client_ended_ = true;
      if (in_.empty()) return close();
      client_.pause_reading();
      break;
    case Stream::Read::kError:
      return close();
  }
  if (in_.empty()) {
    in_.clear();  // gives the block back
    return;
  }
  serve();
}

// Serves the calls whose heads are here, one after another.
void Relay::serve() {
  if (serving_) return;
  serving_ = true;
  bool next_turn = false;
  for (int calls = 0; !in_.empty() && (phase_ == Phase::kIdle || phase_ == Phase::kHead); ++calls) {
    // What the client does not read piles up otherwise; on_drained goes on.
    if (client_.blocked()) break;
    if (calls == kCallsPerTurn) {
      client_.wake();
      next_turn = true;
      break;
    }
    if (!begin()) break;
  }
  serving_ = false;
  const bool between_calls = phase_ == Phase::kIdle || phase_ == Phase::kHead;
  if (client_ended_ && between_calls && !next_turn && !client_.blocked()) close();
}

// ---- begin

// False: the head is not complete yet.
bool Relay::begin() {
  const ConnectionsConfig& bounds = parts_.snapshot->config.connections;
  if (call_ == nullptr) {
    call_ = parts_.calls.take();
    call_->received = parts_.loop.now();
    parts_.ids.write_request_id(call_->request_id.data());
    call_->request_id_length = kRequestIdLength;
    call_->snapshot = parts_.snapshot;
    if (!contains(parts_.snapshot->config.client_address.trusted_proxies, peer_)) {
      call_->exchange.client = peer_;  // known before the head is
    }
    phase_ = Phase::kHead;
    client_deadline_.start(bounds.header_timeout);
  }
  const http1::HeadLimits limits{bounds.max_header_bytes, bounds.max_headers};
  const auto parsed = http1::parse_request(in_.view(), limits, call_->request);
  if (!parsed) {
    refuse_head(parsed.error());
    return true;
  }
  if (*parsed == http1::Progress::kIncomplete) return false;

  client_deadline_.stop();
  phase_ = Phase::kForward;
  used_ = call_->request.head_bytes;
  call_->head_complete = true;
  call_->bytes_in = used_;
  call_->snapshot = parts_.snapshot;
  call_->keep_alive = call_->request.keep_alive;
  call_->request_body.begin(call_->request.framing, call_->request.content_length);

  identify();
  if (!find_api()) return true;
  look_at_upgrade();
  check(*call_->api->chain);
  return true;
}

// Who calls, and under which ids the call is known.
void Relay::identify() {
  const RequestHead& head = call_->request.head;
  Exchange& exchange = call_->exchange;
  exchange.request = &head;
  exchange.now = parts_.loop.now();
  exchange.peer = peer_;
  exchange.credential = &credential_;
  exchange.graphql = &parts_.graphql;
  const ClientAddressConfig& addresses = call_->snapshot->config.client_address;
  exchange.client = client_address(addresses, peer_, head);
  const bool from_proxy = contains(addresses.trusted_proxies, peer_);
  const Header* id = from_proxy ? head.find(HeaderId::kXRequestId) : nullptr;
  if (id != nullptr && is_request_id(id->value)) {
    call_->request_id_length = id->value.copy(call_->request_id.data(), id->value.size());
  }
  const Header* trace = head.find(HeaderId::kTraceparent);
  if (trace != nullptr && is_traceparent(trace->value)) {
    call_->traceparent = trace->value;
  } else {
    parts_.ids.write_traceparent(call_->new_traceparent.data());
    call_->traceparent = {call_->new_traceparent.data(), kTraceparentLength};
  }
}

// False: refused.
bool Relay::find_api() {
  const RequestHead& head = call_->request.head;
  const bool is_tunnel = head.method == Method::kConnect;  // its target is no path
  const int found =
      is_tunnel ? -1 : call_->snapshot->router->find(head.host, head.method_name, head.path);
  const ApiInForce* api =
      found < 0 ? nullptr : &call_->snapshot->apis[static_cast<std::size_t>(found)];
  // Without its base it would go up as an authority.
  if (api != nullptr && upstream_target(head, *api->config).starts_with("//")) api = nullptr;
  call_->api = api;
  if (is_tunnel || head.method == Method::kTrace) {
    Note note = plain(std::string(head.method_name) +
                      " is not served here. Use one of the methods that the field Allow names.");
    note.allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
    if (api != nullptr && api->config->auth.conceal) call_->api = nullptr;
    refuse(Reason::kMethodNotAllowed, note);
    return false;
  }
  if (api == nullptr) refuse(Reason::kNoApi, no_api_note());
  return api != nullptr;
}

// ---- check

void Relay::check(Chain const& chain) {
  const bool read = call_->gathers.kind != BodyNeed::Kind::kNone;
  Chain::Outcome outcome = chain.run(call_->exchange, call_->next_filter,
                                     read ? Chain::Body::kRead : Chain::Body::kNotRead);
  if (outcome.verdict.denied()) {
    call_->concealed = outcome.verdict.note().concealed;
    return refuse(outcome.verdict.reason(), outcome.verdict.note());
  }
  if (outcome.verdict.own_answer() != nullptr) return answer(*outcome.verdict.own_answer());
  const std::uint64_t bound = body_bound(outcome.awaits);
  if (bound != 0 && call_->request.content_length > bound) {
    parts_.metrics.count_bound(Bound::kBodyBytes);
    return refuse(Reason::kBodyTooLarge, body_too_large_note(bound, call_->request.content_length));
  }
  call_->next_filter = outcome.next;
  if (outcome.awaits_body()) return gather(outcome.awaits);
  forward();
}

// ---- gather

void Relay::gather(const BodyNeed& need) {
  phase_ = Phase::kGather;
  if (call_->gathers.kind != BodyNeed::Kind::kNone) {  // more of it
    return client_deadline_.start(call_->snapshot->config.connections.body_timeout);
  }
  call_->gathers = need;
  const std::string_view rest = in_.view().substr(used_);
  const bool whole = call_->request.framing == http1::Framing::kLength &&
                     rest.size() >= call_->request.content_length;
  if (whole) {
    const BodyReader::Step step = call_->request_body.next(rest);
    used_ += step.consumed;
    call_->bytes_in += step.consumed;
    call_->exchange.body = step.data;
    call_->body_is_gathered = true;
    return gathered();
  }
  if (call_->request.expects_continue && rest.empty()) {
    if (!send_client("HTTP/1.1 100 Continue\r\n\r\n")) return abort_call(std::nullopt);
  }
  const std::uint64_t before = call_->bytes_in;
  if (!take_gathered(rest)) return;
  used_ += call_->bytes_in - before;
  client_deadline_.start(call_->snapshot->config.connections.body_timeout);
  look_at_gathered();
}

// Adds what belongs to the body. False: refused.
bool Relay::take_gathered(std::string_view input) {
  const std::uint64_t bound = body_bound(call_->gathers);
  while (true) {
    const BodyReader::Step step = call_->request_body.next(input);
    input.remove_prefix(step.consumed);
    call_->bytes_in += step.consumed;
    if (step.event == BodyReader::Event::kError) {
      refuse(Reason::kBadRequest, plain("The chunked body is malformed: " +
                                        std::string(call_->request_body.error()) + "."));
      return false;
    }
    if (step.event != BodyReader::Event::kData) return true;
    if (bound != 0 && call_->request_body.received() > bound) {
      parts_.metrics.count_bound(Bound::kBodyBytes);
      refuse(Reason::kBodyTooLarge, body_too_large_note(bound));
      return false;
    }
    if (!hold(step.data)) return false;
  }
}

// False: refused.
bool Relay::hold(std::string_view data) {
  const std::uint64_t most = call_->snapshot->config.connections.max_held_bytes;
  if (!call_->held.add(parts_.held, data.size(), most)) {
    parts_.metrics.count_bound(Bound::kHeldBytes);
    refuse(Reason::kOverloaded,
           plain("All the memory for bodies that must be checked is in use. Try again later."));
    return false;
  }
  call_->gathered.append(data);
  return true;
}

// Most bytes of a body; 0: no bound.
std::uint64_t Relay::body_bound(const BodyNeed& need) const {
  const ConnectionsConfig& connections = call_->snapshot->config.connections;
  const std::uint64_t bound = least_bound(connections.max_body_bytes, need.most);
  // What is more could never be held, however long the client waits.
  if (need.kind == BodyNeed::Kind::kWhole) return least_bound(bound, connections.max_held_bytes);
  return bound;
}

void Relay::read_gathered() {
  std::span<char> room = parts_.scratch;
  if (call_->request_body.left() > 0) {
    room = room.first(std::min<std::uint64_t>(room.size(), call_->request_body.left()));
  }
  const Stream::ReadResult got = client_.read(room);
  if (got.status == Stream::Read::kAgain) return;
  if (got.status != Stream::Read::kData) return abort_call(std::nullopt);
  client_deadline_.start(call_->snapshot->config.connections.body_timeout);
  const std::string_view input(room.data(), got.bytes);
  const std::uint64_t before = call_->bytes_in;
  if (!take_gathered(input)) return;
  ahead_.append(input.substr(call_->bytes_in - before));
  look_at_gathered();
  serve();
}

// Goes on once the filter has what it asked for.
void Relay::look_at_gathered() {
  call_->body_is_gathered = call_->request_body.done();
  if (!call_->body_is_gathered && call_->gathers.kind == BodyNeed::Kind::kWhole) return;
  call_->exchange.body = call_->gathered;
  gathered();
}

void Relay::gathered() {
  client_deadline_.stop();
  phase_ = Phase::kForward;
  // The body may have taken long: what is charged now counts from now.
  call_->exchange.now = parts_.loop.now();
  call_->exchange.body_complete = call_->body_is_gathered;
  check(*call_->api->chain);
}

// ---- refuse

void Relay::refuse(Reason reason, const Note& note) {
  const ApiKind kind = call_->api == nullptr ? ApiKind::kRest : call_->api->config->kind;
  const bool parsed = call_->head_complete;
  const RequestHead* head = parsed ? &call_->request.head : nullptr;
  call_->reason = reason;
  refund();
  send_own(render_refusal(kind, head, reason, note));
}

// An answer of Tollgate's own that refuses nothing.
void Relay::answer(const OwnAnswer& answer) {
  call_->answered = true;
  send_own(render_answer(answer));
}

void Relay::send_own(const Refusal& refusal) {
  const bool parsed = call_->head_complete;
  call_->status = refusal.status;
  lease_.drop();
  upstream_deadline_.stop();
  // The rest of a body would have to be read to find the next call: closing is cheaper for both.
  if (!parsed || !call_->request_body.done() || parts_.draining) call_->keep_alive = false;
  // Refused before anybody looked at what is left; the answer says it all the same.
  Charge& charge = call_->exchange.charge;
  if (charge.usage.empty()) charge.look(parts_.loop.now().steady);
  parts_.head.clear();
  write_refusal(parts_.head, refusal, call_->id(), own_fields(),
                parts_.date.at(parts_.loop.now().wall),
                call_->keep_alive ? KeepAlive::kYes : KeepAlive::kNo,
                parsed ? call_->request.head.method : Method::kOther);
  call_->answer_begun = true;
  if (!send_client(parts_.head)) call_->keep_alive = false;
  finish();
}

void Relay::refuse_head(const http1::HeadError& error) {
  client_deadline_.stop();
  call_->bytes_in = in_.size();
  used_ = in_.size();
  const RequestHead& head = call_->request.head;  // as far as it was read
  if (!head.path.empty()) call_->exchange.request = &head;
  if (error.status == 0) {  // HTTP/0.9: whoever speaks it would not understand an answer
    call_->keep_alive = false;
    return abort_call(Reason::kBadRequest);
  }
  if (error.status == 431) {
    const ConnectionsConfig& bounds = parts_.snapshot->config.connections;
    const bool bytes = in_.size() >= bounds.max_header_bytes;
    parts_.metrics.count_bound(bytes ? Bound::kHeaderBytes : Bound::kHeaders);
    return refuse(Reason::kHeadTooLarge,
                  plain("The request head is refused: " + std::string(error.what) + ", which is " +
                        (bytes ? std::to_string(bounds.max_header_bytes) + " bytes. Send less, "
                               : std::to_string(bounds.max_headers) + " fields. Send fewer, ") +
                        "cookies for example."));
  }
  Note note = plain("The request is not HTTP/1.1 as it must be: " + std::string(error.what) + ".");
  note.status = error.status;
  refuse(Reason::kBadRequest, note);
}

// The client sends more while its call is under way: the next call, or its end.
void Relay::read_ahead() {
  if (ahead_.size() >= BufferPool::kBlockBytes / 2) return client_.pause_reading();
  const Stream::ReadResult got = client_.read(ahead_.room(kReadAtLeast));
  switch (got.status) {
    case Stream::Read::kData:
      return ahead_.commit(got.bytes);
    case Stream::Read::kAgain:
      if (ahead_.empty()) ahead_.clear();
      return;
    case Stream::Read::kEnd:
      // It may have closed only its sending side and wait for the answer; an event stream never
      // ends by itself.
      client_ended_ = true;
      if (ahead_.empty()) ahead_.clear();
      client_.pause_reading();
      if (call_->event_stream) abort_call(std::nullopt);
      return;
    case Stream::Read::kError:
      return abort_call(std::nullopt);
  }
}

void Relay::on_drained() {
  if (phase_ == Phase::kClosed) return;
  if (client_.broken()) return call_ != nullptr ? abort_call(std::nullopt) : close();
  switch (phase_) {
    case Phase::kLinger:
      if (client_ended_) return close();
      return client_deadline_.start(kLingerTime);
    case Phase::kForward:
    case Phase::kTunnel:
      client_deadline_.stop();
      if (body_pending() || message_pending()) {
        client_deadline_.start(call_->snapshot->config.connections.body_timeout);
      }
      if (lease_.connection() == nullptr) return;
      if (call_->operations != nullptr) pace_client();
      watch_upstream();
      return lease_.connection()->stream().resume_reading();
    case Phase::kIdle:
    case Phase::kHead:
      return serve();
    default:
      return;
  }
}

void Relay::on_client_deadline() {
  switch (phase_) {
    case Phase::kIdle:
      parts_.metrics.count_bound(Bound::kIdleTimeout);
      return close();
    case Phase::kHead:
      parts_.metrics.count_bound(Bound::kHeaderTimeout);
      call_->bytes_in = used_ = in_.size();
      return refuse(Reason::kTimeout,
                    plain("The request head did not arrive in time: within " +
                          format_duration(parts_.snapshot->config.connections.header_timeout) +
                          " of its first byte. Send the call again, its head without a pause."));
    case Phase::kGather:
    case Phase::kForward:
    case Phase::kTunnel:
      parts_.metrics.count_bound(Bound::kBodyTimeout);
      if (call_->answer_begun) return abort_call(Reason::kTimeout);
      return refuse(Reason::kTimeout,
                    plain("The request body did not arrive in time: nothing of it came for " +
                          format_duration(call_->snapshot->config.connections.body_timeout) +
                          ". Send the call again, without such a pause."));
    default:
      return close();
  }
}

void Relay::drain() {
  if (phase_ != Phase::kIdle || !in_.empty()) return;
  if (client_.is_silent()) return close();
  // A call may have arrived that nobody has read yet: it was begun before the end, so it is
  // answered.
  client_deadline_.start(kDrainCallTime);
}

void Relay::cut() {
  if (call_ == nullptr) return close();
  if (call_->operations == nullptr) return abort_call(std::nullopt);
  close_websocket({websocket::kGoingAway, "The server is going away."}, std::nullopt);
}

std::string_view Relay::head_bytes() const {
  return in_.view().substr(0, call_->request.head_bytes);
}

bool Relay::message_pending() const {
  return call_->operations != nullptr && call_->operations->messages.held() > 0;
}

bool Relay::body_pending() const { return !call_->request_body.done() && !call_->sending_failed; }

}  // namespace tollgate
