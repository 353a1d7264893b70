// A hash under a key that no client knows, so that nobody can choose names or texts that collide.
#pragma once

#include <bit>
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

static_assert(std::endian::native == std::endian::little, "the first byte of a word is its lowest");

// The words of up to 16 bytes, padded with NUL. Reads nothing beyond them.
struct TwoWords {
  std::uint64_t low;
  std::uint64_t high;
};
inline TwoWords two_words(const char* bytes, std::size_t size) {
  using namespace hash_parts;
  if (size == 16) return {load64(bytes), load64(bytes + 8)};
  if (size > 8) return {load64(bytes), load64(bytes + size - 8) >> (8 * (16 - size))};
  if (size == 8) return {load64(bytes), 0};
  // Both loads have the bytes in the middle, which are the same in either.
  if (size >= 4) return {load32(bytes) | load32(bytes + size - 4) << (8 * (size - 4)), 0};
  std::uint64_t word = 0;
  for (std::size_t at = size; at-- > 0;) word = word << 8 | static_cast<unsigned char>(bytes[at]);
  return {word, 0};
}

inline std::uint64_t keyed_hash(TwoWords words) {
  return hash_parts::mix(words.low ^ kHashKey.a, words.high ^ kHashKey.b);
}

// Every byte counts. A nanosecond for a name; more than 64 bytes are taken in four lanes, so that
// no product waits for the one before it.
inline std::uint64_t keyed_hash(const char* bytes, std::size_t size) {
  using namespace hash_parts;
  if (size <= 16) return keyed_hash(two_words(bytes, size));
  const std::uint64_t b = kHashKey.b;
  std::uint64_t state = kHashKey.a ^ size;
  const char* const end = bytes + size;
  if (size > 64) {
    std::uint64_t lanes[4] = {state, ~state, kHashKey.b, ~kHashKey.b};
    for (; end - bytes > 64; bytes += 64) {
      const auto lane = [&](int i) {
        const char* at = bytes + 16 * i;
        lanes[i] = mix(load64(at) ^ b, load64(at + 8) ^ lanes[i]);
      };
      lane(0);
      lane(1);
      lane(2);
      lane(3);
    }
    state = mix(lanes[0] ^ lanes[1], lanes[2] ^ kHashKey.a) ^ lanes[3];
  }
  for (; end - bytes > 16; bytes += 16) {
    state = mix(load64(bytes) ^ kHashKey.b, load64(bytes + 8) ^ state);
  }
  const std::uint64_t x = load64(end - 16);
  const std::uint64_t y = load64(end - 8);
  return mix(kHashKey.b ^ size, mix(x ^ kHashKey.b, y ^ state));
}

}  // namespace tollgate::graphql
