// See healthcheck.h. Blocking; main thread.
#include "proxy/commands/healthcheck.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "proxy/socket.h"

namespace tollgate {
namespace {

constexpr int kWaitMs = 2000;

bool wait_for(int fd, short events) {
  pollfd poller{fd, events, 0};
  return poll(&poller, 1, kWaitMs) == 1;
}

}  // namespace

tl::expected<void, std::string> ask_health(const Endpoint& admin) {
  Endpoint endpoint = admin;
  if (endpoint.host == "0.0.0.0") endpoint.host = "127.0.0.1";
  if (endpoint.host == "::") endpoint.host = "::1";
  const auto failed = [&](std::string_view why) {
    return tl::unexpected(fmt::format("no answer from {}: {}", endpoint.text(), why));
  };
  auto address = literal_address(endpoint);
  if (!address) {
    const auto found = look_up(endpoint.host, endpoint.port);
    if (!found) return failed(found.error());
    address = found->front();
  }
  const auto fd = start_connect(*address);
  if (!fd) return failed(std::strerror(fd.error()));  // NOLINT(concurrency-mt-unsafe)
  if (!wait_for(fd->get(), POLLOUT)) return failed("no connection within two seconds");
  if (const int error = connect_result(fd->get()); error != 0) {
    return failed(std::strerror(error));  // NOLINT(concurrency-mt-unsafe)
  }
  constexpr std::string_view kRequest =
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  if (send(fd->get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0)
    return failed("cannot send");
  char answer[64];
  if (!wait_for(fd->get(), POLLIN)) return failed("no answer within two seconds");
  const ssize_t got = recv(fd->get(), answer, sizeof answer, 0);
  const std::string_view head(answer, got > 0 ? static_cast<std::size_t>(got) : 0);
  if (head.starts_with("HTTP/1.1 200 ")) return {};
  return failed(fmt::format("\"{}\"", head.substr(0, head.find('\r'))));
}

}  // namespace tollgate
