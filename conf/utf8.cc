// See utf8.h. Any thread.
#include "conf/utf8.h"

namespace tollgate {
namespace {

// What may follow a lead byte: so many bytes in all, the second of them within a range.
struct Lead {
  std::size_t length;  // 0: no lead byte
  unsigned char least;
  unsigned char most;
};

constexpr Lead lead_of(unsigned char byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte < 0xc2) return {0, 0, 0};
  if (byte < 0xe0) return {2, 0x80, 0xbf};
  if (byte == 0xe0) return {3, 0xa0, 0xbf};
  if (byte == 0xed) return {3, 0x80, 0x9f};
  if (byte < 0xf0) return {3, 0x80, 0xbf};
  if (byte == 0xf0) return {4, 0x90, 0xbf};
  if (byte < 0xf4) return {4, 0x80, 0xbf};
  if (byte == 0xf4) return {4, 0x80, 0x8f};
  return {0, 0, 0};
}

}  // namespace

Utf8Sequence utf8_at_front(std::string_view text) {
  if (text.empty()) return {};
  const Lead lead = lead_of(static_cast<unsigned char>(text[0]));
  for (std::size_t i = 1; i < lead.length; ++i) {
    if (i == text.size()) return {i, false};
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool continues = i == 1 ? byte >= lead.least && byte <= lead.most : (byte & 0xc0) == 0x80;
    if (!continues) return {i, false};
  }
  return {lead.length, lead.length > 0};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Sequence front = utf8_at_front(text);
    if (!front.whole) return false;
    text.remove_prefix(front.bytes);
  }
  return true;
}

}  // namespace tollgate
