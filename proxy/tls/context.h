// What a listener shows to clients, and whom an upstream must be: made of files once, the same for
// all connections. Immutable; any thread. TLS 1.2 and 1.3, without renegotiation, compression and
// early data.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "conf/config.h"
#include "conf/diagnostic.h"
#include "proxy/tls/session.h"

struct ssl_ctx_st;

namespace tollgate {

struct FreeSslContext {
  void operator()(ssl_ctx_st* context) const;
};
using SslContext = std::unique_ptr<ssl_ctx_st, FreeSslContext>;

// From when and until when a certificate of ours is good.
struct CertificateTerm {
  std::string file;
  std::chrono::system_clock::time_point begins;
  std::chrono::system_clock::time_point ends;
};

// Outlives the handshakes of its sessions.
class ServerTls {
 public:
  // Tickets of a session hold for the maker alone: not for another listener, and not after its
  // files have changed.
  [[nodiscard]] static tl::expected<std::shared_ptr<const ServerTls>, Diagnostics> make(
      const ListenTlsConfig& config);
  // Null where there is no memory for one.
  [[nodiscard]] TlsSession accept(int fd) const;
  [[nodiscard]] const std::vector<CertificateTerm>& certificates() const { return certificates_; }

 private:
  static int choose_certificate(ssl_st* ssl, int* alert, void* self);

  std::vector<SslContext> contexts_;  // one for each certificate; the first is the default
  std::vector<CertificateTerm> certificates_;
};

class ClientTls {
 public:
  [[nodiscard]] static tl::expected<std::shared_ptr<const ClientTls>, Diagnostics> make(
      const UpstreamConfig& config);
  [[nodiscard]] TlsSession connect(int fd) const;
  [[nodiscard]] const std::vector<CertificateTerm>& certificates() const { return certificates_; }

 private:
  SslContext context_;
  std::string server_name_;
  bool name_is_address_ = false;
  std::vector<CertificateTerm> certificates_;
};

}  // namespace tollgate
