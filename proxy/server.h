// The process's parts, built and handed down as references: snapshot, workers, control loop, admin,
// reload and drain. The control loop runs on the thread that calls run(); the rest is the workers'.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "conf/config_reader.h"
#include "conf/diagnostic.h"
#include "proxy/clock.h"

namespace tollgate {

struct ServerOptions {
  std::string config_file;
  const Clock& clock;
  EnvironmentLookup environment;
};

class Server {
 public:
  // Loads everything and binds every address, or says all that is wrong.
  [[nodiscard]] static tl::expected<std::unique_ptr<Server>, Diagnostics> start(
      ServerOptions options);
  virtual ~Server() = default;

  // Serves until drained or stopped.
  virtual void run() = 0;

  // The ports in force, for addresses that asked for port 0; 0 for Unix sockets.
  [[nodiscard]] virtual std::uint16_t listen_port(std::size_t index) const = 0;
  [[nodiscard]] virtual std::uint16_t admin_port() const = 0;
  [[nodiscard]] virtual std::uint16_t metrics_port() const = 0;

  // Any thread; each posts to the control loop.
  // Reads the files again and swaps the snapshot, or keeps the old one and says why. `done` runs
  // once every worker judges calls by it.
  virtual void reload(std::function<void(bool succeeded)> done) = 0;
  // Stops accepting, lets running calls end, and then makes run() return; drain.timeout bounds it.
  virtual void drain() = 0;
  virtual void stop() = 0;
  virtual void reopen_log() = 0;
  // After a clock was moved by hand: `done` runs once every deadline that is due has been handled.
  virtual void expire_deadlines(std::function<void()> done) = 0;
};

}  // namespace tollgate
