// See peer.h.
#include "tests/support/peer.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>

namespace tollgate {
namespace {

constexpr int kWaitMs = 10'000;
constexpr int kShortWaitMs = 100;

bool wait_readable(int fd, int wait_ms) {
  pollfd poller{fd, POLLIN, 0};
  return poll(&poller, 1, wait_ms) > 0;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

Message parse_head(std::string head) {
  Message message;
  message.head = std::move(head);
  std::size_t at = message.head.find("\r\n");
  if (at == std::string::npos) {
    message.cut = true;
    return message;
  }
  message.start_line = message.head.substr(0, at);
  while (true) {
    const std::size_t begin = at + 2;
    at = message.head.find("\r\n", begin);
    if (at == std::string::npos || at == begin) return message;
    const std::string line = message.head.substr(begin, at - begin);
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::size_t value = line.find_first_not_of(" \t", colon + 1);
    message.fields.emplace(lower(line.substr(0, colon)),
                           value == std::string::npos ? "" : line.substr(value));
  }
}

Fd connected(const Endpoint& endpoint) {
  const auto address = literal_address(endpoint);
  Fd fd(socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address->storage), address->length);
  return fd;
}

}  // namespace

int Message::status() const {
  return start_line.size() < 12 ? 0 : std::atoi(start_line.c_str() + 9);  // NOLINT
}

std::string Message::field(const std::string& lower_case_name) const {
  std::string found;
  const auto [first, last] = fields.equal_range(lower_case_name);
  for (auto it = first; it != last; ++it) found += (found.empty() ? "" : " | ") + it->second;
  return found;
}

Peer::Peer(Fd fd) : fd_(std::move(fd)) {
  if (fd_.valid()) set_no_delay(fd_.get());
}

Peer Peer::connect(std::uint16_t port) { return Peer(connected({"127.0.0.1", port, ""})); }
Peer Peer::connect_unix(const std::string& path) { return Peer(connected({"", 0, path})); }

void Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // what the other side did about it shows when reading
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool Peer::fill(int wait_ms) {
  if (end_ != End::kOpen || !wait_readable(fd_.get(), wait_ms)) return false;
  char bytes[65536];
  const ssize_t got = recv(fd_.get(), bytes, sizeof bytes, 0);
  if (got > 0) {
    arrived_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }
  end_ = got == 0 ? End::kClosed : End::kReset;
  return false;
}

std::string Peer::read_until(std::string_view token) {
  std::size_t found = 0;
  while ((found = arrived_.find(token)) == std::string::npos) {
    if (!fill(kWaitMs)) return std::exchange(arrived_, {});
  }
  std::string bytes = arrived_.substr(0, found + token.size());
  arrived_.erase(0, bytes.size());
  return bytes;
}

std::string Peer::read_exactly(std::size_t bytes) {
  while (arrived_.size() < bytes && fill(kWaitMs)) {
  }
  std::string taken = arrived_.substr(0, bytes);
  arrived_.erase(0, taken.size());
  return taken;
}

std::string Peer::read_to_end() {
  while (fill(kWaitMs)) {
  }
  return std::exchange(arrived_, {});
}

Message Peer::read_head() {
  Message message = parse_head(read_until("\r\n\r\n"));
  if (message.head.size() < 4 || !message.head.ends_with("\r\n\r\n")) message.cut = true;
  return message;
}

Message Peer::read_message() {
  Message message = read_head();
  if (message.cut) return message;
  const int status = message.start_line.starts_with("HTTP/") ? message.status() : 0;
  if (status / 100 == 1 || status == 204 || status == 304) return message;
  if (message.field("transfer-encoding") == "chunked") {
    while (true) {
      const std::string size_line = read_until("\r\n");
      const std::size_t size = std::strtoul(size_line.c_str(), nullptr, 16);
      if (!size_line.ends_with("\r\n")) {
        message.cut = true;
        return message;
      }
      if (size == 0) break;
      const std::string data = read_exactly(size + 2);
      message.cut = data.size() < size + 2;
      message.body += data.substr(0, std::min(size, data.size()));
      if (message.cut) return message;
    }
    std::string line;
    while ((line = read_until("\r\n")) != "\r\n") {
      if (!line.ends_with("\r\n")) {
        message.cut = true;
        return message;
      }
      message.fields.emplace("trailer " + lower(line.substr(0, line.find(':'))),
                             line.substr(0, line.size() - 2));
    }
    return message;
  }
  if (message.fields.count("content-length") != 0) {
    const std::size_t length = std::strtoul(message.field("content-length").c_str(), nullptr, 10);
    message.body = read_exactly(length);
    message.cut = message.body.size() < length;
  } else if (status != 0) {
    message.body = read_to_end();
    message.cut = end_ == End::kReset;
  }
  return message;
}

Peer::End Peer::wait_for_end() {
  if (arrived_.empty()) fill(kWaitMs);
  return arrived_.empty() ? end_ : End::kOpen;
}

bool Peer::is_silent() { return arrived_.empty() && !wait_readable(fd_.get(), kShortWaitMs); }

void Peer::shut_down_writing() { shutdown(fd_.get(), SHUT_WR); }

void Peer::reset() {
  set_reset_on_close(fd_.get());
  fd_.reset();
}

ScriptedUpstream::ScriptedUpstream() {
  auto fd = listen_on({"127.0.0.1", 0, ""}, Sharing::kNone);
  if (!fd) std::abort();
  fd_ = std::move(*fd);
  port_ = bound_port(fd_.get());
}

ScriptedUpstream::ScriptedUpstream(const std::string& unix_path) {
  auto fd = listen_on({"", 0, unix_path}, Sharing::kNone);
  if (!fd) std::abort();
  fd_ = std::move(*fd);
}

Peer ScriptedUpstream::accept() {
  if (!wait_readable(fd_.get(), kWaitMs)) return Peer(Fd());
  return Peer(Fd(accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
}

bool ScriptedUpstream::has_connection() { return wait_readable(fd_.get(), kShortWaitMs); }

}  // namespace tollgate
