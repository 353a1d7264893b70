// See query_string.h. Any thread.
#include "filters/graphql/query_string.h"

#include <fmt/format.h>

#include "filters/graphql/member_names.h"

namespace tollgate::graphql {
namespace {

// Some servers leave out what comes after a thousand.
constexpr std::size_t kMostPairs = 100;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte that "%xx" at the front stands for; -1: it is none.
int escaped_byte(std::string_view text) {
  if (text.size() < 3) return -1;
  const int high = hex_digit(text[1]);
  const int low = hex_digit(text[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

struct Decoded {
  std::string_view text;
  bool broken = false;  // it has a "%" without two digits, which stays as it is
};

// Appends to `memory`, which has room: decoding makes nothing longer.
Decoded decode(std::string_view text, std::string& memory) {
  const std::size_t begin = memory.size();
  Decoded decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i] == '+' ? ' ' : text[i];
    if (c == '%') {
      const int byte = escaped_byte(text.substr(i));
      if (byte < 0) decoded.broken = true;
      if (byte >= 0) {
        c = static_cast<char>(byte);
        i += 2;
      }
    }
    memory.push_back(c);
  }
  decoded.text = std::string_view(memory).substr(begin);
  return decoded;
}

// PHP and Node's qs read "query[]" and " query" as query, and what follows a NUL may be cut off.
std::string_view stem(std::string_view name) {
  const std::size_t begin = name.find_first_not_of(" \t\r\n\v\f");
  if (begin == std::string_view::npos) return {};
  name.remove_prefix(begin);
  name = name.substr(0, name.find_first_of(std::string_view("[.\0", 3)));
  return name.substr(0, name.find_last_not_of(" \t\r\n\v\f") + 1);
}

tl::unexpected<std::string> refuse(std::string_view name, const char* what) {
  return tl::unexpected(fmt::format("The parameter \"{}\" of the URL {}.", name, what));
}

}  // namespace

tl::expected<Parameters, std::string> read_query_string(
    std::string_view query, const std::array<std::string_view, kParameterNames>& names,
    std::string& memory) {
  const std::size_t odd = query.find_first_of("?;");
  if (odd != std::string_view::npos) {
    return tl::unexpected(fmt::format(
        "The URL has a \"{0}\" within its query string, which servers read in different ways: "
        "write %{1:02X} for it.",
        query[odd], static_cast<int>(query[odd])));
  }
  memory.clear();
  memory.reserve(query.size());
  Parameters parameters;
  std::size_t pairs = 0;
  while (!query.empty()) {
    if (++pairs > kMostPairs) {
      return tl::unexpected(
          fmt::format("The URL has more than {} parameters; servers differ in how many they read.",
                      kMostPairs));
    }
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::string_view raw_name = pair.substr(0, pair.find('='));
    const std::string_view name = decode(raw_name, memory).text;
    const NameMatch match = match_name(stem(name), names);
    if (match.kind == NameMatch::Kind::kOther) continue;
    const std::string_view known = names[match.index];
    if (name != known) {
      return refuse(known, "must be written just so, without brackets and in this case");
    }
    if (parameters[match.index]) return refuse(known, "occurs twice");
    const Decoded value = decode(pair.substr(std::min(raw_name.size() + 1, pair.size())), memory);
    if (value.broken) return refuse(known, "has a \"%\" without two hexadecimal digits");
    parameters[match.index] = value.text;
  }
  return parameters;
}

}  // namespace tollgate::graphql
