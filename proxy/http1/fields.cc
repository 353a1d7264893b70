// Field lines by one scan of the bytes; the framing fields by the strictest reading that RFC 9112
// allows.
#include "proxy/http1/fields.h"

#include <algorithm>

#include "proxy/http1/characters.h"
#include "proxy/http1/field_names.h"

namespace tollgate::http1 {
namespace {

constexpr std::size_t kMaxLengthDigits = 19;  // always fits into 64 bits

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view bad_name(char c) {
  if (is_blank(c)) return "white space before the colon of a field";
  if (c == '\r' || c == '\n') return "a field line without a colon";
  return "a character in a field name that is not allowed there";
}

std::string_view bad_value(char c) {
  if (c == '\n') return "a line that ends without CR";
  if (c == '\0') return "a NUL in a field value";
  return "a control character in a field value";
}

std::string_view bad_line_start(char c) {
  if (is_blank(c)) return "a folded field line or white space before a field name";
  if (c == ':') return "a field without a name";
  if (c == '\n') return "a line that ends without CR";
  return "a character in a field name that is not allowed there";
}

std::string_view trim(const char* first, const char* last) {
  while (first != last && is_blank(*first)) ++first;
  while (first != last && is_blank(last[-1])) --last;
  return {first, static_cast<std::size_t>(last - first)};
}

}  // namespace

tl::expected<Line, std::string_view> read_field_line(std::string_view bytes, std::size_t& at,
                                                     Header& header) {
  const char* const begin = bytes.data() + at;
  const char* const end = bytes.data() + bytes.size();
  if (begin == end) return Line::kIncomplete;
  if (*begin == '\r') {
    if (end - begin < 2) return Line::kIncomplete;
    if (begin[1] != '\n') return fault("a CR without LF");
    at += 2;
    return Line::kLast;
  }
  if (!is_in(*begin, kToken)) return fault(bad_line_start(*begin));

  const char* colon = begin;
  while (colon != end && is_in(*colon, kToken)) ++colon;
  if (colon == end) return Line::kIncomplete;
  if (*colon != ':') return fault(bad_name(*colon));

  const char* const cr = skip_field_value(colon + 1, end);
  if (cr == end) return Line::kIncomplete;
  if (*cr != '\r') return fault(bad_value(*cr));
  if (end - cr < 2) return Line::kIncomplete;
  if (cr[1] != '\n') return fault("a CR without LF");

  header.name = {begin, static_cast<std::size_t>(colon - begin)};
  header.value = trim(colon + 1, cr);
  header.id = find_header_id(header.name);
  at += static_cast<std::size_t>(cr + 2 - begin);
  return Line::kField;
}

Check MessageFields::add(const Header& header) {
  if (header.id == HeaderId::kContentLength) return add_length(header.value);
  if (header.id == HeaderId::kTransferEncoding) return add_coding(header.value);
  if (header.id == HeaderId::kConnection) return add_connection(header.value);
  return {};
}

Check MessageFields::add_length(std::string_view value) {
  if (has_length_) return fault("two Content-Length fields");
  if (value.empty()) return fault("an empty Content-Length");
  if (!std::ranges::all_of(value, [](char c) { return is_in(c, kDigit); })) {
    return fault("a Content-Length that is not a decimal number");
  }
  if (value.size() > kMaxLengthDigits) return fault("a Content-Length that is too large");
  for (const char c : value) length_ = length_ * 10 + static_cast<unsigned>(c - '0');
  has_length_ = true;
  return {};
}

Check MessageFields::add_coding(std::string_view value) {
  if (chunked_) return fault("two Transfer-Encoding fields");
  if (!equals_ignoring_case(value, "chunked")) {
    return fault("a Transfer-Encoding other than a single \"chunked\"");
  }
  chunked_ = true;
  return {};
}

Check MessageFields::add_connection(std::string_view value) {
  while (!value.empty()) {
    const std::string_view option = take_list_element(value);
    if (!std::ranges::all_of(option, [](char c) { return is_in(c, kToken); })) {
      return fault("a Connection field that is not a list of names");
    }
    if (!option.empty()) add_connection_option(option);
  }
  return {};
}

void MessageFields::add_connection_option(std::string_view option) {
  if (equals_ignoring_case(option, "close")) {
    close_ = true;
    return;
  }
  const HeaderId id = find_header_id(option);
  if (id == HeaderId::kContentLength || id == HeaderId::kTransferEncoding) names_framing_ = true;
  if (is_protected_from_connection(option)) names_protected_ = true;
  if (id == HeaderId::kKeepAlive) keep_alive_ = true;
  if (id == HeaderId::kUpgrade) upgrade_ = true;
  if (!is_hop_by_hop(id)) names_others_ = true;
}

Check MessageFields::finish(int minor_version) const {
  if (chunked_ && has_length_) {
    return fault("Content-Length and Transfer-Encoding together");
  }
  if (chunked_ && minor_version == 0) return fault("a Transfer-Encoding in HTTP/1.0");
  if (names_framing_) return fault("a Connection field that names a framing field");
  return {};
}

std::string_view take_list_element(std::string_view& list) {
  const std::size_t comma = std::min(list.find(','), list.size());
  const std::string_view element = trim(list.data(), list.data() + comma);
  list.remove_prefix(std::min(comma + 1, list.size()));
  return element;
}

}  // namespace tollgate::http1
