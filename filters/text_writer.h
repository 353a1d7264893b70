// Appends many short pieces to a string, for what is part of every call: a string alone looks at
// its capacity, moves its end and calls for a copy with each of them. No state outside it.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tollgate {

class TextWriter {
 public:
  // Behind what `out` holds, which nobody else touches while this lives. `room`: bytes that will
  // mostly be enough; there may be more.
  TextWriter(std::string& out, std::size_t room) : out_(out) { make_room(out.size(), room); }
  ~TextWriter() { out_.resize(used()); }
  TextWriter(const TextWriter&) = delete;
  TextWriter& operator=(const TextWriter&) = delete;

  TextWriter& append(std::string_view text) {
    if (text.empty()) return *this;  // may point nowhere
    if (room() < text.size()) [[unlikely]]
      make_room(used(), text.size());
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return *this;
  }
  // In decimal digits.
  TextWriter& append_number(std::uint64_t number) {
    const fmt::format_int digits(number);  // which is quicker than std::to_chars
    return append({digits.data(), digits.size()});
  }

 private:
  [[nodiscard]] std::size_t used() const { return static_cast<std::size_t>(at_ - out_.data()); }
  [[nodiscard]] std::size_t room() const { return static_cast<std::size_t>(end_ - at_); }
  void make_room(std::size_t used, std::size_t more) {
    out_.resize(std::max(used + more, out_.size() * 2));
    at_ = out_.data() + used;
    end_ = out_.data() + out_.size();
  }

  std::string& out_;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace tollgate
