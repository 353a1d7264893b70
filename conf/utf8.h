// Whether bytes are UTF-8 (Unicode, table 3-7): no overlong forms, no surrogates, nothing above
// U+10FFFF. No state.
#pragma once

#include <cstddef>
#include <string_view>

namespace tollgate {

struct Utf8Sequence {
  std::size_t bytes = 0;  // so many at the front belong to a character
  bool whole = false;     // they are all of it
};
[[nodiscard]] Utf8Sequence utf8_at_front(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace tollgate
