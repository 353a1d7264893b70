// See tls_files.h.
#include "proxy/tls_files.h"

#include <algorithm>
#include <iterator>

namespace tollgate {
namespace {

// Settings and file contents as one text, in which no two ways to put them together look alike.
class MadeOf {
 public:
  explicit MadeOf(std::vector<SeenFile>& read) : read_(read) {}
  void setting(const std::string& value) { text_ += std::to_string(value.size()) + ':' + value; }
  // Looked at before it is read, so that a later change is seen as one.
  void file(const std::string& name) {
    setting(name);
    if (name.empty()) return;
    read_.push_back(look_at_file(name));
    setting(read_.back().digest);
  }
  void certificate(const CertificateConfig& files) {
    file(files.certificate);
    file(files.private_key);
  }
  [[nodiscard]] std::string text() { return std::move(text_); }

 private:
  std::vector<SeenFile>& read_;
  std::string text_;
};

template <class Tls, class Config>
TlsMade<Tls> load(std::string made_of, const Config& config, const std::vector<TlsMade<Tls>>& known,
                  Diagnostics& problems) {
  const auto same = std::ranges::find(known, made_of, &TlsMade<Tls>::made_of);
  if (same != known.end()) return *same;
  auto made = Tls::make(config);
  if (made) return {std::move(made_of), std::move(*made)};
  std::ranges::move(made.error(), std::back_inserter(problems));
  return {};
}

}  // namespace

ListenTlsMade load_listen_tls(const ListenConfig& config, const std::vector<ListenTlsMade>& known,
                              std::vector<SeenFile>& read, Diagnostics& problems) {
  if (!config.tls) return {};
  MadeOf made_of(read);
  made_of.setting(config.address.text());  // tickets are not for another listener
  made_of.setting(config.tls->min_version == TlsVersion::k1_3 ? "1.3" : "1.2");
  made_of.certificate(config.tls->certificate);
  made_of.file(config.tls->client_ca);
  for (const CertificateConfig& each : config.tls->certificates) made_of.certificate(each);
  return load<ServerTls>(made_of.text(), *config.tls, known, problems);
}

UpstreamTlsMade load_upstream_tls(const UpstreamConfig& config,
                                  const std::vector<UpstreamTlsMade>& known,
                                  std::vector<SeenFile>& read, Diagnostics& problems) {
  if (config.scheme != UpstreamScheme::kHttps) return {};
  MadeOf made_of(read);
  made_of.setting(config.endpoint.host);
  made_of.setting(config.tls.server_name);
  made_of.file(config.tls.ca);
  made_of.certificate(config.tls.certificate);
  return load<ClientTls>(made_of.text(), config, known, problems);
}

}  // namespace tollgate
