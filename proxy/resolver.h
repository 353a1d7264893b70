// Names of upstreams to addresses, off the loops: getaddrinfo may block for seconds.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <tl/expected.hpp>

#include "proxy/loop.h"
#include "proxy/socket.h"

namespace tollgate {

// Thread-safe; one helper thread for the process, started with the first question. The end does not
// wait for a look-up that is under way.
class Resolver {
 public:
  using Answer = tl::expected<std::vector<SocketAddress>, std::string>;
  using LookUp = std::function<Answer(const std::string& host, std::uint16_t port)>;

  explicit Resolver(LookUp look_up = tollgate::look_up);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // `done` runs on `loop`, or not at all if that is gone by then. Whether the asker still lives is
  // for `done` to know.
  void resolve(std::string host, std::uint16_t port, Loop& loop, std::function<void(Answer)> done);

 private:
  struct Desk;
  const std::shared_ptr<Desk> desk_;  // the helper's, too: it may have to be left behind
  std::thread thread_;                // guarded by the desk's mutex
};

}  // namespace tollgate
