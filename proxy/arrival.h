// A connection on its way from accept to its first call: the PROXY header, then the TLS handshake,
// both within connections.header_timeout. Worker thread only.
#pragma once

#include <event2/event_struct.h>

#include <memory>
#include <string>

#include "proxy/deadlines.h"
#include "proxy/loop.h"
#include "proxy/metrics.h"
#include "proxy/proxy_protocol.h"
#include "proxy/socket.h"
#include "proxy/tls/context.h"
#include "proxy/tls/handshake.h"

namespace tollgate {

// How clients of one address begin.
struct Greeting {
  bool proxy_protocol = false;
  std::shared_ptr<const ServerTls> tls;  // null: plain
  [[nodiscard]] bool at_once() const { return !proxy_protocol && tls == nullptr; }
};

// A connection that calls may come on.
struct Client {
  Socket socket;
  IpAddress peer;
  std::string certificate;  // its subject; empty: the client showed none
};

class Arrival;

class ArrivalHost {
 public:
  // Exactly one of these runs, once; the host takes the arrival off its list and hands it to the
  // loop.
  virtual void arrived(Arrival& arrival, Client client) = 0;
  // `why` empty: it said nothing at all, as a probe of the port does.
  virtual void turned_back(Arrival& arrival, const std::string& why) = 0;

 protected:
  ~ArrivalHost() = default;
};

class Arrival final : public Disposable {
 public:
  Arrival(Loop& loop, ArrivalHost& host, WorkerMetrics& metrics, Greeting greeting, Fd fd,
          const IpAddress& peer);
  ~Arrival() override;
  // Nothing of the host's runs before this.
  void begin(Duration timeout);
  // Has no more time than this from now on.
  void hurry(Duration timeout) { deadline_.start(timeout); }
  [[nodiscard]] const IpAddress& peer() const { return client_.peer; }

 private:
  void read_header();
  void consume(std::size_t bytes);
  void secure();
  void secured(const std::string& fault);
  void give_up(Handshake kind, const std::string& why);
  void leave(const std::string& why);
  void timed_out();

  Loop& loop_;
  ArrivalHost& host_;
  WorkerMetrics& metrics_;
  const Greeting greeting_;
  Client client_;
  std::string header_;  // what has been read of it
  event readable_{};
  bool reading_ = false;
  std::unique_ptr<TlsHandshake> handshake_;
  Deadline deadline_;
};

}  // namespace tollgate
