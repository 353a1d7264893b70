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

using MemoryBio = std::unique_ptr<BIO, decltype(&BIO_free)>;

// What would end a line, or is not ASCII, is shown as "?".
std::string text_of(const MemoryBio& out) {
  char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  std::string shown(text, static_cast<std::size_t>(std::max(0L, length)));
  std::ranges::replace_if(
      shown, [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return shown;
}

std::string first_alternative_name(const X509& certificate) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  if (names == nullptr || sk_GENERAL_NAME_num(names.get()) == 0) return "?";
  const MemoryBio out(BIO_new(BIO_s_mem()), BIO_free);
  GENERAL_NAME_print(out.get(), sk_GENERAL_NAME_value(names.get(), 0));
  return text_of(out);
}

}  // namespace

Result handshake(ssl_st& ssl) {
  ERR_clear_error();
  errno = 0;
  return result_of(ssl, SSL_do_handshake(&ssl));
}

Result read(ssl_st& ssl, std::span<char> into) {
  std::size_t filled = 0;
  while (true) {
    ERR_clear_error();
    const auto rest = into.subspan(filled);
    const Result got = result_of(ssl, SSL_read(&ssl, rest.data(), length_of(rest.size())));
    if (got.status != Status::kDone) {
      // An end and a fault are met again by the next read, and by no event of the socket.
      const bool more = got.status == Status::kEnd || got.status == Status::kFault;
      return filled > 0 ? Result{Status::kDone, filled, more} : got;
    }
    filled += got.bytes;
    if (!has_pending(ssl)) return {Status::kDone, filled, false};
    if (filled == into.size()) return {Status::kDone, filled, true};
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
  return result_of(ssl, SSL_peek(&ssl, &byte, 1)).status == Status::kWantsRead && !has_pending(ssl);
}

bool has_begun(const ssl_st& ssl) { return BIO_number_read(SSL_get_rbio(&ssl)) > 0; }

void say_end(ssl_st& ssl) {
  ERR_clear_error();
  SSL_shutdown(&ssl);
}

bool is_distrusted(const ssl_st& ssl) { return SSL_get_verify_result(&ssl) != X509_V_OK; }

std::string fault_of(const ssl_st& ssl) {
  if (is_distrusted(ssl)) {
    return std::string("the certificate is not trusted: ") +
           X509_verify_cert_error_string(SSL_get_verify_result(&ssl));
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
  X509_NAME* subject = X509_get_subject_name(certificate);
  if (X509_NAME_entry_count(subject) == 0) return first_alternative_name(*certificate);
  const MemoryBio out(BIO_new(BIO_s_mem()), BIO_free);
  X509_NAME_print_ex(out.get(), subject, 0, XN_FLAG_RFC2253);
  return text_of(out);
}

bool peer_certificate_is_current(const ssl_st& ssl, std::chrono::system_clock::time_point now) {
  const X509* certificate = SSL_get0_peer_certificate(&ssl);
  if (certificate == nullptr) return true;
  std::time_t time = std::chrono::system_clock::to_time_t(now);
  return X509_cmp_time(X509_get0_notBefore(certificate), &time) < 0 &&
         X509_cmp_time(X509_get0_notAfter(certificate), &time) > 0;
}

}  // namespace tls
}  // namespace tollgate
