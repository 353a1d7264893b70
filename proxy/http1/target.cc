// Request targets: one pass over the path with a closer look at "%" and at what follows a "/", one
// over the query.
#include "proxy/http1/target.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "proxy/http1/characters.h"
#include "proxy/http1/fields.h"

namespace tollgate::http1 {
namespace {

constexpr std::string_view kBadCharacter =
    "a character in the request target that must be percent-encoded";

// The byte that "%xx" at the front of `text` stands for, or -1.
int percent_decoded(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return -1;
  if (!is_in(text[1], kHexDigit) || !is_in(text[2], kHexDigit)) return -1;
  return static_cast<int>(hex_value(text[1]) * 16 + hex_value(text[2]));
}

// Takes one character, percent-encoded or not, off a segment.
int take_decoded(std::string_view& segment) {
  const int decoded = percent_decoded(segment);
  const int result = decoded >= 0 ? decoded : static_cast<unsigned char>(segment.front());
  segment.remove_prefix(decoded >= 0 ? 3 : 1);
  return result;
}

// Whether the segment at the front of `rest` is "." or "..", with path parameters left aside as
// many servers do.
bool starts_with_dot_segment(std::string_view rest) {
  std::string_view segment = rest.substr(0, rest.find_first_of("/?"));
  int dots = 0;
  while (!segment.empty()) {
    const int c = take_decoded(segment);
    if (c == ';') break;
    if (c != '.' || ++dots > 2) return false;
  }
  return dots > 0;
}

Check check_encoded_in_path(std::string_view rest) {
  const int decoded = percent_decoded(rest);
  if (decoded < 0) return fault("an invalid percent-encoding in the request target");
  if (decoded == '/' || decoded == '\\') {
    return fault("a percent-encoded slash or backslash in the path");
  }
  if (decoded < 0x20 || decoded == 0x7f) {
    return fault("a percent-encoded control character in the path");
  }
  // The same path as without the encoding (RFC 3986, 6.2.2.2), but not the same bytes: it would go
  // by other rules than those of the path that it is. Clients do encode "~".
  if (is_in(static_cast<char>(decoded), kHostChar) && decoded != '~') {
    return fault(
        "a percent-encoded letter, digit, \"-\", \".\" or \"_\" in the path: write it plainly");
  }
  return {};
}

std::string_view bad_character(char c) {
  if (c == '#') return "a fragment in the request target";
  if (c == '\\') return "a backslash in the request target";
  return kBadCharacter;
}

// Of what is not a plain character of a path: the one at the front of `rest`.
Check check_special_in_path(std::string_view rest) {
  if (rest.front() == '%') return check_encoded_in_path(rest);
  if (rest.front() != '/') return fault(bad_character(rest.front()));
  const bool may_be_dot = rest.size() > 1 && (rest[1] == '.' || rest[1] == '%');
  if (may_be_dot && starts_with_dot_segment(rest.substr(1))) {
    return fault("a dot segment in the path");
  }
  return {};
}

// `text` begins with "/". Gives the path's length: up to "?" or the end.
tl::expected<std::size_t, std::string_view> scan_path(std::string_view text) {
  for (std::size_t at = 0;; ++at) {
    while (at < text.size() && is_in(text[at], kPathChar)) ++at;
    if (at == text.size() || text[at] == '?') return at;
    if (auto special = check_special_in_path(text.substr(at)); !special) {
      return tl::unexpected(special.error());
    }
  }
}

Check check_query(std::string_view query) {
  for (std::size_t at = 0; at < query.size(); ++at) {
    const char c = query[at];
    if (is_in(c, kQueryChar)) continue;
    if (c != '%') return fault(bad_character(c));
    if (percent_decoded(query.substr(at)) < 0) {
      return fault("an invalid percent-encoding in the request target");
    }
  }
  return {};
}

tl::expected<Target, std::string_view> parse_origin_form(std::string_view raw) {
  // Servers that resolve it as a reference take an authority for what follows (RFC 3986, 4.2).
  if (raw.starts_with("//")) return fault("a path that begins with two slashes");
  const auto path_length = scan_path(raw);
  if (!path_length) return tl::unexpected(path_length.error());
  Target target{.target = raw, .path = raw.substr(0, *path_length), .query = {}, .authority = {}};
  if (*path_length < raw.size()) target.query = raw.substr(*path_length + 1);
  if (auto query = check_query(target.query); !query) return tl::unexpected(query.error());
  return target;
}

// The length of "http://" or "https://" at the front, else 0.
std::size_t scheme_length(std::string_view raw) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (equals_ignoring_case(raw.substr(0, scheme.size()), scheme)) return scheme.size();
  }
  return 0;
}

tl::expected<Target, std::string_view> parse_absolute_form(std::string_view raw, Method method) {
  const std::size_t scheme = scheme_length(raw);
  if (scheme == 0) {
    return fault("a request target that is neither a path nor an http or https URI");
  }
  const std::size_t authority_end = std::min(raw.find_first_of("/?#", scheme), raw.size());
  const std::string_view authority = raw.substr(scheme, authority_end - scheme);
  if (!is_authority(authority)) {
    return fault("an invalid authority in the request target");
  }
  // An empty path is "*" for OPTIONS (RFC 9112, 3.2.4), else "/": the scheme's last slash serves as
  // one.
  std::string_view rest = raw.substr(authority_end);
  if (rest.empty()) rest = method == Method::kOptions ? "*" : raw.substr(scheme - 1, 1);
  if (rest == "*") return Target{.target = rest, .path = rest, .query = {}, .authority = authority};
  if (rest.front() != '/') {
    return fault("a request target without a path");
  }
  auto target = parse_origin_form(rest);
  if (target) target->authority = authority;
  return target;
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5) return false;
  unsigned port = 0;
  for (const char c : text) {
    if (!is_in(c, kDigit)) return false;
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  return port <= 65535;
}

bool is_ipv6(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) return false;
  std::ranges::copy(text, terminated.begin());
  in6_addr address{};
  return inet_pton(AF_INET6, terminated.data(), &address) == 1;
}

}  // namespace

tl::expected<Target, std::string_view> parse_target(std::string_view raw, Method method) {
  if (raw.empty()) return fault("an empty request target");
  if (method == Method::kConnect) {
    if (!is_authority(raw) || raw.find(':') == std::string_view::npos || raw.back() == ']') {
      return fault("a CONNECT target that is not host:port");
    }
    return Target{.target = raw, .path = {}, .query = {}, .authority = {}};
  }
  if (raw.front() == '/') return parse_origin_form(raw);
  if (raw != "*") return parse_absolute_form(raw, method);
  if (method != Method::kOptions) {
    return fault("the request target \"*\" with a method other than OPTIONS");
  }
  return Target{.target = raw, .path = raw, .query = {}, .authority = {}};
}

bool is_authority(std::string_view text) {
  if (text.empty()) return false;
  std::size_t host_end = 0;
  if (text.front() == '[') {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos || !is_ipv6(text.substr(1, bracket - 1))) return false;
    host_end = bracket + 1;
  } else {
    while (host_end < text.size() && is_in(text[host_end], kHostChar)) ++host_end;
    if (host_end == 0) return false;
  }
  if (host_end == text.size()) return true;
  return text[host_end] == ':' && is_port(text.substr(host_end + 1));
}

}  // namespace tollgate::http1
