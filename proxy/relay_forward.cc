// A call on its way upstream; see relay.h.
#include "proxy/relay.h"

#include <algorithm>

#include "proxy/head_writer.h"

namespace tollgate {
namespace {

// A body that is smaller than this is copied behind the head: one plain write costs less than a
// gathering one.
constexpr std::size_t kCopyBelow = 4096;

// Of a service that had the call and gave no proper answer: what it did with it is not known.
constexpr const char* kMayBeDone =
    " It may have carried the call out all the same: send it again only where twice does no harm, "
    "after a pause that grows each time. ";
constexpr const char* kTellTheOperator =
    "If it goes on, tell the API's operator the X-Request-Id of this answer.";

Note plain(std::string detail) {
  Note note;
  note.detail = std::move(detail);
  return note;
}

}  // namespace

// ---- forward

// Whether the upstream is asked for another protocol. What cannot be read of one cannot be priced.
void Relay::look_at_upgrade() {
  Call& call = *call_;
  if (call.api->config->kind == ApiKind::kGraphql && !opens_websocket(call.request)) {
    call.request.upgrade = false;
  }
  call.exchange.upgrade = call.request.upgrade;
}

void Relay::forward() {
  Call& call = *call_;
  call.outgoing = {call.request.framing, call.request.content_length};
  if (call.body_is_gathered) {
    call.outgoing = {http1::Framing::kLength, call.exchange.body.size()};
  }
  acquire(Freshness::kReusedIsFine);
}

void Relay::acquire(Freshness freshness) {
  host_.pool_for(*call_->api).acquire(lease_, freshness);
  if (phase_ != Phase::kForward || !lease_.held() || lease_.connection() != nullptr) return;
  // A later turn sends the call; what this one did for it counts as well.
  call_->added += parts_.loop.precise_now().steady - parts_.loop.now().steady;
  // Nothing of a body is read that has nowhere to go yet.
  if (body_pending()) client_.pause_reading();
}

void Relay::on_upstream_connected() {
  if (body_pending() && !client_ended_) client_.resume_reading();
  send_request();
}

void Relay::on_upstream_failed(UpstreamFailure failure, std::string_view why) {
  if (failure == UpstreamFailure::kBusy) {
    return refuse(
        Reason::kOverloaded,
        plain("The call could not be forwarded: " + std::string(why) + ". Try again later."));
  }
  if (call_->retries_used < call_->api->config->upstream.retries) {
    ++call_->retries_used;
    return acquire(Freshness::kReusedIsFine);
  }
  refuse(Reason::kUpstreamUnreachable,
         plain("The service behind this API could not be reached: " + std::string(why) +
               ". Send the call again, after a pause that grows each time. " + kTellTheOperator));
}

// Sends the head and what is here of the body.
void Relay::send_request() {
  Call& call = *call_;
  // Where a filter wanted to see the body, the client has been told to send it.
  const bool expect = call.request.expects_continue && call.gathers.kind == BodyNeed::Kind::kNone;
  const RequestEdits edits{
      .api = *call.api->config,
      .exchange = call.exchange,
      .head_bytes = head_bytes(),
      .peer = peer_text_,
      .peer_trust = contains(call.snapshot->config.client_address.trusted_proxies, peer_)
                        ? Trust::kProxy
                        : Trust::kStranger,
      .scheme = client_.secure() ? "https" : "http",
      .certificate = certificate_,
      .request_id = call.id(),
      .traceparent = call.traceparent,
      .begins_trace = call.traceparent.data() == call.new_traceparent.data(),
      .body = call.outgoing,
      .expect_continue = expect,
  };
  parts_.head.clear();
  write_request_head(parts_.head, call.request, edits);
  call.forwarded = true;
  if (call.body_is_gathered) {
    call.replayable = true;
    std::string_view body = call.exchange.body;
    if (body.size() < kCopyBelow) {
      parts_.head.append(body);
      body = {};
    }
    send_upstream(body);
  } else if (!call.gathered.empty()) {
    // What follows the beginning that a filter has seen is still to come.
    append_request_data(parts_.head, call.gathered);
    send_upstream({});
    if (!client_ended_) client_.resume_reading();
  } else {
    std::string_view rest = in_.view().substr(used_);
    const std::size_t before = rest.size();
    const bool passed = pass_request_body(rest);
    used_ += before - rest.size();
    if (!passed) return;
    call.replayable = call.request_body.done();
  }
  call.sent_upstream = parts_.loop.precise_now();
  call.added += call.sent_upstream.steady - parts_.loop.now().steady;
  watch_upstream();
  if (body_pending()) client_deadline_.start(call.snapshot->config.connections.body_timeout);
}

// ---- the body

void Relay::pump_request() {
  UpstreamConnection* upstream = lease_.connection();
  if (upstream == nullptr || upstream->stream().blocked()) return client_.pause_reading();
  std::span<char> room = parts_.scratch;
  if (call_->request_body.left() > 0) {
    room = room.first(std::min<std::uint64_t>(room.size(), call_->request_body.left()));
  }
  const Stream::ReadResult got = client_.read(room);
  if (got.status == Stream::Read::kAgain) return;
  if (got.status != Stream::Read::kData) return abort_call(std::nullopt);
  std::string_view input(room.data(), got.bytes);
  parts_.head.clear();
  call_->replayable = false;
  if (!pass_request_body(input)) return;
  ahead_.append(input);
  if (!call_->answer_begun) watch_upstream();
  if (!body_pending()) return client_deadline_.stop();
  client_deadline_.start(call_->snapshot->config.connections.body_timeout);
}

// Sends what stands in parts_.head and the body's data in `input`, of which it cuts what belongs to
// this call. False: the call is over.
bool Relay::pass_request_body(std::string_view& input) {
  Call& call = *call_;
  const std::uint64_t bound = call.snapshot->config.connections.max_body_bytes;
  std::string& out = parts_.head;
  std::string_view direct;
  while (!call.request_body.done()) {
    const BodyReader::Step step = call.request_body.next(input);
    input.remove_prefix(step.consumed);
    call.bytes_in += step.consumed;
    if (step.event == BodyReader::Event::kError) {
      lose_upstream(Reason::kBadRequest, "The chunked body is malformed: " +
                                             std::string(call.request_body.error()) + ".");
      return false;
    }
    if (bound != 0 && call.request_body.received() > bound) {
      parts_.metrics.count_bound(Bound::kBodyBytes);
      lose_upstream(Reason::kBodyTooLarge, body_too_large_note(bound).detail);
      return false;
    }
    if (step.event == BodyReader::Event::kData && call.exchange.body_watch != nullptr) {
      if (const auto watched = call.exchange.body_watch->take(step.data); !watched) {
        lose_upstream(Reason::kUnsupportedMedia, watched.error());
        return false;
      }
    }
    if (step.event == BodyReader::Event::kData) {
      if (call.outgoing.framing == http1::Framing::kLength && step.data.size() >= kCopyBelow) {
        direct = step.data;
      } else {
        append_request_data(out, step.data);
      }
    }
    if (step.event == BodyReader::Event::kNeedMore) break;
    if (step.event == BodyReader::Event::kEnd) out.append("0\r\n\r\n");
  }
  const Stream::Sent result = send_upstream(direct);
  if (result == Stream::Sent::kKept && body_pending()) {
    client_.pause_reading();
    client_deadline_.stop();
  }
  return true;
}

// Sends what stands in parts_.head, and the bytes behind it.
Stream::Sent Relay::send_upstream(std::string_view bytes) {
  iovec pieces[] = {{parts_.head.data(), parts_.head.size()},
                    {const_cast<char*>(bytes.data()), bytes.size()}};
  const std::span<iovec> sent(pieces, bytes.empty() ? 1 : 2);
  const Stream::Sent result = lease_.connection()->stream().send(sent);
  // Its answer may be here already and say why; else on_upstream_readable finds the end.
  if (result == Stream::Sent::kBroken) call_->sending_failed = true;
  return result;
}

void Relay::append_request_data(std::string& out, std::string_view data) const {
  if (call_->outgoing.framing != http1::Framing::kChunked) {
    out.append(data);
    return;
  }
  out.append(ChunkHead(data.size()).view()).append(data).append("\r\n");
}

void Relay::on_upstream_drained() {
  if (client_ended_ || phase_ == Phase::kClosed) return;
  if (call_ != nullptr && call_->operations != nullptr) return pace_client();
  client_.resume_reading();
  if (phase_ != Phase::kForward || !body_pending()) return;
  client_deadline_.start(call_->snapshot->config.connections.body_timeout);
  watch_upstream();
}

// ---- when it fails

// True: under way again, on another connection.
bool Relay::retry() {
  Call& call = *call_;
  const bool safe = is_idempotent(call.request.head.method) && call.replayable &&
                    call.upstream_bytes == 0 && lease_.connection()->reused();
  if (!safe || call.retries_used >= call.api->config->upstream.retries) return false;
  ++call.retries_used;
  lease_.drop();
  call.sending_failed = false;
  if (!call.body_is_gathered) {
    call.request_body.begin(call.request.framing, call.request.content_length);
    used_ = call.request.head_bytes;
    call.bytes_in = used_;
  }
  acquire(Freshness::kNew);
  return true;
}

void Relay::lose_upstream(Reason reason, std::string detail) {
  if (call_->answer_begun) return abort_call(reason);
  if (reason == Reason::kUpstreamTimeout || reason == Reason::kUpstreamInvalid) {
    detail.append(kMayBeDone).append(kTellTheOperator);
  }
  refuse(reason, plain(std::move(detail)));
}

// The upstream has so long from now on.
void Relay::watch_upstream() {
  const UpstreamConfig& upstream = call_->api->config->upstream;
  // While it takes what the client still sends, it is the client that sets the pace.
  const bool waits_for_client =
      !call_->answer_begun && body_pending() && !lease_.connection()->stream().blocked();
  if (waits_for_client) return upstream_deadline_.stop();
  upstream_deadline_.start(call_->answer_begun ? upstream.idle_timeout : upstream.response_timeout);
}

}  // namespace tollgate
