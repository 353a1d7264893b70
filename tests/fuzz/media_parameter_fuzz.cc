// Any bytes as the parameters of a Content-Type: the boundary that is read is the one that PHP and
// Python read. Theirs may go on behind it, as what begins alike is found alike in a body.
#include "filters/media_parameter.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "filters/field_text.h"
#include "tests/fuzz/properties.h"

namespace tollgate {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// rfc1867.c: what follows the first "=" behind the first "boundary".
std::string as_php(std::string_view text) {
  std::size_t word = text.find("boundary");
  if (word == std::string_view::npos) word = lower(text).find("boundary");
  if (word == std::string_view::npos) return "";
  const std::size_t equals = text.find('=', word);
  if (equals == std::string_view::npos) return "";
  text.remove_prefix(equals + 1);
  if (!text.starts_with('"')) return std::string(text.substr(0, text.find_first_of(",;")));
  return std::string(text.substr(1, text.find('"', 1) - 1));
}

// cgi.parse_header, and Django's, which also drops a "*": the last of several counts.
std::string as_python(std::string_view text) {
  std::string found;
  std::size_t begin = std::min(text.find(';'), text.size());
  while (begin < text.size()) {
    std::size_t end = ++begin;
    bool quoted = false;
    for (; end < text.size() && (quoted || text[end] != ';'); ++end) {
      if (text[end] == '"' && text[end - 1] != '\\') quoted = !quoted;
    }
    const std::string_view each = text.substr(begin, end - begin);
    const std::size_t equals = std::min(each.find('='), each.size());
    std::string name = lower(trimmed(each.substr(0, equals)));
    if (name.ends_with('*')) name.pop_back();
    if (name == "boundary" && equals < each.size()) {
      std::string_view value = trimmed(each.substr(equals + 1));
      if (value.size() > 1 && value.starts_with('"') && value.ends_with('"')) {
        value = value.substr(1, value.size() - 2);
      }
      found = value;
    }
    begin = end;
  }
  return found;
}

}  // namespace
}  // namespace tollgate

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tollgate;
  const std::string type = "multipart/form-data;" + std::string(text_of(data, size));
  (void)media_parameter(text_of(data, size), "charset");
  const auto boundary = media_parameter(type, "boundary");
  if (!boundary) must(boundary.error().starts_with("The Content-Type has "), "an error has words");
  if (!boundary || !*boundary || (*boundary)->empty()) return 0;
  must(as_php(type).starts_with(**boundary), "PHP reads the same boundary");
  must(as_python(type).starts_with(**boundary), "Python reads the same boundary");
  return 0;
}
