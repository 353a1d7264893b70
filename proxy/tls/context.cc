// See context.h.
#include "proxy/tls/context.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <optional>
#include <string_view>

#include "conf/ip.h"
#include "conf/text_file.h"

namespace tollgate {
namespace {

// Forward secrecy and authenticated encryption alone, the cheapest of them first.
constexpr const char* kCiphers13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kGroups = "X25519:P-256:P-384";
// "http/1.1", its length before it (RFC 7301).
constexpr std::array<unsigned char, 9> kHttp11 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// Why OpenSSL finds no `label` in the text of a file: what stands there in its place, or what
// OpenSSL says.
std::string reason_of(std::string_view text, std::string_view label) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  constexpr std::string_view kDashes = "-----";
  const std::size_t begin = text.find(kBegin);
  if (begin == std::string_view::npos) {
    // The outermost of what a certificate and a key are made of, with a length of two bytes.
    const bool der = text.starts_with("\x30\x82");
    return fmt::format("it has no line \"{}{}{}\"{}", kBegin, label, kDashes,
                       der ? ", and looks like DER: openssl turns that into PEM" : "");
  }
  if (text.find(fmt::format("{}{}", label, kDashes)) == std::string_view::npos) {
    std::string_view found = text.substr(begin + kBegin.size(), 40);
    found = found.substr(0, found.find_first_of("-\r\n"));
    return fmt::format("it has \"{}{}{}\" and no \"{}{}{}\"", kBegin, found, kDashes, kBegin, label,
                       kDashes);
  }
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason == nullptr ? "it cannot be read" : reason;
}

// Nobody is there to be asked for a passphrase.
int no_passphrase(char*, int, int, void*) { return 0; }

std::chrono::system_clock::time_point time_of(const ASN1_TIME* time) {
  std::tm parts{};
  ASN1_TIME_to_tm(time, &parts);
  return std::chrono::system_clock::from_time_t(timegm(&parts));
}

// Loads files into a context, and collects what is wrong with them.
class Loader {
 public:
  Loader(ssl_ctx_st& context, Diagnostics& problems) : context_(context), problems_(problems) {
    SSL_CTX_set_default_passwd_cb(&context, no_passphrase);
  }

  void certificate(const CertificateConfig& files, std::vector<CertificateTerm>& terms) {
    if (files.certificate.empty() || files.private_key.empty()) return;  // said already
    const auto certificate = text_of(files.certificate);
    const auto private_key = text_of(files.private_key);
    if (!certificate || !private_key) return;
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(&context_, files.certificate.c_str()) != 1) {
      return problem(files.certificate, "holds no certificate in PEM that can be used: " +
                                            reason_of(*certificate, "CERTIFICATE"));
    }
    // A key of another kind than the certificate's would make OpenSSL forget which one is meant.
    const X509* loaded = SSL_CTX_get0_certificate(&context_);
    terms.push_back({files.certificate, time_of(X509_get0_notBefore(loaded)),
                     time_of(X509_get0_notAfter(loaded))});
    const bool read =
        SSL_CTX_use_PrivateKey_file(&context_, files.private_key.c_str(), SSL_FILETYPE_PEM) == 1;
    const bool other_key =
        read ? SSL_CTX_check_private_key(&context_) != 1
             : ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH;
    if (other_key) {
      return problem(files.private_key,
                     "is not the key of the certificate in " + files.certificate);
    }
    if (!read) {
      problem(files.private_key,
              "holds no private key in PEM that can be used without a passphrase: " +
                  reason_of(*private_key, "PRIVATE KEY"));
    }
  }

  // Whom the peer's certificate must come from.
  void authorities(const std::string& file) {
    const auto text = text_of(file);
    if (!text) return;
    ERR_clear_error();
    if (SSL_CTX_load_verify_file(&context_, file.c_str()) != 1) {
      problem(file,
              "holds no certificates in PEM that can be used: " + reason_of(*text, "CERTIFICATE"));
    }
    // An authority in the middle of a chain is one as well.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(&context_), X509_V_FLAG_PARTIAL_CHAIN);
  }

 private:
  std::optional<std::string> text_of(const std::string& file) {
    auto text = read_text_file(file);
    if (text) return std::move(*text);
    problem(file, text.error());
    return std::nullopt;
  }
  void problem(const std::string& file, std::string message) {
    problems_.push_back({file, 0, 0, "", std::move(message)});
  }

  ssl_ctx_st& context_;
  Diagnostics& problems_;
};

void set_common(ssl_ctx_st& context) {
  SSL_CTX_set_options(&context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(&context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(&context, 1);
  SSL_CTX_set_cipher_list(&context, kCiphers);
  SSL_CTX_set_ciphersuites(&context, kCiphers13);
  SSL_CTX_set1_groups_list(&context, kGroups);
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
}

int choose_protocol(ssl_st*, const unsigned char** chosen, unsigned char* length,
                    const unsigned char* offered, unsigned offered_length, void*) {
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, length, kHttp11.data(), kHttp11.size(), offered,
                            offered_length) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

SslContext server_context(const ListenTlsConfig& config, const CertificateConfig& certificate,
                          std::vector<CertificateTerm>& terms, Diagnostics& problems) {
  SslContext context(SSL_CTX_new(TLS_server_method()));
  set_common(*context);
  SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_min_proto_version(
      context.get(), config.min_version == TlsVersion::k1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_num_tickets(context.get(), 1);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  Loader loader(*context, problems);
  loader.certificate(certificate, terms);
  if (config.client_ca.empty()) return context;
  loader.authorities(config.client_ca);
  SSL_CTX_set_client_CA_list(context.get(), SSL_load_client_CA_file(config.client_ca.c_str()));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return context;
}

}  // namespace

void FreeSslContext::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

tl::expected<std::shared_ptr<const ServerTls>, Diagnostics> ServerTls::make(
    const ListenTlsConfig& config) {
  auto made = std::make_shared<ServerTls>();
  Diagnostics problems;
  std::vector<CertificateConfig> all = {config.certificate};
  all.insert(all.end(), config.certificates.begin(), config.certificates.end());
  for (const CertificateConfig& each : all) {
    made->contexts_.push_back(server_context(config, each, made->certificates_, problems));
  }
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  // A session begins with the first context, whose keys encrypt its ticket: a ticket is good for
  // every certificate here, as all of them ask the same of a client.
  constexpr std::string_view kContextId = "tollgate";
  for (const SslContext& context : made->contexts_) {
    SSL_CTX_set_session_id_context(context.get(),
                                   reinterpret_cast<const unsigned char*>(kContextId.data()),
                                   kContextId.size());
  }
  SSL_CTX_set_tlsext_servername_callback(made->contexts_[0].get(), choose_certificate);
  SSL_CTX_set_tlsext_servername_arg(made->contexts_[0].get(), made.get());
  return made;
}

int ServerTls::choose_certificate(ssl_st* ssl, int*, void* self) {
  const auto& contexts = static_cast<const ServerTls*>(self)->contexts_;
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  for (const SslContext& context : contexts) {
    X509* certificate = SSL_CTX_get0_certificate(context.get());
    if (X509_check_host(certificate, name, 0, 0, nullptr) != 1) continue;
    if (context != contexts[0]) SSL_set_SSL_CTX(ssl, context.get());
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;  // the default: the client decides whether it will do
}

TlsSession ServerTls::accept(int fd) const {
  TlsSession session(SSL_new(contexts_[0].get()));
  if (session == nullptr || SSL_set_fd(session.get(), fd) != 1) return nullptr;
  SSL_set_accept_state(session.get());
  return session;
}

tl::expected<std::shared_ptr<const ClientTls>, Diagnostics> ClientTls::make(
    const UpstreamConfig& config) {
  auto made = std::make_shared<ClientTls>();
  made->context_.reset(SSL_CTX_new(TLS_client_method()));
  ssl_ctx_st& context = *made->context_;
  set_common(context);
  SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION);
  SSL_CTX_set_alpn_protos(&context, kHttp11.data(), kHttp11.size());
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER, nullptr);
  Diagnostics problems;
  Loader loader(context, problems);
  if (config.tls.ca.empty()) {
    SSL_CTX_set_default_verify_paths(&context);
  } else {
    loader.authorities(config.tls.ca);
  }
  if (!config.tls.certificate.certificate.empty()) {
    loader.certificate(config.tls.certificate, made->certificates_);
  }
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  made->server_name_ =
      config.tls.server_name.empty() ? config.endpoint.host : config.tls.server_name;
  made->name_is_address_ = IpAddress::parse(made->server_name_).has_value();
  return made;
}

TlsSession ClientTls::connect(int fd) const {
  TlsSession session(SSL_new(context_.get()));
  if (session == nullptr || SSL_set_fd(session.get(), fd) != 1) return nullptr;
  SSL_set_connect_state(session.get());
  if (name_is_address_) {
    const bool set =
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session.get()), server_name_.c_str()) == 1;
    return set ? std::move(session) : nullptr;
  }
  SSL_set_hostflags(session.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool set = SSL_set1_host(session.get(), server_name_.c_str()) == 1 &&
                   SSL_set_tlsext_host_name(session.get(), server_name_.c_str()) == 1;
  return set ? std::move(session) : nullptr;
}

}  // namespace tollgate
