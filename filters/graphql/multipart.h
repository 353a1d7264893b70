// multipart/form-data (RFC 7578; RFC 2046, section 5.1) as far as the GraphQL multipart request
// specification needs it: the part "operations" comes first and is read, the files stream on. What
// two readers could divide differently is an error.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace tollgate::graphql {

// Of the fields of one part, the empty line not counted.
inline constexpr std::size_t kMostPartHead = 2048;

// The text of the part "operations" in a body of which `prefix` has come; none: more must come. The
// same bytes give the same answer however the prefix grows. `searched` is 0 at first and kept by
// the caller between the calls for one body, so that no byte is searched twice; with the text it is
// set to where the part ends, and LaterParts watches from there. The error is a sentence.
[[nodiscard]] tl::expected<std::optional<std::string_view>, std::string> find_operations(
    std::string_view boundary, std::string_view prefix, std::size_t& searched);

// Watches what follows the part "operations" as it streams on: some servers act on the last part of
// a name, and so a second "operations" would run without having been priced. Also refused is what
// might hide one: a head that cannot be read, a part within a part, a stray boundary, bytes after
// the end, and "_charset_", which changes how the parts before it are read.
class LaterParts {
 public:
  explicit LaterParts(std::string_view boundary);
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
  State state_ = State::kContent;
  std::string held_;       // what is not yet understood, from its first byte
  std::size_t begin_ = 0;  // of what is not yet understood, in held_
};

}  // namespace tollgate::graphql
