// See stream.h.
#include "proxy/stream.h"

#include <event2/event.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace tollgate {
namespace {

// What the kernel took of the pieces, or -1 with errno.
ssize_t send_pieces(int fd, std::span<iovec> pieces) {
  if (pieces.size() == 1) {
    return ::send(fd, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
  }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  return sendmsg(fd, &message, MSG_NOSIGNAL);
}

}  // namespace

Stream::Stream(Loop& loop, BufferPool& pool, StreamHandler& handler, Socket socket)
    : loop_(loop),
      handler_(handler),
      fd_(std::move(socket.fd)),
      tls_(std::move(socket.tls)),
      kept_(pool) {
  event_assign(&read_event_, loop.base(), fd_.get(), EV_READ | EV_PERSIST, readable, this);
  event_assign(&write_event_, loop.base(), fd_.get(), EV_WRITE | EV_PERSIST, writable, this);
  event_assign(&wake_event_, loop.base(), -1, EV_READ, woken, this);
  event_add(&read_event_, nullptr);
  // The first bytes may have come with the end of the handshake.
  wake_for_session();
}

Stream::~Stream() {
  event_del(&read_event_);
  event_del(&wake_event_);
  if (wakes_) loop_.forget_wake(wake_event_);
  if (secure() && !broken_) tls::say_end(*tls_);
  event_del(&write_event_);
}

void Stream::readable(int, short, void* self) {
  static_cast<Stream*>(self)->handler_.on_readable();
}

void Stream::writable(int, short, void* self) { static_cast<Stream*>(self)->flush(); }

Stream::ReadResult Stream::read(std::span<char> into) {
  if (secure()) return read_tls(into);
  while (true) {
    const ssize_t got = recv(fd_.get(), into.data(), into.size(), 0);
    if (got > 0) return {Read::kData, static_cast<std::size_t>(got)};
    if (got == 0) return {Read::kEnd, 0};
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {Read::kAgain, 0};
    return {Read::kError, 0};
  }
}

// A peer that is gone without a word may be an attacker who cuts the stream: that is no end.
Stream::ReadResult Stream::read_tls(std::span<char> into) {
  const tls::Result got = tls::read(*tls_, into);
  switch (got.status) {
    case tls::Status::kDone:
      tls_holds_ = got.more;
      wake_for_session();
      return {Read::kData, got.bytes};
    case tls::Status::kWantsRead:
    case tls::Status::kWantsWrite:  // an answer of TLS itself, which goes with the next write
      tls_holds_ = false;
      return {Read::kAgain, 0};
    case tls::Status::kEnd:
      tls_holds_ = true;
      return {Read::kEnd, 0};
    case tls::Status::kFault:
      break;
  }
  broken_ = true;
  return {Read::kError, 0};
}

Stream::Sent Stream::send(std::string_view bytes) {
  iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  return send({&piece, 1});
}

Stream::Sent Stream::send(std::span<iovec> pieces) {
  if (broken_) return Sent::kBroken;
  if (blocked()) {
    keep(pieces, 0);
    return Sent::kKept;
  }
  std::size_t total = 0;
  for (const iovec& piece : pieces) total += piece.iov_len;
  if (total == 0) return Sent::kAll;
  const ssize_t written = write_some(pieces);
  if (written == static_cast<ssize_t>(total)) return Sent::kAll;
  if (written < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
    broken_ = true;
    return Sent::kBroken;
  }
  keep(pieces, written < 0 ? 0 : static_cast<std::size_t>(written));
  event_add(&write_event_, nullptr);
  return Sent::kKept;
}

ssize_t Stream::write_some(std::span<iovec> pieces) {
  if (secure()) return write_tls(pieces);
  ssize_t written = 0;
  do {
    written = send_pieces(fd_.get(), pieces);
  } while (written < 0 && errno == EINTR);
  return written;
}

// One record for as much as fits, whatever the pieces are. Of a record that the socket did not take
// whole nothing counts as written: it must be offered again, from the same byte.
ssize_t Stream::write_tls(std::span<iovec> pieces) {
  constexpr std::size_t kRecordBytes = 16 * 1024;
  thread_local std::array<char, kRecordBytes> record;
  std::size_t written = 0;
  std::size_t skip = 0;  // of the first piece
  while (!pieces.empty()) {
    std::string_view bytes(static_cast<const char*>(pieces[0].iov_base) + skip,
                           pieces[0].iov_len - skip);
    if (pieces.size() > 1 && bytes.size() < kRecordBytes) {
      std::size_t filled = bytes.copy(record.data(), kRecordBytes);
      for (const iovec& piece : pieces.subspan(1)) {
        const std::string_view more(static_cast<const char*>(piece.iov_base), piece.iov_len);
        filled += more.copy(record.data() + filled, kRecordBytes - filled);
      }
      bytes = {record.data(), filled};
    }
    if (!bytes.empty()) {
      const tls::Result sent = tls::write(*tls_, bytes.substr(0, kRecordBytes));
      if (sent.status != tls::Status::kDone) {
        const bool later =
            sent.status == tls::Status::kWantsRead || sent.status == tls::Status::kWantsWrite;
        if (written > 0 && later) break;
        errno = later ? EAGAIN : EPIPE;
        return -1;
      }
      written += sent.bytes;
      skip += sent.bytes;
    }
    while (!pieces.empty() && skip >= pieces[0].iov_len) {
      skip -= pieces[0].iov_len;
      pieces = pieces.subspan(1);
    }
  }
  return static_cast<ssize_t>(written);
}

void Stream::keep(std::span<iovec> pieces, std::size_t written) {
  for (const iovec& piece : pieces) {
    const std::size_t skip = written < piece.iov_len ? written : piece.iov_len;
    written -= skip;
    kept_.append({static_cast<const char*>(piece.iov_base) + skip, piece.iov_len - skip});
  }
}

void Stream::flush() {
  const std::string_view bytes = kept_.view();
  iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  const ssize_t written = write_some({&piece, 1});
  if (written < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    broken_ = true;
    kept_.clear();
  } else {
    kept_.consume(static_cast<std::size_t>(written));
  }
  if (!kept_.empty()) return;
  event_del(&write_event_);
  if (finishing_) finish_writing();
  handler_.on_drained();
}

bool Stream::is_silent() {
  if (secure()) {
    // Looking takes from the socket what is there, so that the socket tells of it no more.
    if (!tls_holds_) tls_holds_ = !tls::is_silent(*tls_);
    wake_for_session();
    return !tls_holds_;
  }
  char byte = 0;
  return recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

void Stream::pause_reading() {
  if (!reading_) return;
  reading_ = false;
  event_del(&read_event_);
}

void Stream::resume_reading() {
  if (reading_) return;
  reading_ = true;
  event_add(&read_event_, nullptr);
  wake_for_session();
}

void Stream::wake() {
  insists_ = true;
  if (!std::exchange(wakes_, true)) loop_.wake_next_turn(wake_event_);
}

// What the session holds makes no socket readable.
void Stream::wake_for_session() {
  if (!secure() || !reading_ || !(tls_holds_ || tls::has_pending(*tls_))) return;
  if (!std::exchange(wakes_, true)) loop_.wake_next_turn(wake_event_);
}

void Stream::woken(int, short, void* self) {
  auto* stream = static_cast<Stream*>(self);
  stream->wakes_ = false;
  if (std::exchange(stream->insists_, false) || stream->reading_) stream->handler_.on_readable();
}

void Stream::finish_writing() {
  if (blocked()) {
    finishing_ = true;
    return;
  }
  if (secure() && !broken_) tls::say_end(*tls_);
  shutdown(fd_.get(), SHUT_WR);
}

void Stream::reset_on_close() {
  set_reset_on_close(fd_.get());
  broken_ = true;  // no polite end before it
}

}  // namespace tollgate
