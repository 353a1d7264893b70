// See member_names.h. Any thread.
#include "filters/graphql/member_names.h"

namespace tollgate::graphql {
namespace {

constexpr std::string_view kLongS = "\xC5\xBF";       // U+017F
constexpr std::string_view kKelvin = "\xE2\x84\xAA";  // U+212A

// The first character of `rest` folded, and `rest` moved past it.
char take_folded(std::string_view& rest) {
  if (rest.starts_with(kLongS)) {
    rest.remove_prefix(kLongS.size());
    return 's';
  }
  if (rest.starts_with(kKelvin)) {
    rest.remove_prefix(kKelvin.size());
    return 'k';
  }
  const char c = rest[0];
  rest.remove_prefix(1);
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equals_folded(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (take_folded(a) != take_folded(b)) return false;
  }
  return a.empty() && b.empty();
}

}  // namespace

NameMatch match_name(std::string_view name, std::span<const std::string_view> known) {
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (name == known[i]) return {NameMatch::Kind::kExact, i};
  }
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (equals_folded(name, known[i])) return {NameMatch::Kind::kResembles, i};
  }
  return {};
}

}  // namespace tollgate::graphql
