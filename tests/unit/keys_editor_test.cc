#include "conf/keys_editor.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "conf/secret.h"
#include "tests/support/temp_folder.h"

namespace tollgate {
namespace {

const std::string kA = format_secret_hash(hash_secret("secret of a"));
const std::string kB = format_secret_hash(hash_secret("secret of b"));
const std::string kC = format_secret_hash(hash_secret("secret of c"));

const std::string kFile =
    "# ours\nkeys:\n  # the ERP\n  - name: a   # first\n    secrets: [\"" + kA +
    "\"]\n    prefix: x\n\n  # the shop\n  - name: b\n    secrets:\n      - \"" + kB +
    "\"  # old\n    disabled: false # for now\n# the end\n";

Key key_c() {
  Key key;
  key.name = "c";
  key.secrets = {hash_secret("secret of c")};
  return key;
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(KeysEditor, a_new_key_stands_behind_the_last_and_nothing_else_changes) {
  EXPECT_EQ(
      add_key(kFile, key_c()),
      with(kFile, "# for now\n", "# for now\n  - name: \"c\"\n    secrets: [\"" + kC + "\"]\n"));
}

TEST(KeysEditor, a_first_key_is_added_to_a_file_without_any) {
  const std::string entry = "  - name: \"c\"\n    secrets: [\"" + kC + "\"]\n";
  EXPECT_EQ(add_key("", key_c()), "keys:\n" + entry);
  EXPECT_EQ(add_key("# ours\nkeys: []\n", key_c()), "# ours\nkeys:\n" + entry);
  EXPECT_EQ(add_key("keys:\n", key_c()), "keys:\n" + entry);
  EXPECT_EQ(add_key("# only words", key_c()), "# only words\nkeys:\n" + entry);
}

TEST(KeysEditor, a_key_of_that_name_is_an_error) {
  Key key = key_c();
  key.name = "b";
  EXPECT_EQ(add_key(kFile, key).error(),
            "there is a key \"b\" already: choose another name, or give that key a new secret with "
            "\"tollgate keys rotate b\"");
}

TEST(KeysEditor, disabling_changes_one_word_or_adds_one_line) {
  EXPECT_EQ(set_disabled(kFile, "b", true), with(kFile, "disabled: false", "disabled: true"));
  EXPECT_EQ(set_disabled(kFile, "a", true),
            with(kFile, "# first\n", "# first\n    disabled: true\n"));
  EXPECT_EQ(set_disabled(kFile, "a", false), kFile);
  EXPECT_EQ(set_disabled("keys: [{name: a, secrets: [\"" + kA + "\"]}]\n", "a", true),
            "keys: [{name: a, disabled: true, secrets: [\"" + kA + "\"]}]\n");
}

TEST(KeysEditor, a_secret_is_added_in_the_lists_own_style) {
  EXPECT_EQ(add_secret(kFile, "a", hash_secret("secret of c")),
            with(kFile, kA + "\"", kA + "\", \"" + kC + "\""));
  EXPECT_EQ(add_secret(kFile, "b", hash_secret("secret of c")),
            with(kFile, "# old\n", "# old\n      - \"" + kC + "\"\n"));
}

TEST(KeysEditor, dropping_old_secrets_keeps_the_newest) {
  for (const char* name : {"a", "b"}) {
    const auto rotated = add_secret(kFile, name, hash_secret("secret of c"));
    ASSERT_TRUE(rotated);
    const auto dropped = drop_old_secrets(*rotated, name);
    ASSERT_TRUE(dropped);
    EXPECT_EQ(dropped->find(name[0] == 'a' ? kA : kB), std::string::npos);
    EXPECT_NE(dropped->find(kC), std::string::npos);
  }
}

TEST(KeysEditor, a_removed_key_takes_its_own_comment_with_it) {
  const auto removed = remove_key(kFile, "a");
  ASSERT_TRUE(removed) << removed.error();
  EXPECT_EQ(removed->find("the ERP"), std::string::npos);
  EXPECT_NE(removed->find("the shop"), std::string::npos);
  EXPECT_NE(removed->find("# ours"), std::string::npos);
  EXPECT_EQ(remove_key(kFile, "z").error(), "there is no key \"z\"; known are a, b");
  EXPECT_EQ(remove_key("keys: [{name: acme-erp, secrets: [\"" + kA + "\"]}]", "acme-er").error(),
            "there is no key \"acme-er\"; did you mean \"acme-erp\"?");
}

TEST(KeysEditor, line_ends_stay_as_they_are) {
  std::string crlf;
  for (const char c : kFile) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const auto added = add_key(crlf, key_c());
  ASSERT_TRUE(added) << added.error();
  std::string without = *added;
  for (std::size_t at = 0; (at = without.find("\r\n", at)) != std::string::npos;)
    without.erase(at, 2);
  EXPECT_EQ(without.find('\n'), std::string::npos);
}

TEST(KeysEditor, a_file_with_a_mistake_is_not_touched) {
  const auto edited = set_disabled("keys: [{name: a}]\n", "a", true);
  ASSERT_FALSE(edited);
  EXPECT_NE(edited.error().find("secrets: is missing"), std::string::npos) << edited.error();
}

TEST(KeysEditor, a_layout_that_cannot_be_edited_is_an_error_and_no_damage) {
  const std::string flow =
      "keys: [{name: a, secrets: [\"" + kA + "\"]}, {name: b, secrets: [\"" + kB + "\"]}]\n";
  EXPECT_FALSE(remove_key(flow, "a"));
}

TEST(AtomicFile, keeps_the_mode_and_follows_a_link) {
  const TempFolder folder;
  folder.write("real.yaml", "old");
  chmod(folder.file("real.yaml").c_str(), 0640);
  ASSERT_EQ(symlink("real.yaml", folder.file("keys.yaml").c_str()), 0);
  ASSERT_TRUE(write_file_atomically(folder.file("keys.yaml"), "new"));
  EXPECT_EQ(folder.read("real.yaml"), "new");
  struct stat info {};
  ASSERT_EQ(lstat(folder.file("keys.yaml").c_str(), &info), 0);
  EXPECT_TRUE(S_ISLNK(info.st_mode));
  ASSERT_EQ(stat(folder.file("real.yaml").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640U);
  ASSERT_TRUE(write_file_atomically(folder.file("fresh.yaml"), "x"));
  ASSERT_EQ(stat(folder.file("fresh.yaml").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

// Only root can give a file away, and so try it.
TEST(AtomicFile, keeps_the_owner) {
  if (geteuid() != 0) GTEST_SKIP();
  const TempFolder folder;
  folder.write("keys.yaml", "old");
  chmod(folder.file("keys.yaml").c_str(), 0600);
  ASSERT_EQ(chown(folder.file("keys.yaml").c_str(), 65532, 65533), 0);
  ASSERT_TRUE(write_file_atomically(folder.file("keys.yaml"), "new"));
  struct stat info {};
  ASSERT_EQ(stat(folder.file("keys.yaml").c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 65532U);
  EXPECT_EQ(info.st_gid, 65533U);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST(AtomicFile, says_why_it_cannot_write) {
  const auto written = write_file_atomically("/proc/nowhere/keys.yaml", "x");
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().find("cannot be written"), std::string::npos);
  const TempFolder folder;
  ASSERT_EQ(mkfifo(folder.file("pipe").c_str(), 0600), 0);
  EXPECT_EQ(write_file_atomically(folder.file("pipe"), "x").error(),
            folder.file("pipe") + " is not written over: it is no regular file");
}

TEST(KeysEditor, says_what_is_wrong_with_a_new_key) {
  Key key;
  key.name = "a b";
  key.secrets = {hash_secret("one secret")};
  key.notify = {"nobody"};
  const auto edited = add_key("", key);
  ASSERT_FALSE(edited);
  EXPECT_EQ(edited.error(),
            "the key is not right:\n"
            "name: has 1 to 128 letters, digits and marks of \"-_.@:/\", without blanks\n"
            "notify[0]: \"nobody\" is not a mail address: write for example ops@acme.example");
}

}  // namespace
}  // namespace tollgate
