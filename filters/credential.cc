// See credential.h. Any thread.
#include "filters/credential.h"

#include <fmt/format.h>

#include <algorithm>

namespace tollgate {
namespace {

struct FoundHeader {
  int index = -1;
  int times = 0;
};

FoundHeader find_header(const RequestHead& request, std::string_view name) {
  FoundHeader found;
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    const std::string_view each = request.headers[i].name;
    if (each.size() != name.size() || !equals_ignoring_case(each, name)) continue;
    if (found.times++ == 0) found.index = static_cast<int>(i);
  }
  return found;
}

bool has_twin(const RequestHead& request, std::string_view name) {
  return std::any_of(request.headers.begin(), request.headers.end(), [&](const Header& each) {
    return each.name.size() == name.size() && is_twin_of(each.name, name);
  });
}

// The token of "Bearer TOKEN" (RFC 6750, 2.1); empty for another scheme.
std::string_view bearer_token(std::string_view value) {
  constexpr std::string_view kScheme = "bearer ";
  if (value.size() <= kScheme.size() ||
      !equals_ignoring_case(value.substr(0, kScheme.size()), kScheme)) {
    return {};
  }
  value.remove_prefix(kScheme.size());
  while (value.starts_with(' ')) value.remove_prefix(1);
  return value;
}

struct FoundCookie {
  std::string_view value;
  int times = 0;
};

FoundCookie find_cookie(const RequestHead& request, std::string_view name) {
  FoundCookie found;
  for (const Header& field : request.headers) {
    if (field.id != HeaderId::kCookie) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      std::string_view pair = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      while (!pair.empty() && (pair.front() == ' ' || pair.front() == '\t')) pair.remove_prefix(1);
      const std::size_t equal = pair.find('=');
      if (equal == std::string_view::npos || pair.substr(0, equal) != name) continue;
      if (found.times++ == 0) found.value = pair.substr(equal + 1);
    }
  }
  return found;
}

}  // namespace

tl::expected<Credential, std::string> find_credential(const AuthConfig& auth,
                                                      const RequestHead& request) {
  Credential credential;
  const bool has_connection = request.find(HeaderId::kConnection) != nullptr;
  for (const CredentialHeader& header : auth.headers) {
    const FoundHeader found = find_header(request, header.name);
    if (found.times > 1) {
      return tl::unexpected(
          fmt::format("The header {} is there {} times; send it once.", header.name, found.times));
    }
    if (has_twin(request, header.name)) {
      return tl::unexpected(
          fmt::format("A header has the name {} with \"_\" or \".\" for \"-\"; send {} alone.",
                      header.name, header.name));
    }
    if (has_connection && named_by_connection(request.headers, header.name)) {
      return tl::unexpected(fmt::format(
          "The header Connection names {}, which is not for one hop alone.", header.name));
    }
    if (found.times == 0 || !credential.secret.empty()) continue;
    const std::string_view value = request.headers[static_cast<std::size_t>(found.index)].value;
    credential.secret = header.form == CredentialForm::kBearer ? bearer_token(value) : value;
    if (!credential.secret.empty()) credential.header = found.index;
  }
  for (const std::string& cookie : auth.cookies) {
    if (!credential.secret.empty()) break;
    const FoundCookie found = find_cookie(request, cookie);
    if (found.times > 1) {
      return tl::unexpected(
          fmt::format("The cookie {} is there {} times; send it once.", cookie, found.times));
    }
    credential.secret = found.value;
    if (!credential.secret.empty()) credential.cookie = cookie;
  }
  return credential;
}

}  // namespace tollgate
