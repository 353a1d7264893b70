// See arrival.h.
#include "proxy/arrival.h"

#include <event2/event.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace tollgate {
namespace {

// Longer than any that a person has; it goes into a header field and into the log.
constexpr std::size_t kMostSubject = 1024;

}  // namespace

Arrival::Arrival(Loop& loop, ArrivalHost& host, WorkerMetrics& metrics, Greeting greeting, Fd fd,
                 const IpAddress& peer)
    : loop_(loop),
      host_(host),
      metrics_(metrics),
      greeting_(std::move(greeting)),
      client_{{std::move(fd), nullptr}, peer, {}},
      deadline_(
          loop.deadlines(), [](void* self) { static_cast<Arrival*>(self)->timed_out(); }, this) {}

Arrival::~Arrival() {
  if (reading_) event_del(&readable_);
}

void Arrival::begin(Duration timeout) {
  deadline_.start(timeout);
  if (!greeting_.proxy_protocol) return secure();
  event_assign(
      &readable_, loop_.base(), client_.socket.fd.get(), EV_READ | EV_PERSIST,
      [](evutil_socket_t, short, void* self) { static_cast<Arrival*>(self)->read_header(); }, this);
  event_add(&readable_, nullptr);
  reading_ = true;
}

// Takes from the socket what belongs to the header alone: what follows is TLS's or the call's.
void Arrival::read_header() {
  std::array<char, kMostProxyHeaderBytes> peeked{};
  const ssize_t got = recv(client_.socket.fd.get(), peeked.data(), peeked.size(), MSG_PEEK);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    if (header_.empty()) return leave({});
    return give_up(Handshake::kProxy, "it ended within its PROXY header");
  }
  const std::size_t before = header_.size();
  header_.append(peeked.data(), static_cast<std::size_t>(got));
  const auto parsed = parse_proxy_header(header_);
  if (!parsed) {
    return give_up(Handshake::kProxy, "its PROXY header is wrong: " + std::string(parsed.error()));
  }
  if (!*parsed) return consume(static_cast<std::size_t>(got));
  consume((*parsed)->bytes - before);
  if ((*parsed)->client) client_.peer = *(*parsed)->client;
  event_del(&readable_);
  reading_ = false;
  metrics_.count_handshake(Handshake::kProxy, HandshakeResult::kSuccess);
  secure();
}

void Arrival::consume(std::size_t bytes) {
  std::array<char, kMostProxyHeaderBytes> read{};
  [[maybe_unused]] const ssize_t taken = recv(client_.socket.fd.get(), read.data(), bytes, 0);
}

void Arrival::secure() {
  if (greeting_.tls == nullptr) {
    deadline_.stop();
    return host_.arrived(*this, std::move(client_));
  }
  Socket& socket = client_.socket;
  socket.tls = greeting_.tls->accept(socket.fd.get());
  if (socket.tls == nullptr) return give_up(Handshake::kTls, "there is no memory for TLS");
  handshake_ = std::make_unique<TlsHandshake>(loop_, socket.fd.get(), *socket.tls,
                                              [this](const std::string& fault) { secured(fault); });
  handshake_->step();
}

void Arrival::secured(const std::string& fault) {
  if (!fault.empty() && !tls::has_begun(*client_.socket.tls)) return leave({});
  if (!fault.empty()) return give_up(Handshake::kTls, "the TLS handshake failed: " + fault);
  if (!tls::peer_certificate_is_current(*client_.socket.tls, loop_.now().wall)) {
    return give_up(Handshake::kTls, "its certificate has ended since its session began");
  }
  client_.certificate = tls::peer_subject(*client_.socket.tls);
  if (client_.certificate.size() > kMostSubject) {
    return give_up(Handshake::kTls,
                   "the subject of its certificate is longer than 1024 characters");
  }
  metrics_.count_handshake(Handshake::kTls, HandshakeResult::kSuccess);
  deadline_.stop();
  host_.arrived(*this, std::move(client_));
}

void Arrival::timed_out() {
  metrics_.count_bound(Bound::kHeaderTimeout);
  if (reading_) return give_up(Handshake::kProxy, "its PROXY header did not come in time");
  give_up(Handshake::kTls, "the TLS handshake was not finished in time");
}

void Arrival::give_up(Handshake kind, const std::string& why) {
  metrics_.count_handshake(kind, HandshakeResult::kFailure);
  leave(why);
}

void Arrival::leave(const std::string& why) {
  deadline_.stop();
  if (reading_) event_del(&readable_);
  reading_ = false;
  host_.turned_back(*this, why);
}

}  // namespace tollgate
