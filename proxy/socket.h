// Sockets: owned descriptors, addresses, listening, connecting. Non-blocking and close-on-exec
// throughout. No thread of its own, no state.
#pragma once

#include <sys/socket.h>

#include <string>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "conf/config.h"
#include "conf/ip.h"
#include "proxy/tls/session.h"

namespace tollgate {

// Owns a descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    reset();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  void reset();
  // For a C library that closes it itself.
  void release() { fd_ = -1; }

 private:
  int fd_ = -1;
};

// A connected socket, with TLS or without. The session ends before the descriptor.
struct Socket {
  Fd fd;
  TlsSession tls;  // null: plain
};

// A socket address of any family.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  friend bool operator==(const SocketAddress& a, const SocketAddress& b);
};

// Of IPv4 and IPv6; 127.0.0.1 for the peer of a Unix socket, which is as local as loopback.
[[nodiscard]] IpAddress ip_of(const SocketAddress& address);
[[nodiscard]] std::uint16_t port_of(const SocketAddress& address);
// The endpoint as an address if it needs no look-up: a literal address or a Unix path.
[[nodiscard]] std::optional<SocketAddress> literal_address(const Endpoint& endpoint);
// getaddrinfo; blocks. The error is the resolver's reason.
[[nodiscard]] tl::expected<std::vector<SocketAddress>, std::string> look_up(const std::string& host,
                                                                            std::uint16_t port);

enum class Sharing {
  kNone,
  kReusePort,  // several sockets share one address, one a worker
};
// Binds and listens. The error says which address and why, and what to do. A stale Unix socket file
// is replaced, one that somebody still listens on is not.
[[nodiscard]] tl::expected<Fd, std::string> listen_on(const Endpoint& endpoint, Sharing sharing);
// The port that a listening socket was given; 0 for a Unix socket.
[[nodiscard]] std::uint16_t bound_port(int fd);

// Begins to connect. errno as a value where it fails at once.
[[nodiscard]] tl::expected<Fd, int> start_connect(const SocketAddress& address);
// 0 once a connect that was under way has succeeded, else its errno.
[[nodiscard]] int connect_result(int fd);

void set_no_delay(int fd);
// Close sends a reset: the peer sees that the end is not a clean one.
void set_reset_on_close(int fd);

}  // namespace tollgate
