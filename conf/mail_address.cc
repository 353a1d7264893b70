// See mail_address.h. Any thread.
#include "conf/mail_address.h"

#include <algorithm>

namespace tollgate {
namespace {

constexpr std::size_t kMaxBytes = 254;  // RFC 5321, 4.5.3.1.3, without the angle brackets

bool is_forbidden(char c) {
  constexpr std::string_view kForbidden = "\"(),:;<>[\\]";
  return (c >= 0 && c <= ' ') || c == '\x7f' || kForbidden.find(c) != std::string_view::npos;
}

}  // namespace

bool is_mail_address(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == text.size()) return false;
  if (text.find('@', at + 1) != std::string_view::npos || text.size() > kMaxBytes) return false;
  return std::none_of(text.begin(), text.end(), is_forbidden);
}

}  // namespace tollgate
