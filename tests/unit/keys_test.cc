#include "conf/keys.h"

#include <gtest/gtest.h>

#include "conf/secret.h"
#include "tests/support/temp_folder.h"

namespace tollgate {
namespace {

const std::string kHash =
    "\"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"";

EnvironmentLookup with(const std::string& name, const std::string& value) {
  return
      [=](const std::string& asked) { return asked == name ? std::optional(value) : std::nullopt; };
}

tl::expected<std::vector<Key>, Diagnostics> parse(const std::string& text) {
  return parse_keys(text, "keys.yaml", with("ERP_KEY", "from the environment"));
}

std::string problems(const std::string& text) {
  const auto keys = parse(text);
  std::string out;
  if (keys) return out;
  for (const Diagnostic& problem : keys.error()) out += problem.text() + "\n";
  return out;
}

TEST(Keys, have_every_member_of_the_file) {
  const auto keys = parse(
      "keys:\n  - name: erp\n    description: sync\n    prefix: acme\n    secrets: [" + kHash +
      "]\n    environment: prod\n    plan: growth\n    apis: [a, b]\n    allow_ips: [10.0.0.0/8]\n"
      "    expires: 2027-12-31\n    disabled: true\n    notify: [a@b.c]\n");
  ASSERT_TRUE(keys);
  const Key& key = keys->front();
  EXPECT_EQ(key.name, "erp");
  EXPECT_EQ(key.secrets, std::vector{hash_secret("test")});
  EXPECT_EQ(key.apis, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(key.allow_ips->front().text(), "10.0.0.0/8");
  EXPECT_EQ(format_date(*key.expires), "2027-12-31");
  EXPECT_TRUE(key.disabled);
  EXPECT_EQ(key.line, 2);
}

TEST(Keys, what_stands_in_a_file_that_is_none_is_not_shown) {
  EXPECT_EQ(problems("acme_S3cretS3cret\n"),
            "keys.yaml:1:1: expected a mapping (keys), found a single value\n");
}

TEST(Keys, a_secret_may_come_from_the_environment_or_a_file) {
  const TempFolder folder;
  folder.write("erp.secret", "from a file\r\n");
  const auto keys = parse_keys("keys: [{name: a, secrets: [\"env:ERP_KEY\", \"file:erp.secret\"]}]",
                               folder.file("keys.yaml"), with("ERP_KEY", "from the environment"));
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->front().secrets,
            (std::vector{hash_secret("from the environment"), hash_secret("from a file")}));
}

TEST(Keys, each_file_is_told_before_it_is_read_also_where_it_is_not_there) {
  const TempFolder folder;
  folder.write("keys.yaml",
               "keys: [{name: a, secrets: [\"file:erp.secret\", \"file:/no/such\"]}]\n");
  folder.write("erp.secret", "before it is read");
  std::vector<std::string> files;
  const auto visit = [&](const std::string& file) { files.push_back(file); };
  const auto keys = read_keys(folder.file("keys.yaml"), with("", ""), visit);
  EXPECT_FALSE(keys);
  EXPECT_EQ(files, (std::vector<std::string>{folder.file("keys.yaml"), folder.file("erp.secret"),
                                             "/no/such"}));
}

TEST(Keys, the_form_of_prefixes_and_mail_addresses_is_checked) {
  EXPECT_EQ(
      problems("keys:\n  - {name: a, secrets: [" + kHash +
               "], prefix: \"ac me\", notify: [ops@acme.example, nobody, \"a@b\\nBcc: c@d\", "
               "\"a@b,c@d\", \"@b\"]}\n"),
      "keys.yaml:2:109: keys[0].prefix: \"ac me\" is not a prefix: it has up to 64 letters, "
      "digits and marks of \"-_.\"\n"
      "keys.yaml:2:145: keys[0].notify[1]: \"nobody\" is not a mail address: write for example "
      "ops@acme.example\n"
      "keys.yaml:2:153: keys[0].notify[2]: \"a@b\\x0aBcc: c@d\" is not a mail address: write "
      "for example ops@acme.example\n"
      "keys.yaml:2:170: keys[0].notify[3]: \"a@b,c@d\" is not a mail address: write for "
      "example ops@acme.example\n"
      "keys.yaml:2:181: keys[0].notify[4]: \"@b\" is not a mail address: write for example "
      "ops@acme.example\n");
}

TEST(Keys, a_description_may_have_several_lines) {
  const auto keys =
      parse("keys:\n  - name: a\n    description: |\n      one\n      two\n    secrets: [" + kHash +
            "]\n");
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->front().description, "one\ntwo\n");
}

TEST(Keys, one_wrong_value_does_not_hide_a_name_that_is_there_twice) {
  const std::string key = "  - {name: a, secrets: [" + kHash + "]";
  const std::string found = problems("keys:\n" + key + ", disabled: x}\n" + key + "}\n");
  EXPECT_NE(found.find("disabled"), std::string::npos) << found;
  EXPECT_NE(found.find("has the name \"a\" already"), std::string::npos) << found;
}

TEST(Keys, an_empty_file_has_none) {
  EXPECT_TRUE(parse("")->empty());
  EXPECT_TRUE(parse("keys:\n")->empty());
  EXPECT_TRUE(parse("keys: []\n")->empty());
}

TEST(Keys, present_and_empty_addresses_let_nobody_in) {
  const auto keys = parse("keys: [{name: a, secrets: [" + kHash + "], allow_ips: []}]");
  ASSERT_TRUE(keys);
  ASSERT_TRUE(keys->front().allow_ips);
  EXPECT_TRUE(keys->front().allow_ips->empty());
}

TEST(Keys, mistakes_are_named_with_their_place_and_never_with_a_secret) {
  EXPECT_EQ(
      problems(
          "keys:\n  - name: a b\n    secrets: [hunter2hunter2]\n  - secrets: []\n    naem: x\n"),
      "keys.yaml:2:11: keys[0].name: has 1 to 128 letters, digits and marks of \"-_.@:/\", without "
      "blanks\n"
      "keys.yaml:3:15: keys[0].secrets[0]: is none of sha256:…, env:NAME and file:/path; a secret "
      "never "
      "stands here in the clear: make one with \"tollgate keys add\"\n"
      "keys.yaml:4:5: keys[1].name: is missing: it appears in log and metrics\n"
      "keys.yaml:4:14: keys[1].secrets: is empty, so nobody could use the key; write \"disabled: "
      "true\" "
      "to switch it off\n"
      "keys.yaml:5:5: keys[1].naem: is not a name that is known here; did you mean \"name\"?\n");
}

TEST(Keys, variables_are_left_alone_so_that_no_error_shows_their_value) {
  EXPECT_EQ(problems("keys: [{name: a, secrets: [" + kHash + "], expires: \"${ERP_KEY}\"}]")
                .find("from the"),
            std::string::npos);
}

TEST(Keys, one_name_and_one_secret_are_one_key) {
  const std::string twice = problems("keys:\n  - {name: a, secrets: [" + kHash +
                                     "]}\n  - {name: a, secrets: [" + kHash + "]}\n");
  EXPECT_NE(twice.find("keys.yaml:3:1: keys[1].name: the key in line 2 has the name \"a\" already"),
            std::string::npos)
      << twice;
  EXPECT_NE(twice.find("has this secret already"), std::string::npos) << twice;
}

TEST(Keys, must_agree_with_the_configuration) {
  const auto keys = parse("keys:\n  - {name: a, secrets: [" + kHash +
                          "],\n     apis: [orders, ordrs, x], plan: groth}\n");
  ASSERT_TRUE(keys);
  Config config;
  config.keys_file = "keys.yaml";
  config.plans["growth"];
  config.apis.emplace_back().name = "orders";
  const Diagnostics found = check_keys_against(*keys, config);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].text(),
            "keys.yaml:3:21: keys[0].apis[1]: there is no API \"ordrs\"; did you mean \"orders\"?");
  EXPECT_EQ(found[1].text(),
            "keys.yaml:3:28: keys[0].apis[2]: there is no API \"x\"; known are orders");
  EXPECT_EQ(
      found[2].text(),
      "keys.yaml:3:38: keys[0].plan: there is no plan \"groth\" in the configuration; did you "
      "mean \"growth\"?");
}

TEST(Keys, of_an_environment_agree_on_its_plan_unless_it_names_one) {
  const auto keys = parse("keys:\n  - {name: a, secrets: [" + kHash +
                          "], environment: prod, plan: large}\n  - {name: b, secrets: [\"sha256:" +
                          std::string(64, '1') + "\"], environment: prod, plan: small}\n");
  ASSERT_TRUE(keys);
  Config config;
  config.plans["large"];
  config.plans["small"];
  EXPECT_EQ(check_keys_against(*keys, config).size(), 1U);
  config.environments["prod"].key_share = 60;  // listed, and still without a plan
  EXPECT_EQ(check_keys_against(*keys, config).size(), 1U);
  config.environments["prod"].plan = "large";
  EXPECT_EQ(check_keys_against(*keys, config).size(), 0U);
}

}  // namespace
}  // namespace tollgate
