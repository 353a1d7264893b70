#include "filters/graphql/problem.h"

#include <algorithm>

namespace tollgate::graphql {

Place place_of(std::string_view text, std::size_t offset) {
  Place place;
  offset = std::min(offset, text.size());
  for (std::size_t i = 0; i < offset; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '\n' || byte == '\r') {
      if (byte == '\r' && i + 1 < offset && text[i + 1] == '\n') ++i;
      ++place.line;
      place.column = 1;
    } else if ((byte & 0xC0) != 0x80) {
      ++place.column;
    }
  }
  return place;
}

std::string_view shortened(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

std::string_view word_of(Bound bound) {
  switch (bound) {
    case Bound::kNone:
      return "";
    case Bound::kComplexity:
      return "complexity";
    case Bound::kDepth:
      return "depth";
    case Bound::kAliases:
      return "aliases";
    case Bound::kTokens:
      return "tokens";
    case Bound::kDirectives:
      return "directives";
    case Bound::kBatch:
      return "batch";
    case Bound::kWork:
      return "work";
  }
  return "";
}

}  // namespace tollgate::graphql
