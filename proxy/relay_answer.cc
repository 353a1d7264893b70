// An answer on its way back; see relay.h. Invariant: once the head of an answer is sent, the call
// ends with the whole answer or with a connection that is visibly cut.
#include "proxy/relay.h"

#include <algorithm>

#include "filters/limit_fields.h"
#include "filters/limit_mode.h"
#include "proxy/head_writer.h"

namespace tollgate {
namespace {

constexpr int kMaxInterimAnswers = 16;
// Less than this is copied behind the head: one plain write costs less than a gathering one.
constexpr std::size_t kCopyBelow = 4096;
constexpr std::size_t kOperationBytesPerTurn = std::size_t{16} * 1024;

}  // namespace

void Relay::on_upstream_readable() {
  if (phase_ == Phase::kTunnel) return pump_tunnel_down();
  UpstreamConnection& upstream = *lease_.connection();
  if (client_.blocked()) return upstream.stream().pause_reading();
  Buffer& unread = upstream.unread();
  const bool straight = unread.empty();
  const std::span<char> room = straight ? std::span<char>(parts_.scratch) : unread.room(4096);
  const Stream::ReadResult got = upstream.stream().read(room);
  if (got.status == Stream::Read::kAgain) return;
  if (got.status == Stream::Read::kEnd) return upstream_ended();
  if (got.status == Stream::Read::kError) {
    if (call_->answer_begun) return abort_call(Reason::kUpstreamInvalid);
    return upstream_ended();
  }
  call_->upstream_bytes += got.bytes;
  if (!straight) unread.commit(got.bytes);
  const std::string_view bytes =
      straight ? std::string_view(room.data(), got.bytes) : unread.view();
  if (!call_->answer_begun) return read_answer_head(bytes);
  watch_upstream();
  parts_.head.clear();
  pass_answer_body(bytes);
}

// ---- the head

void Relay::read_answer_head(std::string_view bytes) {
  Call& call = *call_;
  const ConnectionsConfig& bounds = call.snapshot->config.connections;
  const http1::HeadLimits limits{bounds.max_header_bytes, bounds.max_headers};
  while (!bytes.empty()) {
    const auto parsed =
        http1::parse_response(bytes, limits, call.request.head.method, call.response);
    if (!parsed) {
      return lose_upstream(Reason::kUpstreamInvalid,
                           "The service behind this API did not answer in HTTP: " +
                               std::string(parsed.error().what) + ".");
    }
    if (*parsed == http1::Progress::kIncomplete) break;
    if (call.response.status == 101 && call.request.upgrade) return open_tunnel(bytes);
    if (call.response.status >= 200) return begin_answer(bytes);
    if (!pass_interim(bytes)) return;
    bytes.remove_prefix(call.response.head_bytes);
  }
  // The rest of a head that is still on its way.
  Buffer& unread = lease_.connection()->unread();
  if (unread.empty()) {
    unread.append(bytes);
  } else {
    unread.consume(unread.size() - bytes.size());
  }
  upstream_deadline_.start(call.api->config->upstream.idle_timeout);
}

// False: the call is over.
bool Relay::pass_interim(std::string_view bytes) {
  Call& call = *call_;
  if (call.response.status == 101 || ++call.interim_answers > kMaxInterimAnswers) {
    lose_upstream(Reason::kUpstreamInvalid,
                  call.response.status == 101
                      ? "The service behind this API switched protocols without being asked."
                      : "The service behind this API sent interim answers without end.");
    return false;
  }
  // HTTP/1.0 knows no interim answers (RFC 9110, 15.2); 100 is for those who wait for it.
  if (call.request.head.minor_version == 0) return true;
  if (call.response.status == 100 && !call.request.expects_continue) return true;
  parts_.head.clear();
  write_interim_head(parts_.head, call.response, bytes.substr(0, call.response.head_bytes));
  if (send_client(parts_.head)) return true;
  abort_call(std::nullopt);
  return false;
}

void Relay::begin_answer(std::string_view bytes) {
  Call& call = *call_;
  const http1::Response& response = call.response;
  call.status = response.status;
  call.answer_begun = true;
  call.upstream_duration = parts_.loop.now().steady - call.sent_upstream.steady;
  refund();
  call.response_body.begin(response.framing, response.content_length);
  const bool unframed = response.framing == http1::Framing::kChunked ||
                        response.framing == http1::Framing::kUntilClose;
  const bool old_client = call.request.head.minor_version == 0;
  call.response_output = unframed && !old_client ? BodyOutput::kChunked : BodyOutput::kAsIs;
  // An answer before the request's end: what is left of the request would be read as the next call.
  if (!call.request_body.done() || parts_.draining || (unframed && old_client)) {
    call.keep_alive = false;
  }
  for (const Header& field : response.fields) {
    if (field.id == HeaderId::kContentType) {
      call.event_stream = equals_ignoring_case(field.value.substr(0, 17), "text/event-stream");
    }
  }
  parts_.head.clear();
  const ResponseEdits edits{
      .head_bytes = bytes.substr(0, response.head_bytes),
      .output = call.response_output,
      .close_delimited = unframed && old_client,
      .keep_alive = call.keep_alive ? KeepAlive::kYes : KeepAlive::kNo,
      .client_minor_version = call.request.head.minor_version,
      .own_fields = own_fields(),
      .date = parts_.date.at(parts_.loop.now().wall),
  };
  write_response_head(parts_.head, response, edits);
  watch_upstream();
  pass_answer_body(bytes.substr(response.head_bytes));
  if (call_ != nullptr && call_->event_stream) end_with_key();
}

// What Tollgate adds to an answer: the call's cost, what is left of the caller's limits, and how
// long the API will be there.
std::string_view Relay::own_fields() {
  std::string& fields = parts_.own_fields;
  fields.clear();
  const Call& call = *call_;
  if (call.api == nullptr || call.concealed) return fields;
  const ApiConfig& api = *call.api->config;
  const bool told = api.limits.mode == LimitMode::kOff || announces(api.limits);
  if (api.kind == ApiKind::kGraphql && call.exchange.cost && told) {
    append_complexity(fields, call.exchange.cost->complexity);
  }
  append_limit_fields(fields, api.limits, call.exchange);
  return fields.append(call.api->deprecation_fields);
}

// ---- the body

// Sends what stands in parts_.head and the body's data in `input`.
void Relay::pass_answer_body(std::string_view input) {
  Call& call = *call_;
  std::string& out = parts_.head;
  const bool chunked = call.response_output == BodyOutput::kChunked;
  std::string_view direct;
  BodyReader::Event event = BodyReader::Event::kData;
  while (event == BodyReader::Event::kData) {
    const BodyReader::Step step = call.response_body.next(input);
    input.remove_prefix(step.consumed);
    event = step.event;
    if (event != BodyReader::Event::kData) break;
    if (chunked) {
      out.append(ChunkHead(step.data.size()).view()).append(step.data).append("\r\n");
    } else if (step.data.size() >= kCopyBelow &&
               call.response.framing != http1::Framing::kChunked) {
      direct = step.data;  // all of it, since there is no framing within
    } else {
      out.append(step.data);
    }
  }
  const bool done = event == BodyReader::Event::kEnd;
  if (done && chunked) out.append("0\r\n").append(call.response_body.trailers()).append("\r\n");
  iovec pieces[] = {{out.data(), out.size()}, {const_cast<char*>(direct.data()), direct.size()}};
  if (!send_client(std::span<iovec>(pieces, direct.empty() ? 1 : 2))) {
    return abort_call(std::nullopt);
  }
  if (event == BodyReader::Event::kError) return abort_call(Reason::kUpstreamInvalid);
  lease_.connection()->unread().clear();
  if (!done) return hold_upstream_while_blocked();
  answer_done(input.empty() ? Tail::kKeep : Tail::kClose);
}

void Relay::hold_upstream_while_blocked() {
  if (!client_.blocked()) return;
  lease_.connection()->stream().pause_reading();
  upstream_deadline_.stop();
  client_deadline_.start(call_->snapshot->config.connections.body_timeout);
}

// The whole answer has been handed on. `upstream` says whether nothing came behind it.
void Relay::answer_done(Tail upstream) {
  const Call& call = *call_;
  const bool reusable = upstream == Tail::kKeep && call.response.keep_alive &&
                        call.request_body.done() && !call.sending_failed &&
                        !lease_.connection()->stream().blocked();
  if (reusable) {
    lease_.give_back();
  } else {
    lease_.drop();
  }
  finish();
}

void Relay::upstream_ended() {
  Call& call = *call_;
  if (!call.answer_begun) {
    if (retry()) return;
    return lose_upstream(
        Reason::kUpstreamInvalid,
        call.upstream_bytes == 0
            ? "The service behind this API closed the connection without an answer."
            : "The service behind this API closed the connection within its answer.");
  }
  if (call.response.framing != http1::Framing::kUntilClose) {
    return abort_call(Reason::kUpstreamInvalid);
  }
  if (call.response_output == BodyOutput::kChunked && !send_client("0\r\n\r\n")) {
    return abort_call(std::nullopt);
  }
  answer_done(Tail::kClose);
}

void Relay::on_upstream_deadline() {
  if (phase_ == Phase::kTunnel) return abort_call(Reason::kUpstreamTimeout);
  lose_upstream(Reason::kUpstreamTimeout,
                "The service behind this API did not answer in time (" +
                    format_duration(call_->api->config->upstream.response_timeout) + ").");
}

// ---- the tunnel

void Relay::open_tunnel(std::string_view bytes) {
  Call& call = *call_;
  call.status = 101;
  call.answer_begun = call.tunnel = true;
  call.keep_alive = false;
  call.upstream_duration = parts_.loop.now().steady - call.sent_upstream.steady;
  phase_ = Phase::kTunnel;
  client_deadline_.stop();
  parts_.head.clear();
  write_interim_head(parts_.head, call.response, bytes.substr(0, call.response.head_bytes),
                     own_fields());
  const std::string_view early_answer = bytes.substr(call.response.head_bytes);
  parts_.head.append(early_answer);
  if (call.api->config->kind == ApiKind::kGraphql) {
    call.operations =
        std::make_unique<OperationTunnel>(call.request, call.response, most_of_message());
    (void)call.operations->upstream.follow(early_answer);
  }
  lease_.connection()->unread().clear();
  if (!send_client(parts_.head)) return abort_call(std::nullopt);
  // What the client has sent in the meantime belongs to the new protocol.
  std::string early(in_.view().substr(used_));
  early.append(ahead_.view());
  used_ = in_.size();
  ahead_.clear();
  if (!client_ended_) client_.resume_reading();
  watch_upstream();
  end_with_key();
  if (call_ != nullptr && !early.empty()) pass_up(early);
}

// From the client. The tunnel may be over then.
void Relay::pass_up(std::string_view bytes) {
  if (call_->operations != nullptr) return pass_messages(bytes);
  call_->bytes_in += bytes.size();
  const Stream::Sent sent = lease_.connection()->stream().send(bytes);
  if (sent == Stream::Sent::kKept) client_.pause_reading();
  if (sent == Stream::Sent::kBroken) end_tunnel();
}

void Relay::pump_tunnel_up() {
  Stream& upstream = lease_.connection()->stream();
  if (upstream.blocked()) return client_.pause_reading();
  std::span<char> room = parts_.scratch;
  // Each operation may have an answer of Tollgate's own, many times its size.
  if (call_->operations != nullptr)
    room = room.first(std::min(room.size(), kOperationBytesPerTurn));
  const Stream::ReadResult got = client_.read(room);
  if (got.status == Stream::Read::kAgain) return;
  if (got.status == Stream::Read::kError) return abort_call(std::nullopt);
  watch_upstream();
  if (got.status == Stream::Read::kEnd) {
    client_ended_ = true;
    client_.pause_reading();
    upstream.finish_writing();
    if (upstream_ended_) end_tunnel();
    return;
  }
  pass_up({parts_.scratch.data(), got.bytes});
}

void Relay::pump_tunnel_down() {
  Stream& upstream = lease_.connection()->stream();
  if (client_.blocked()) return upstream.pause_reading();
  const Stream::ReadResult got = upstream.read(parts_.scratch);
  if (got.status == Stream::Read::kAgain) return;
  if (got.status == Stream::Read::kError) return abort_call(Reason::kUpstreamInvalid);
  watch_upstream();
  if (got.status == Stream::Read::kEnd) {
    upstream_ended_ = true;
    upstream.pause_reading();
    client_.finish_writing();
    // What waits for the end of a message waits for ever.
    if (client_ended_ || (call_->operations != nullptr && !call_->operations->waiting.empty())) {
      end_tunnel();
    }
    return;
  }
  const std::string_view bytes(parts_.scratch.data(), got.bytes);
  if (!(call_->operations != nullptr ? pass_upstream_messages(bytes) : send_client(bytes))) {
    return end_tunnel();
  }
  hold_upstream_while_blocked();
}

void Relay::end_tunnel() {
  lease_.drop();
  finish();
}

// ---- to the client

bool Relay::send_client(std::string_view bytes) {
  iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  return send_client(std::span<iovec>(&piece, 1));
}

bool Relay::send_client(std::span<iovec> pieces) {
  for (const iovec& piece : pieces) call_->bytes_out += piece.iov_len;
  return client_.send(pieces) != Stream::Sent::kBroken;
}

}  // namespace tollgate
