// A TLS handshake on its way: steps whenever the socket is ready. Owned by whoever waits for it,
// who also bounds its time. Worker thread only.
#pragma once

#include <event2/event_struct.h>

#include <functional>
#include <string>

#include "proxy/loop.h"
#include "proxy/tls/session.h"

namespace tollgate {

class TlsHandshake {
 public:
  // Empty: done; else why there is no session, for people.
  using Done = std::function<void(const std::string& fault)>;
  // `session` outlives the handshake. `done` may destroy it.
  TlsHandshake(Loop& loop, int fd, ssl_st& session, Done done);
  ~TlsHandshake();
  TlsHandshake(const TlsHandshake&) = delete;
  TlsHandshake& operator=(const TlsHandshake&) = delete;

  // `done` runs within it where it is over at once.
  void step();

 private:
  void wait_for(short what);

  Loop& loop_;
  const int fd_;
  ssl_st& session_;
  Done done_;
  event ready_{};
  bool waiting_ = false;
};

}  // namespace tollgate
