// Comparing field names, reading Connection and the framing. Used by every worker; no state.
#include "filters/request.h"

#include <algorithm>
#include <cstddef>

#include "filters/field_text.h"

namespace tollgate {
namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr char as_dash(char c) { return c == '_' || c == '.' ? '-' : c; }

bool lists(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (equals_ignoring_case(trimmed(list.substr(0, comma)), name)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

}  // namespace

bool has_body(const RequestHead& request) {
  if (request.find(HeaderId::kTransferEncoding) != nullptr) return true;
  const Header* length = request.find(HeaderId::kContentLength);
  return length != nullptr && length->value.find_first_not_of('0') != std::string_view::npos;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (a == b) return true;  // as most are written, and much faster
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

bool is_twin_of(std::string_view name, std::string_view protected_name) {
  if (name.size() != protected_name.size() || name == protected_name) return false;
  bool differs = false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char theirs = lower(name[i]);
    const char ours = lower(protected_name[i]);
    if (as_dash(theirs) != as_dash(ours)) return false;
    differs |= theirs != ours;
  }
  return differs;
}

bool named_by_connection(std::span<const Header> headers, std::string_view name) {
  return std::ranges::any_of(headers, [name](const Header& header) {
    return header.id == HeaderId::kConnection && lists(header.value, name);
  });
}

}  // namespace tollgate
