// How calls and connections end; see relay.h. Invariant: every call that began is finished exactly
// once, whether it was answered, refused or cut.
#include "filters/limit_mode.h"
#include "proxy/relay.h"

namespace tollgate {
namespace {

constexpr std::size_t kLingerBytes = 64 * 1024;

// With a 5xx of its own, or of Tollgate's for it.
bool upstream_failed(const Call& call) {
  if (!call.reason) return call.status >= 500;
  return *call.reason == Reason::kUpstreamUnreachable || *call.reason == Reason::kUpstreamTimeout ||
         *call.reason == Reason::kUpstreamInvalid;
}

// Before the upstream has seen anything of it: whose body turns out wrong on its way there may have
// had what the call is for.
bool refused(const Call& call) {
  return call.reason && call.status == 0 && !call.forwarded && !upstream_failed(call);
}

}  // namespace

// ---- finish

// Gives a call's charge back where it deserves that: it was refused after all, never reached its
// upstream, or failed there.
void Relay::refund() {
  Call& call = *call_;
  if (!call.exchange.charge.charged || call.answered) return;
  const Refund policy = call.snapshot->config.limits.refund;
  const bool unreached = policy != Refund::kNone && !call.forwarded;
  const bool failed = policy == Refund::kUpstream5xx && upstream_failed(call);
  if (refused(call) || unreached || failed)
    call.exchange.charge.give_back(parts_.loop.now().steady);
}

// The only place that counts and logs, but for operations within a WebSocket (judge).
void Relay::finish() {
  client_deadline_.stop();
  upstream_deadline_.stop();
  refund();  // of a call that was cut before it reached its upstream
  const Instant now = parts_.loop.precise_now();
  Call& call = *call_;
  if (call.answer_begun && call.upstream_duration)
    call.added += now.steady - parts_.loop.now().steady;
  CallRecord record = describe(call.exchange, call.api, *call.snapshot);
  record.began = call.received.wall;
  record.request_id = call.id();
  record.status = call.status;
  record.reason = call.reason;
  record.answered = call.answered;
  record.concealed = call.concealed;
  record.bytes_in = call.bytes_in;
  record.bytes_out = call.bytes_out;
  record.duration = now.steady - call.received.steady;
  record.upstream_duration = call.upstream_duration;
  // As long as was waited for an answer that did not come.
  if (call.forwarded && !call.upstream_duration && upstream_failed(call)) {
    record.upstream_duration = now.steady - call.sent_upstream.steady;
  }
  record.added = call.added;
  host_.record(record);
  next();
}

// Who called what, and what it costs: what every record of this connection says.
CallRecord Relay::describe(const Exchange& exchange, const ApiInForce* api,
                           const Snapshot& snapshot) const {
  CallRecord record;
  if (api != nullptr) {
    record.api_id = api->id;
    record.api = api->config->name;
    record.limits_enforced = enforces(api->config->limits, exchange.now.wall);
  }
  if (const Key* key = exchange.presented) {
    record.key_id = snapshot.id_of(key);
    record.key = key->name;
  }
  if (!call_->traceparent.empty()) record.trace_id = call_->traceparent.substr(3, 32);
  record.peer = peer_;
  record.client_certificate = certificate_;
  record.client = exchange.client;
  if (const RequestHead* head = exchange.request) {
    record.method = head->method_name;
    record.path = head->path;
    const Header* agent = head->find(HeaderId::kUserAgent);
    if (agent != nullptr) record.user_agent = agent->value;
  }
  if (exchange.cost) record.cost = &*exchange.cost;
  if (exchange.charge.limited()) record.charge = &exchange.charge;
  return record;
}

// ---- next

void Relay::next() {
  const Tail tail = call_->keep_alive && !client_.broken() ? Tail::kKeep : Tail::kClose;
  const bool answered = call_->answer_begun;
  parts_.calls.give(std::move(call_));
  in_.consume(used_);
  used_ = 0;
  if (tail == Tail::kClose) return answered && !client_.broken() ? linger() : close();
  if (in_.empty()) {
    in_.swap(ahead_);
  } else if (!ahead_.empty()) {
    in_.append(ahead_.view());
    ahead_.clear();
  }
  phase_ = Phase::kIdle;
  client_deadline_.start(parts_.snapshot->config.connections.idle_timeout);
  if (!client_ended_) client_.resume_reading();
  if (!in_.empty() || client_ended_) serve();
}

// The call cannot be answered properly any more.
void Relay::abort_call(std::optional<Reason> reason) {
  if (reason) call_->reason = reason;
  call_->keep_alive = false;
  call_->answer_begun = false;
  lease_.drop();
  // A close-delimited answer that is cut must not look complete.
  if (call_->status != 0) client_.reset_on_close();
  finish();
}

void Relay::close() {
  if (phase_ == Phase::kClosed) return;
  phase_ = Phase::kClosed;
  client_deadline_.stop();
  upstream_deadline_.stop();
  lease_.drop();
  if (call_ != nullptr) parts_.calls.give(std::move(call_));
  client_.pause_reading();
  host_.closed(*this);
}

// Lets the client read the last answer: closing at once with its bytes unread would reset the
// connection.
void Relay::linger() {
  if (client_ended_ && !client_.blocked()) return close();
  phase_ = Phase::kLinger;
  in_.clear();
  ahead_.clear();
  client_.finish_writing();
  if (!client_ended_) client_.resume_reading();
  client_deadline_.start(client_.blocked() ? parts_.snapshot->config.connections.body_timeout
                                           : kLingerTime);
}

void Relay::read_linger() {
  const Stream::ReadResult got = client_.read(parts_.scratch);
  if (got.status == Stream::Read::kAgain) return;
  lingered_ += got.bytes;
  if (got.status == Stream::Read::kEnd && client_.blocked()) {
    client_ended_ = true;
    return client_.pause_reading();
  }
  if (got.status != Stream::Read::kData || lingered_ > kLingerBytes) close();
}

// ---- when its key is withdrawn

void Relay::reconsider(const Snapshot& snapshot) {
  if (call_ == nullptr || call_->exchange.key == nullptr) return;
  const Key* key = snapshot.keys->find(credential_.secret);
  call_->key_withdrawn = key == nullptr || key->disabled;
  end_with_key();
}

// A call that was under way is answered; what could go on for good is not.
void Relay::end_with_key() {
  if (call_ == nullptr || !call_->key_withdrawn) return;
  const bool is_open =
      call_->tunnel || (call_->answer_begun && call_->response.framing != http1::Framing::kLength);
  if (is_open) abort_call(Reason::kKeyDisabled);
}

}  // namespace tollgate
