// The date as HTTP writes it, formatted once a second. Worker thread only.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "conf/units.h"

namespace tollgate {

class DateText {
 public:
  // "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7); valid until the next call.
  [[nodiscard]] std::string_view at(std::chrono::system_clock::time_point now) {
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    if (second != second_ || text_.empty()) {
      second_ = second;
      text_ = http_date(second);
    }
    return text_;
  }

 private:
  std::chrono::sys_seconds second_;
  std::string text_;
};

}  // namespace tollgate
