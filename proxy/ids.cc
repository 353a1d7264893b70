// See ids.h.
#include "proxy/ids.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace tollgate {
namespace {

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_all_zero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

constexpr auto kHexPairs = [] {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {kDigits[i / 16], kDigits[i % 16]};
  return pairs;
}();

std::mt19937_64 seeded() {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device(),
                     device(), device(), device(), device()};
  return std::mt19937_64(seed);
}

}  // namespace

IdSource::IdSource() : random_(seeded()) {}

void IdSource::write_hex(char* out, std::size_t digits) {
  for (std::size_t i = 0; i < digits; i += 16) {
    std::uint64_t bits = random_();
    for (std::size_t j = i; j < i + 16; j += 2, bits >>= 8) {
      std::memcpy(out + j, kHexPairs[bits & 255].data(), 2);
    }
  }
}

void IdSource::write_request_id(char* out) { write_hex(out, kRequestIdLength); }

void IdSource::write_traceparent(char* out) {
  std::memcpy(out, "00-", 3);
  write_hex(out + 3, 32);
  out[35] = '-';
  write_hex(out + 36, 16);
  std::memcpy(out + 52, "-00", 3);
}

bool is_traceparent(std::string_view value) {
  if (value.size() < kTraceparentLength || value[2] != '-' || value[35] != '-' ||
      value[52] != '-') {
    return false;
  }
  const std::string_view version = value.substr(0, 2);
  const std::string_view trace = value.substr(3, 32);
  const std::string_view parent = value.substr(36, 16);
  if (!is_lower_hex(version) || !is_lower_hex(trace) || !is_lower_hex(parent) ||
      !is_lower_hex(value.substr(53, 2))) {
    return false;
  }
  if (version == "ff" || is_all_zero(trace) || is_all_zero(parent)) return false;
  if (value.size() == kTraceparentLength) return true;
  return version != "00" && value[kTraceparentLength] == '-';
}

bool is_request_id(std::string_view value) {
  return !value.empty() && value.size() <= 128 &&
         std::all_of(value.begin(), value.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace tollgate
