#include "conf/config.h"

#include <fmt/format.h>

namespace tollgate {

std::string Endpoint::text() const {
  if (is_unix()) return "unix:" + unix_path;
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

bool operator==(const UpstreamConfig& a, const UpstreamConfig& b) {
  return a.url == b.url && a.endpoint == b.endpoint && a.connect_timeout == b.connect_timeout &&
         a.response_timeout == b.response_timeout && a.idle_timeout == b.idle_timeout &&
         a.keepalive == b.keepalive && a.max_connections == b.max_connections &&
         a.retries == b.retries && a.tls.ca == b.tls.ca && a.tls.server_name == b.tls.server_name &&
         a.tls.certificate.certificate == b.tls.certificate.certificate &&
         a.tls.certificate.private_key == b.tls.certificate.private_key;
}

bool is_below(std::string_view path, std::string_view base) {
  if (base.size() == 1) return path.starts_with('/');
  return path.starts_with(base) && (path.size() == base.size() || path[base.size()] == '/');
}

}  // namespace tollgate
