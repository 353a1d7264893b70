// See stream.h.
#include "proxy/stream.h"

#include <event2/event.h>
#include <sys/socket.h>

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

Stream::Stream(Loop& loop, BufferPool& pool, StreamHandler& handler, Fd fd)
    : handler_(handler), fd_(std::move(fd)), kept_(pool) {
  event_assign(&read_event_, loop.base(), fd_.get(), EV_READ | EV_PERSIST, readable, this);
  event_assign(&write_event_, loop.base(), fd_.get(), EV_WRITE | EV_PERSIST, writable, this);
  event_add(&read_event_, nullptr);
}

Stream::~Stream() {
  event_del(&read_event_);
  event_del(&write_event_);
}

void Stream::readable(int, short, void* self) {
  static_cast<Stream*>(self)->handler_.on_readable();
}

void Stream::writable(int, short, void* self) { static_cast<Stream*>(self)->flush(); }

Stream::ReadResult Stream::read(std::span<char> into) {
  while (true) {
    const ssize_t got = recv(fd_.get(), into.data(), into.size(), 0);
    if (got > 0) return {Read::kData, static_cast<std::size_t>(got)};
    if (got == 0) return {Read::kEnd, 0};
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {Read::kAgain, 0};
    return {Read::kError, 0};
  }
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
  ssize_t written = 0;
  do {
    written = send_pieces(fd_.get(), pieces);
  } while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(total)) return Sent::kAll;
  if (written < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
    broken_ = true;
    return Sent::kBroken;
  }
  keep(pieces, written < 0 ? 0 : static_cast<std::size_t>(written));
  event_add(&write_event_, nullptr);
  return Sent::kKept;
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
  const ssize_t written = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (written < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return;
    broken_ = true;
    kept_.clear();
  } else {
    kept_.consume(static_cast<std::size_t>(written));
  }
  if (!kept_.empty()) return;
  event_del(&write_event_);
  if (finishing_) shutdown(fd_.get(), SHUT_WR);
  handler_.on_drained();
}

bool Stream::is_silent() const {
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
}

void Stream::wake() { event_active(&read_event_, EV_READ, 0); }

void Stream::finish_writing() {
  if (blocked()) {
    finishing_ = true;
  } else {
    shutdown(fd_.get(), SHUT_WR);
  }
}

}  // namespace tollgate
