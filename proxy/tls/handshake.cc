// See handshake.h.
#include "proxy/tls/handshake.h"

#include <event2/event.h>

#include <utility>

namespace tollgate {

TlsHandshake::TlsHandshake(Loop& loop, int fd, ssl_st& session, Done done)
    : loop_(loop), fd_(fd), session_(session), done_(std::move(done)) {}

TlsHandshake::~TlsHandshake() {
  if (waiting_) event_del(&ready_);
}

void TlsHandshake::step() {
  const tls::Result result = tls::handshake(session_);
  if (result.status == tls::Status::kWantsRead) return wait_for(EV_READ);
  if (result.status == tls::Status::kWantsWrite) return wait_for(EV_WRITE);
  const Done done = std::move(done_);  // which may destroy this
  done(result.status == tls::Status::kDone ? std::string() : tls::fault_of(session_));
}

void TlsHandshake::wait_for(short what) {
  event_assign(
      &ready_, loop_.base(), fd_, what,
      [](evutil_socket_t, short, void* self) {
        auto* handshake = static_cast<TlsHandshake*>(self);
        handshake->waiting_ = false;
        handshake->step();
      },
      this);
  event_add(&ready_, nullptr);
  waiting_ = true;
}

}  // namespace tollgate
