#include "conf/secret.h"

#include <gtest/gtest.h>

#include <set>

namespace tollgate {
namespace {

TEST(Secret, has_its_prefix_and_at_least_160_random_bits) {
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const std::string secret = make_secret("acme");
    EXPECT_TRUE(secret.starts_with("acme_"));
    EXPECT_EQ(secret.size(), 5U + 28 + 6);  // 28 digits of base62 are 166 bits
    EXPECT_EQ(
        secret.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"),
        std::string::npos);
    EXPECT_TRUE(seen.insert(secret).second);
  }
}

TEST(Secret, any_mistyped_character_is_noticed) {
  const std::string secret = make_secret("acme");
  EXPECT_EQ(secret_form(secret), SecretForm::kWellFormed);
  for (std::size_t i = 5; i < secret.size(); ++i) {
    std::string wrong = secret;
    wrong[i] = wrong[i] == 'x' ? 'y' : 'x';
    EXPECT_EQ(secret_form(wrong), SecretForm::kMistyped) << i;
  }
}

TEST(Secret, of_another_form_was_made_elsewhere) {
  for (const char* other : {"", "x", "sk_live_123", "_", "acme_short"}) {
    EXPECT_EQ(secret_form(other), SecretForm::kForeign) << other;
  }
}

TEST(Secret, is_kept_as_its_sha_256) {
  EXPECT_EQ(format_secret_hash(hash_secret("test")),
            "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
}

}  // namespace
}  // namespace tollgate
