// Request ids and trace contexts. Ids are unique, not secret. Worker thread only.
#pragma once

#include <array>
#include <random>
#include <string_view>

namespace tollgate {

class IdSource {
 public:
  IdSource();
  // 32 lower-case hexadecimal digits.
  void write_request_id(char* out);
  // A W3C traceparent that is not sampled (Trace Context, section 3.2): 55 characters.
  void write_traceparent(char* out);

 private:
  void write_hex(char* out, std::size_t digits);
  std::mt19937_64 random_;
};

inline constexpr std::size_t kRequestIdLength = 32;
inline constexpr std::size_t kTraceparentLength = 55;

// Whether a traceparent is one that the specification lets us hand on.
[[nodiscard]] bool is_traceparent(std::string_view value);
// 1 to 128 visible ASCII characters: fit for logs and fields.
[[nodiscard]] bool is_request_id(std::string_view value);

}  // namespace tollgate
