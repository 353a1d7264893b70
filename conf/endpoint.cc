#include "conf/endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace tollgate {
namespace {

constexpr std::size_t kMaxUnixPath = 107;  // sun_path with its NUL

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Whether resolvers take it for an IPv4 address: its last label is a number.
bool looks_like_v4(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  const std::string_view last = host.substr(host.rfind('.') + 1);
  return std::all_of(last.begin(), last.end(), is_digit);
}

bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > 253 || host.starts_with('.') ||
      host.find("..") != std::string_view::npos) {
    return false;
  }
  if (looks_like_v4(host)) return IpAddress::parse(host).has_value();
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' ||
           c == '.' || c == '_';
  });
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

// "host", "host:port", "[v6]", "[v6]:port"; none: neither. `port` is left alone where none is
// written.
std::optional<std::string> split_authority(std::string_view text,
                                           std::optional<std::uint16_t>& port) {
  std::string_view host = text;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
    const auto address = IpAddress::parse(host);
    if (!address || host.find(':') == std::string_view::npos) return std::nullopt;
  } else {
    const std::size_t colon = text.find(':');
    host = text.substr(0, colon);
    if (colon != std::string_view::npos) rest = text.substr(colon);
    if (!is_host_name(host)) return std::nullopt;
  }
  if (!rest.empty()) {
    port = parse_port(rest.substr(1));
    if (rest[0] != ':' || !port) return std::nullopt;
  }
  return std::string(host);
}

tl::expected<Endpoint, std::string> unix_endpoint(std::string_view path) {
  if (!path.starts_with('/')) {
    return tl::unexpected(fmt::format(
        "\"unix:{}\": the path of a Unix socket is absolute, for example unix:/run/x.sock", path));
  }
  if (path.size() > kMaxUnixPath) {
    return tl::unexpected(fmt::format("\"unix:{}\": the path of a Unix socket has at most {} bytes",
                                      path, kMaxUnixPath));
  }
  return Endpoint{"", 0, std::string(path)};
}

}  // namespace

tl::expected<Endpoint, std::string> parse_endpoint(std::string_view text) {
  if (text.starts_with("unix:")) return unix_endpoint(text.substr(5));
  std::optional<std::uint16_t> port;
  const auto host = split_authority(text, port);
  if (host && port) return Endpoint{*host, *port, ""};
  return tl::unexpected(
      fmt::format("\"{}\" is not an address: write for example 0.0.0.0:8080, [::]:8080 or "
                  "unix:/run/tollgate.sock",
                  text));
}

tl::expected<UpstreamUrl, std::string> parse_upstream_url(std::string_view text) {
  UpstreamUrl url;
  if (text.starts_with("unix:")) {
    auto endpoint = unix_endpoint(text.substr(5));
    if (!endpoint) return tl::unexpected(endpoint.error());
    url.endpoint = std::move(*endpoint);
    return url;
  }
  // Before all other errors, which show the text.
  if (text.find('@') != std::string_view::npos) {
    return tl::unexpected(std::string("an upstream has no user name or password"));
  }
  std::string_view rest = text;
  std::uint16_t default_port = 80;
  if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
    url.scheme = UpstreamScheme::kHttps;
    default_port = 443;
  } else {
    return tl::unexpected(
        fmt::format("\"{}\" is not an upstream: write for example http://127.0.0.1:4000, "
                    "https://api.internal or "
                    "unix:/run/api.sock",
                    text));
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#") != std::string_view::npos) {
    return tl::unexpected(fmt::format(
        "\"{}\": an upstream has no path; calls keep theirs, and strip_base takes the base out",
        text));
  }
  std::optional<std::uint16_t> port;
  const auto host = split_authority(rest, port);
  if (!host || (port && *port == 0)) {
    return tl::unexpected(
        fmt::format("\"{}\" is not a scheme and a host, or a host and a port", text));
  }
  url.endpoint = {*host, port.value_or(default_port), ""};
  return url;
}

}  // namespace tollgate
