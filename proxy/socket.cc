// See socket.h.
#include "proxy/socket.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tollgate {
namespace {

constexpr int kBacklog = 4096;  // the kernel caps it at net.core.somaxconn

std::string reason_of(int error) { return std::strerror(error); }  // NOLINT(concurrency-mt-unsafe)

std::optional<SocketAddress> unix_address(const std::string& path) {
  SocketAddress address;
  auto* un = reinterpret_cast<sockaddr_un*>(&address.storage);
  if (path.size() >= sizeof un->sun_path) return std::nullopt;
  un->sun_family = AF_UNIX;
  std::memcpy(un->sun_path, path.c_str(), path.size() + 1);
  address.length = sizeof *un;
  return address;
}

SocketAddress ip_socket_address(const IpAddress& ip, std::uint16_t port) {
  SocketAddress address;
  const auto& bytes = ip.bytes();
  if (ip.is_v4()) {
    auto* in = reinterpret_cast<sockaddr_in*>(&address.storage);
    in->sin_family = AF_INET;
    in->sin_port = htons(port);
    std::memcpy(&in->sin_addr, bytes.data() + 12, 4);
    address.length = sizeof *in;
  } else {
    auto* in6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(port);
    std::memcpy(&in6->sin6_addr, bytes.data(), 16);
    address.length = sizeof *in6;
  }
  return address;
}

// Removes the file of a Unix socket that nobody listens on any more.
void remove_stale_socket(const SocketAddress& address, const std::string& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return;
  const Fd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int connected =
      connect(probe.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length);
  if (connected != 0 && errno == ECONNREFUSED) unlink(path.c_str());
}

}  // namespace

void Fd::reset() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

bool operator==(const SocketAddress& a, const SocketAddress& b) {
  return a.length == b.length && std::memcmp(&a.storage, &b.storage, a.length) == 0;
}

IpAddress ip_of(const SocketAddress& address) {
  if (address.storage.ss_family == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(&address.storage);
    return IpAddress::v4(ntohl(in->sin_addr.s_addr));
  }
  if (address.storage.ss_family == AF_INET6) {
    const auto* in6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &in6->sin6_addr, 16);
    return IpAddress::v6(bytes);
  }
  return IpAddress::v4(INADDR_LOOPBACK);
}

std::uint16_t port_of(const SocketAddress& address) {
  if (address.storage.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port);
  }
  if (address.storage.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_port);
  }
  return 0;
}

std::optional<SocketAddress> literal_address(const Endpoint& endpoint) {
  if (endpoint.is_unix()) return unix_address(endpoint.unix_path);
  const auto ip = IpAddress::parse(endpoint.host);
  if (!ip) return std::nullopt;
  return ip_socket_address(*ip, endpoint.port);
}

tl::expected<std::vector<SocketAddress>, std::string> look_up(const std::string& host,
                                                              std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return tl::unexpected(std::string(gai_strerror(error)));
  std::vector<SocketAddress> addresses;
  for (const addrinfo* each = found; each != nullptr && addresses.size() < 16;
       each = each->ai_next) {
    SocketAddress address;
    std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
    address.length = each->ai_addrlen;
    addresses.push_back(address);
  }
  freeaddrinfo(found);
  return addresses;
}

tl::expected<Fd, std::string> listen_on(const Endpoint& endpoint, Sharing sharing) {
  const auto failed = [&](std::string_view step) {
    const std::string_view advice = errno == EADDRINUSE
                                        ? ": another process has it, perhaps another Tollgate; end "
                                          "that, or name another address"
                                        : "";
    return tl::unexpected(fmt::format("cannot listen on {}: {}: {}{}", endpoint.text(), step,
                                      reason_of(errno), advice));
  };
  std::optional<SocketAddress> address = literal_address(endpoint);
  if (!address && !endpoint.is_unix()) {
    const auto found = look_up(endpoint.host, endpoint.port);
    if (!found) {
      return tl::unexpected(fmt::format("cannot listen on {}: {}", endpoint.text(), found.error()));
    }
    address = found->front();
  }
  if (!address) return tl::unexpected(fmt::format("{}: the path is too long", endpoint.text()));
  if (endpoint.is_unix()) remove_stale_socket(*address, endpoint.unix_path);
  Fd fd(socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return failed("socket");
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (sharing == Sharing::kReusePort) {
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  }
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address->storage), address->length) != 0) {
    return failed("bind");
  }
  if (listen(fd.get(), kBacklog) != 0) return failed("listen");
  return fd;
}

std::uint16_t bound_port(int fd) {
  SocketAddress address;
  address.length = sizeof address.storage;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.length) != 0)
    return 0;
  return port_of(address);
}

tl::expected<Fd, int> start_connect(const SocketAddress& address) {
  Fd fd(socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return tl::unexpected(errno);
  if (address.storage.ss_family != AF_UNIX) set_no_delay(fd.get());
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0 &&
      errno != EINPROGRESS) {
    return tl::unexpected(errno);
  }
  return fd;
}

int connect_result(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

void set_no_delay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void set_reset_on_close(int fd) {
  const linger now{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace tollgate
