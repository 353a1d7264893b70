// multipart/form-data (RFC 7578; RFC 2046, section 5.1) as far as the GraphQL multipart request
// specification needs it: the parts "operations" and "map" come first and are read, the files
// stream on. What two readers could divide differently is an error.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "filters/graphql/part_names.h"

namespace tollgate::graphql {

// Of the fields of one part, the empty line not counted.
inline constexpr std::size_t kMostPartHead = 2048;

// Whether some server takes a part of this name for "operations" or "map", or for a piece of them.
[[nodiscard]] bool is_leading_part(std::string_view name);

// How far one body has been searched for the ends of its leading parts: offsets, 0 at first, kept
// between the calls for that body, so that no byte is searched twice.
struct PartSearch {
  std::size_t operations = 0;
  std::size_t map = 0;
};

// Views into the body.
struct LeadingParts {
  std::string_view operations;
  std::optional<std::string_view> map;  // none: the body ends behind "operations"
  std::size_t end = 0;                  // of the last of them, in the body: LaterParts go on there
};

// The leading parts of a body of which `prefix` has come; none: more must come. The same bytes give
// the same answer however the prefix grows. The error is a sentence.
[[nodiscard]] tl::expected<std::optional<LeadingParts>, std::string> find_leading_parts(
    std::string_view boundary, std::string_view prefix, PartSearch& search);

// Watches what follows the leading parts as it streams on: files that the map names, and nothing
// else. Some servers act on the last part of a name, and so a second "operations" would run without
// having been priced; of a part that is no file a server would put the text into the variables.
// Also refused is what might hide one: a head that cannot be read, a part within a part, a stray
// boundary, bytes after the end, and "_charset_", which changes how the parts before it are read.
// That a file of the map never comes is harmless: what it would replace is null, and stays null.
class LaterParts {
 public:
  // `files`: of the map.
  LaterParts(std::string_view boundary, PartNames files);
  // The next bytes, in pieces of any size. After an error, a sentence, nothing more is to be taken:
  // the rest must not reach the upstream. Holds at most a piece and kMostPartHead bytes.
  [[nodiscard]] tl::expected<void, std::string> take(std::string_view piece);

 private:
  enum class State { kContent, kDelimiter, kHead, kAfterEnd };
  enum class Step { kOn, kNeedsMore };
  [[nodiscard]] tl::expected<Step, std::string> step();
  [[nodiscard]] tl::expected<Step, std::string> step_content();
  [[nodiscard]] tl::expected<Step, std::string> step_delimiter();
  [[nodiscard]] tl::expected<Step, std::string> step_head();
  [[nodiscard]] tl::expected<Step, std::string> step_after_end();

  const std::string dashes_;  // "--" and the boundary
  const PartNames files_;
  State state_ = State::kContent;
  std::string held_;       // what is not yet understood, from its first byte
  std::size_t begin_ = 0;  // of what is not yet understood, in held_
};

}  // namespace tollgate::graphql
