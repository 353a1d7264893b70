// The admin and metrics addresses: a small HTTP server, bounded in connections, bytes and time, on
// the control loop, never on a worker's.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "conf/config.h"
#include "proxy/loop.h"

namespace tollgate {

// Where the answers come from; called on the control loop. Borrowed functions outlive the admin
// server.
struct AdminSource {
  std::function<bool()> ready;               // configuration loaded and not draining
  std::function<std::string()> metrics;      // Prometheus text
  std::function<std::string()> config_json;  // in force, secrets out
  std::function<std::string()> status_json;
  std::function<void()> full;  // the bound on connections was hit
};

enum class AdminPages {
  kAll,          // /metrics, /healthz, /readyz, /status, /config
  kMetricsOnly,  // /metrics, /healthz, /readyz
};

class AdminServer {
 public:
  // Binds at once; the error names the address and the system's reason. `loop` outlives the server.
  [[nodiscard]] static tl::expected<std::unique_ptr<AdminServer>, std::string> listen(
      Loop& loop, const Endpoint& address, AdminPages pages, AdminSource source);
  virtual ~AdminServer() = default;
  [[nodiscard]] virtual std::uint16_t port() const = 0;  // 0 for a unix socket
};

}  // namespace tollgate
