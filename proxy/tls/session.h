// A TLS session on a non-blocking socket, by OpenSSL: who owns it, and its reads and writes as
// values. Used by one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct ssl_st;

namespace tollgate {

struct FreeSsl {
  void operator()(ssl_st* ssl) const;
};
using TlsSession = std::unique_ptr<ssl_st, FreeSsl>;

namespace tls {

enum class Status : std::uint8_t {
  kDone,
  kWantsRead,   // again once the socket is readable
  kWantsWrite,  // again once it is writable, and a write with at least the same bytes
  kEnd,         // the peer has said that it sends no more
  kFault,       // the session is over; also where the peer is gone without a word
};
struct Result {
  Status status = Status::kFault;
  std::size_t bytes = 0;  // of kDone
  bool more = false;      // of a read that is done: another has something to say at once
};

[[nodiscard]] Result handshake(ssl_st& ssl);
// As much as is here and fits.
[[nodiscard]] Result read(ssl_st& ssl, std::span<char> into);
// A part of the bytes, not empty.
[[nodiscard]] Result write(ssl_st& ssl, std::string_view bytes);
// Whether something has been read ahead from the socket: bytes for the program, or a part of a
// record.
[[nodiscard]] bool has_pending(const ssl_st& ssl);
// Reads what TLS itself has to say. False: bytes for the program are here, or a part of a record,
// or the end.
[[nodiscard]] bool is_silent(ssl_st& ssl);
// Whether the peer has sent anything at all.
[[nodiscard]] bool has_begun(const ssl_st& ssl);
// Tells the peer that nothing more comes. Never waits for it.
void say_end(ssl_st& ssl);

// Why the last call on this thread was a fault, for people.
[[nodiscard]] std::string fault_of(const ssl_st& ssl);
// Whether the last fault is that the peer's certificate is not to be trusted.
[[nodiscard]] bool is_distrusted(const ssl_st& ssl);
// The subject of the peer's certificate as RFC 2253 writes it, in printable ASCII; where it has
// none, its first alternative name ("URI:spiffe://example.org/erp"). Empty: it showed none.
[[nodiscard]] std::string peer_subject(const ssl_st& ssl);
// Whether the peer showed no certificate, or one that is good at this time: a session that is
// resumed was checked when it began.
[[nodiscard]] bool peer_certificate_is_current(const ssl_st& ssl,
                                               std::chrono::system_clock::time_point now);

}  // namespace tls
}  // namespace tollgate
