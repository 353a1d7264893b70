#include "filters/graphql/problem.h"

#include <fmt/format.h>

#include <algorithm>

namespace tollgate::graphql {
namespace {

std::string_view advice(Bound bound) {
  switch (bound) {
    case Bound::kComplexity:
      return "Ask for fewer items with the arguments that size lists, or for fewer fields within "
             "lists; what each costs tells .tollgate/explain below the API's base.";
    case Bound::kDepth:
      return "Nest fewer fields within each other.";
    case Bound::kAliases:
      return "Ask with several calls.";
    case Bound::kTokens:
      return "Send a shorter document.";
    case Bound::kDirectives:
      return "Use fewer directives.";
    case Bound::kBatch:
      return "Send several shorter batches.";
    case Bound::kWork:
    case Bound::kNone:
      break;
  }
  return "Ask for less at once.";
}

std::string_view what(Bound bound) {
  switch (bound) {
    case Bound::kComplexity:
      return "The operation's complexity is";
    case Bound::kDepth:
      return "The depth of the operation is";
    case Bound::kAliases:
      return "The number of aliases in the document is";
    case Bound::kTokens:
      return "The number of tokens in the document is";
    case Bound::kDirectives:
      return "The number of directives in the document is";
    case Bound::kBatch:
      return "The number of operations in the batch is";
    case Bound::kWork:
    case Bound::kNone:
      break;
  }
  return "The work for this operation is";
}

}  // namespace

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

tl::expected<void, Problem> at_most(Bound bound, std::uint64_t found, std::uint64_t most) {
  if (most == 0 || found <= most) return {};
  Problem problem;
  problem.kind = Problem::Kind::kTooComplex;
  problem.message =
      fmt::format("{} {}; at most {} is allowed. {}", what(bound), found, most, advice(bound));
  problem.bound = bound;
  problem.found = found;
  problem.most = most;
  return tl::unexpected(std::move(problem));
}

}  // namespace tollgate::graphql
