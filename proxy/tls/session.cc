// See session.h. OpenSSL's error queue belongs to the thread: it is emptied before every call, so
// that no fault of another session is taken for one of this.
#include "proxy/tls/session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

namespace tollgate {

void FreeSsl::operator()(ssl_st* ssl) const { SSL_free(ssl); }

namespace tls {
namespace {

int length_of(std::size_t bytes) { return static_cast<int>(std::min<std::size_t>(bytes, INT_MAX)); }

Result result_of(ssl_st& ssl, int got) {
  if (got > 0) return {Status::kDone, static_cast<std::size_t>(got)};
  switch (SSL_get_error(&ssl, got)) {
    case SSL_ERROR_WANT_READ:
      return {Status::kWantsRead};
    case SSL_ERROR_WANT_WRITE:
      return {Status::kWantsWrite};
    case SSL_ERROR_ZERO_RETURN:
      return {Status::kEnd};
    default:
      return {Status::kFault};
  }
}

}  // namespace

Result handshake(ssl_st& ssl) {
  ERR_clear_error();
  return result_of(ssl, SSL_do_handshake(&ssl));
}

Result read(ssl_st& ssl, std::span<char> into) {
  std::size_t filled = 0;
  while (true) {
    ERR_clear_error();
    const auto rest = into.subspan(filled);
    const Result got = result_of(ssl, SSL_read(&ssl, rest.data(), length_of(rest.size())));
    // What ended it is met again by the next read.
    if (got.status != Status::kDone) return filled > 0 ? Result{Status::kDone, filled} : got;
    filled += got.bytes;
    if (filled == into.size() || !has_pending(ssl)) return {Status::kDone, filled};
  }
}

Result write(ssl_st& ssl, std::string_view bytes) {
  ERR_clear_error();
  return result_of(ssl, SSL_write(&ssl, bytes.data(), length_of(bytes.size())));
}

bool has_pending(const ssl_st& ssl) { return SSL_has_pending(&ssl) == 1; }

bool is_silent(ssl_st& ssl) {
  char byte = 0;
  ERR_clear_error();
  return result_of(ssl, SSL_peek(&ssl, &byte, 1)).status == Status::kWantsRead;
}

void say_end(ssl_st& ssl) {
  ERR_clear_error();
  SSL_shutdown(&ssl);
}

std::string fault_of(const ssl_st& ssl) {
  const long verified = SSL_get_verify_result(&ssl);
  if (verified != X509_V_OK) {
    return std::string("the certificate is not trusted: ") +
           X509_verify_cert_error_string(verified);
  }
  const unsigned long error = ERR_peek_last_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  if (reason != nullptr) return reason;
  if (errno == 0) return "the connection was closed";
  return std::strerror(errno);  // NOLINT(concurrency-mt-unsafe)
}

std::string peer_subject(const ssl_st& ssl) {
  const X509* certificate = SSL_get0_peer_certificate(&ssl);
  if (certificate == nullptr) return {};
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(std::max(0L, length))};
}

}  // namespace tls
}  // namespace tollgate
