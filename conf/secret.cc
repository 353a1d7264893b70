// See secret.h. Any thread.
#include "conf/secret.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>

namespace tollgate {
namespace {

constexpr std::string_view kBase62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kRandomDigits = 28;  // 28 × log2(62) = 166 bits
constexpr std::size_t kChecksumDigits = 6;

// Of everything before it: the start of its SHA-256, as base62.
std::string checksum_of(std::string_view text) {
  const SecretHash hash = hash_secret(text);
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8 | hash[i];
  std::string digits;
  for (std::size_t i = 0; i < kChecksumDigits; ++i, number /= 62) digits += kBase62[number % 62];
  return digits;
}

char random_digit() {
  while (true) {
    unsigned char byte = 0;
    // Without randomness there is no secret worth having.
    if (RAND_bytes(&byte, 1) != 1) std::abort();
    // 248 = 4 × 62: a larger byte would make the first digits likelier than the others.
    if (byte < 248) return kBase62[byte % 62];
  }
}

}  // namespace

SecretHash hash_secret(std::string_view secret) {
  SecretHash hash{};
  unsigned length = 0;
  if (EVP_Digest(secret.data(), secret.size(), hash.data(), &length, EVP_sha256(), nullptr) != 1) {
    std::abort();  // SHA-256 is always there, and a wrong hash must not pass
  }
  return hash;
}

std::string make_secret(std::string_view prefix) {
  std::string secret(prefix);
  secret += '_';
  for (std::size_t i = 0; i < kRandomDigits; ++i) secret += random_digit();
  return secret + checksum_of(secret);
}

SecretForm secret_form(std::string_view secret) {
  const std::size_t underscore = secret.rfind('_');
  if (underscore == std::string_view::npos || underscore == 0) return SecretForm::kForeign;
  const std::string_view digits = secret.substr(underscore + 1);
  if (digits.size() != kRandomDigits + kChecksumDigits ||
      digits.find_first_not_of(kBase62) != std::string_view::npos) {
    return SecretForm::kForeign;
  }
  const std::size_t body = secret.size() - kChecksumDigits;
  return secret.substr(body) == checksum_of(secret.substr(0, body)) ? SecretForm::kWellFormed
                                                                    : SecretForm::kMistyped;
}

std::string format_secret_hash(const SecretHash& hash) {
  std::string text = "sha256:";
  for (const std::uint8_t byte : hash) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace tollgate
