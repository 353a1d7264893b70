// The blocks of the process itself: listen, admin, metrics, workers, client_address, access_log,
// connections, drain, keys, notifications.
#include <fmt/format.h>

#include "conf/config_parts.h"
#include "conf/endpoint.h"
#include "conf/mail_address.h"

namespace tollgate {
namespace {

void read_listen_tls(YamlMap& map, ListenTlsConfig& tls) {
  read_certificate(map, tls.certificate);
  if (tls.certificate.certificate.empty()) {
    map.reader().problem(map.node(), map.path(), "certificate and private_key are missing");
  }
  map.file("client_ca", tls.client_ca);
  map.choice<TlsVersion>("min_version", tls.min_version,
                         {{"1.2", TlsVersion::k1_2}, {"1.3", TlsVersion::k1_3}});
  map.list("certificates", [&](const YAML::Node& item, const std::string& path) {
    YamlMap pair(map.reader(), item, path);
    read_certificate(pair, tls.certificates.emplace_back());
    pair.finish();
  });
}

void read_connections(YamlMap& map, ConnectionsConfig& connections) {
  map.count("max", connections.max);
  map.duration("header_timeout", connections.header_timeout);
  map.duration("body_timeout", connections.body_timeout);
  map.duration("idle_timeout", connections.idle_timeout);
  map.size("max_header_bytes", connections.max_header_bytes, YamlMap::Zero::kForbidden);
  map.count("max_headers", connections.max_headers, YamlMap::Zero::kForbidden);
  map.size("max_body_bytes", connections.max_body_bytes);
  map.size("max_held_bytes", connections.max_held_bytes);
  constexpr std::uint64_t kMostHeaderBytes = 1 << 20;
  if (connections.max_header_bytes < 256 || connections.max_header_bytes > kMostHeaderBytes) {
    map.reader().problem(*map.find("max_header_bytes"), map.path_of("max_header_bytes"),
                         "must be from 256 bytes to 1MiB");
  }
  if (connections.max_headers > 10000) {
    map.reader().problem(*map.find("max_headers"), map.path_of("max_headers"),
                         "must be at most 10000");
  }
}

}  // namespace

void read_certificate(YamlMap& map, CertificateConfig& certificate) {
  map.file("certificate", certificate.certificate);
  map.file("private_key", certificate.private_key);
  if (certificate.certificate.empty() != certificate.private_key.empty()) {
    map.reader().problem(map.node(), map.path(),
                         "a certificate and its private_key are written together");
  }
}

void read_listen(YamlMap& root, Config& config) {
  const YAML::Node* listen = root.require(
      "listen", "where clients connect, for example listen: [{address: \"0.0.0.0:8080\"}]");
  root.list("listen", [&](const YAML::Node& item, const std::string& path) {
    YamlMap map(root.reader(), item, path);
    ListenConfig& each = config.listen.emplace_back();
    if (map.require("address", "for example 0.0.0.0:8080") != nullptr) {
      map.parsed("address", each.address, parse_endpoint);
    }
    map.map("tls", [&](YamlMap& tls) { read_listen_tls(tls, each.tls.emplace()); });
    map.flag("http2", each.http2);
    map.flag("proxy_protocol", each.proxy_protocol);
    map.finish();
  });
  if (listen != nullptr && listen->IsSequence() && listen->size() == 0) {
    root.reader().problem(*listen, "listen", "is empty: nobody could connect");
  }
}

void read_server_blocks(YamlMap& root, Config& config) {
  root.map("admin", [&](YamlMap& map) { map.parsed("address", config.admin, parse_endpoint); });
  root.map("metrics", [&](YamlMap& map) {
    Endpoint address;
    if (map.require("address", "for example 0.0.0.0:9902") == nullptr) return;
    map.parsed("address", address, parse_endpoint);
    config.metrics = address;
  });
  root.parsed("workers", config.workers,
              [](const std::string& words) -> tl::expected<std::uint64_t, std::string> {
                if (words == "auto") return 0;
                const auto count = parse_count(words);
                if (count && *count >= 1 && *count <= 256) return *count;
                return tl::unexpected(fmt::format(
                    "\"{}\" is not a number of workers: write auto, or 1 to 256", words));
              });
  root.map("client_address", [&](YamlMap& map) {
    map.ranges("trusted_proxies", config.client_address.trusted_proxies);
    map.choice<ClientAddressHeader>("header", config.client_address.header,
                                    {{"X-Forwarded-For", ClientAddressHeader::kXForwardedFor},
                                     {"Forwarded", ClientAddressHeader::kForwarded},
                                     {"none", ClientAddressHeader::kNone}});
  });
  root.map("access_log", [&](YamlMap& map) {
    std::string path;
    map.text("path", path);
    if (path.empty()) return;
    const bool word = path == "stdout" || path == "off";
    config.access_log.path = word ? path : map.reader().beside_file(path);
  });
  root.map("connections", [&](YamlMap& map) { read_connections(map, config.connections); });
  root.map("drain", [&](YamlMap& map) {
    map.duration("timeout", config.drain_timeout, YamlMap::Zero::kAllowed);
  });
  root.map("keys", [&](YamlMap& map) { map.file("file", config.keys_file); });
}

void read_notifications(YamlMap& root, Config& config) {
  root.map("notifications", [&](YamlMap& map) {
    NotificationsConfig& notifications = config.notifications;
    map.map("smtp", [&](YamlMap& smtp) {
      smtp.text("url", notifications.smtp_url);
      smtp.text("from", notifications.smtp_from);
      const std::string& url = notifications.smtp_url;
      if (!url.starts_with("smtp://") && !url.starts_with("smtps://")) {
        smtp.reader().problem(smtp.place_of("url"), smtp.path_of("url"),
                              "begins with smtp:// or smtps://, for example smtp://127.0.0.1:25");
      }
      if (!is_mail_address(notifications.smtp_from)) {
        smtp.reader().problem(smtp.place_of("from"), smtp.path_of("from"),
                              "is a mail address, for example tollgate@example.com");
      }
    });
    map.map("webhook", [&](YamlMap& webhook) {
      webhook.text("url", notifications.webhook_url);
      const std::string& url = notifications.webhook_url;
      if (!url.starts_with("https://") && !url.starts_with("http://")) {
        webhook.reader().problem(webhook.place_of("url"), webhook.path_of("url"),
                                 "begins with https:// or http://");
      }
    });
    map.duration("every", notifications.every);
  });
}

}  // namespace tollgate
