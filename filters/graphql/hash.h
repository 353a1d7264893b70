// A hash under a key that no client knows, so that nobody can choose names or texts that collide.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tollgate::graphql {

struct HashKey {
  std::uint64_t a;
  std::uint64_t b;
};
[[nodiscard]] HashKey draw_hash_key();
// Drawn at random when the process starts; the same for all of its life. Inline, so that it is
// there before any constant of a file that includes this.
inline const HashKey kHashKey = draw_hash_key();

namespace hash_parts {

inline std::uint64_t load64(const char* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

inline std::uint64_t load32(const char* bytes) {
  std::uint32_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// Both halves of a 128-bit product, folded (as in wyhash and rapidhash).
inline std::uint64_t mix(std::uint64_t x, std::uint64_t y) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(x) * y;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace hash_parts

// Every byte counts. A few nanoseconds for a name, about 10 bytes a nanosecond for a text.
inline std::uint64_t keyed_hash(const char* bytes, std::size_t size) {
  using namespace hash_parts;
  std::uint64_t state = kHashKey.a ^ size;
  std::uint64_t x = 0;
  std::uint64_t y = 0;
  if (size > 16) {
    std::size_t left = size;
    for (; left > 16; left -= 16, bytes += 16) {
      state = mix(load64(bytes) ^ kHashKey.b, load64(bytes + 8) ^ state);
    }
    x = load64(bytes + left - 16);
    y = load64(bytes + left - 8);
  } else if (size >= 8) {
    x = load64(bytes);
    y = load64(bytes + size - 8);
  } else if (size >= 4) {
    x = load32(bytes);
    y = load32(bytes + size - 4);
  } else if (size > 0) {
    const auto byte = [&](std::size_t at) {
      return static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at]));
    };
    x = byte(0) << 16 | byte(size / 2) << 8 | byte(size - 1);
  }
  return mix(kHashKey.b ^ size, mix(x ^ kHashKey.b, y ^ state));
}

}  // namespace tollgate::graphql
