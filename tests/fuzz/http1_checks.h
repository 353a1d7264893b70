// What the HTTP/1 fuzz targets share: a check that stops the fuzzer with words, and properties of
// every accepted head.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "proxy/http1/message.h"

namespace tollgate::http1 {

inline void require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "broken property: %s\n", property);
  std::abort();
}

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void require_within(std::string_view part, std::string_view whole) {
  if (part.empty()) return;
  const std::less_equal<const char*> not_after;
  require(not_after(whole.data(), part.data()) &&
              not_after(part.data() + part.size(), whole.data() + whole.size()),
          "views lie inside the input");
}

inline void require_clean_fields(std::span<const Header> fields, std::string_view head) {
  for (const Header& field : fields) {
    require_within(field.name, head);
    require_within(field.value, head);
    require(!field.name.empty(), "names are not empty");
    require(field.name.find_first_of(": \t\r\n") == std::string_view::npos, "names are tokens");
    require(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos,
            "no CR, LF or NUL in a value");
    require(field.value.empty() || (field.value.find_first_not_of(" \t") == 0 &&
                                    field.value.find_last_not_of(" \t") + 1 == field.value.size()),
            "values are trimmed");
  }
}

// What parsing one prefix of the input gave.
struct Parsed {
  tl::expected<Progress, HeadError> progress = Progress::kIncomplete;
  std::size_t head_bytes = 0;

  friend bool operator==(const Parsed& a, const Parsed& b) {
    if (!a.progress || !b.progress) {
      return !a.progress && !b.progress && a.progress.error().status == b.progress.error().status &&
             a.progress.error().what == b.progress.error().what;
    }
    return *a.progress == *b.progress && a.head_bytes == b.head_bytes;
  }
};

// The bytes may arrive in any pieces: each prefix is incomplete, or has the verdict of the whole.
template <typename Parse>
void require_same_verdict_for_prefixes(std::string_view bytes, const Parse& parse) {
  const Parsed whole = parse(bytes);
  const std::size_t step = bytes.size() / 128 + 1;
  bool decided = false;
  for (std::size_t length = 0; length < bytes.size(); length += step) {
    const Parsed part = parse(bytes.substr(0, length));
    if (part.progress == Progress::kIncomplete) {
      require(!decided, "a verdict once given stays");
      require(whole.progress != Progress::kComplete || length < whole.head_bytes,
              "a whole head is not incomplete");
      continue;
    }
    decided = true;
    require(part == whole, "the verdict does not depend on how the bytes are split");
  }
}

}  // namespace tollgate::http1
