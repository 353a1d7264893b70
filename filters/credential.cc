// See credential.h. Any thread.
#include "filters/credential.h"

#include <fmt/format.h>

#include <algorithm>

#include "filters/field_text.h"

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

// Whether the value's scheme is Bearer, whatever follows it.
bool is_bearer(std::string_view value) { return equals_ignoring_case(take_token(value), "bearer"); }

// The token of "Bearer TOKEN" (RFC 6750, 2.1); empty for another scheme.
std::string_view bearer_token(std::string_view value) {
  constexpr std::size_t kSchemeSize = 6;
  if (!is_bearer(value) || value.size() == kSchemeSize || value[kSchemeSize] != ' ') return {};
  value.remove_prefix(kSchemeSize);
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
    for (Cookie each = take_cookie(rest); !each.pair.empty(); each = take_cookie(rest)) {
      if (each.name == name && found.times++ == 0) found.value = each.value;
    }
  }
  return found;
}

}  // namespace

tl::expected<std::string_view, std::string> find_credential(const AuthConfig& auth,
                                                            const RequestHead& request) {
  std::string_view secret;
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
    if (found.times == 0 || !secret.empty()) continue;
    const std::string_view value = request.headers[static_cast<std::size_t>(found.index)].value;
    secret = header.form == CredentialForm::kBearer ? bearer_token(value) : value;
  }
  for (const std::string& cookie : auth.cookies) {
    if (!secret.empty()) break;
    const FoundCookie found = find_cookie(request, cookie);
    if (found.times > 1) {
      return tl::unexpected(
          fmt::format("The cookie {} is there {} times; send it once.", cookie, found.times));
    }
    secret = found.value;
  }
  return secret;
}

Cookie take_cookie(std::string_view& rest) {
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    const std::string_view pair = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (pair.empty()) continue;
    const std::size_t equal = std::min(pair.find('='), pair.size());
    return {pair, trimmed(pair.substr(0, equal)), pair.substr(std::min(equal + 1, pair.size()))};
  }
  return {};
}

bool may_hold_secret(const AuthConfig& auth, const HeaderField& field) {
  return std::any_of(auth.headers.begin(), auth.headers.end(), [&](const CredentialHeader& each) {
    return equals_ignoring_case(each.name, field.name) &&
           (each.form == CredentialForm::kHeader || is_bearer(field.value));
  });
}

bool may_hold_secret(const AuthConfig& auth, const Cookie& cookie) {
  return std::find(auth.cookies.begin(), auth.cookies.end(), cookie.name) != auth.cookies.end();
}

}  // namespace tollgate
