// JSON (RFC 8259) read into a tree, strictly: what two readers could understand differently is an
// error, because the one behind Tollgate must see what was priced.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "filters/graphql/json_value.h"

namespace tollgate::graphql {

struct JsonError {
  std::string message;     // a whole sentence, with the place
  std::size_t offset = 0;  // of the byte, from 0, where the text ceases to be JSON
};

// Not thread-safe: reused, so that reading allocates nothing in the steady state.
class JsonReader {
 public:
  static constexpr std::size_t kMostDepth = 256;  // of lists and objects within each other
  static constexpr std::size_t kMostBytes = std::size_t{1} << 30;
  // Memory above this is given back when the next text is read, or by release().
  static constexpr std::size_t kKeptBytes = 512 * 1024;

  JsonReader();
  ~JsonReader();
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  // The tree is valid until the next call of read or release; `text` need not outlive this call. A
  // byte order mark in front is skipped (RFC 8259, section 8.1). Errors: not JSON, a surrogate
  // without its other half, a name twice in one object or "__proto__", nested deeper than
  // kMostDepth. The time is
  // linear in the text, times the logarithm of the largest object's members.
  [[nodiscard]] tl::expected<const JsonValue*, JsonError> read(std::string_view text);
  void release();

 private:
  struct Memory;
  std::unique_ptr<Memory> memory_;
};

}  // namespace tollgate::graphql
