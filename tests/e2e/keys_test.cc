// tollgate keys, as the operator uses it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "tests/support/program.h"
#include "tests/support/temp_folder.h"

namespace tollgate {
namespace {

// A configuration with the keys file beside it.
class KeysCommand : public testing::Test {
 protected:
  KeysCommand() {
    folder_.write("t.yaml",
                  "listen: [{address: \"127.0.0.1:1\"}]\nkeys: {file: keys.yaml}\n"
                  "plans: {growth: {requests: {1h: 5}}}\n"
                  "environments: {acme-production: {plan: growth}}\napis:\n"
                  "  - {name: orders, base: /o, upstream: {url: \"http://h\"}}\n"
                  "  - {name: shop, base: /s, upstream: {url: \"http://h\"}}\n");
  }
  Ran keys(const std::string& arguments, Take take = Take::kAll) {
    return run("keys " + arguments + " -c " + folder_.file("t.yaml"), take);
  }
  std::string config() { return folder_.file("t.yaml"); }
  std::string file() { return folder_.file("keys.yaml"); }

  const TempFolder folder_;
};

TEST(KeysOfAFile, live_their_whole_life) {
  const TempFolder folder;
  const std::string file = " --file " + folder.file("keys.yaml");
  const Ran added = run("keys add erp --prefix acme --expires 2027-12-31" + file);
  EXPECT_EQ(added.status, 0);
  EXPECT_TRUE(added.output.starts_with("acme_")) << added.output;
  EXPECT_EQ(run("keys add erp" + file).status, 1);
  EXPECT_EQ(run("keys disable erp" + file).status, 0);
  EXPECT_NE(run("keys show erp" + file).output.find("\"disabled\": true"), std::string::npos);
  EXPECT_EQ(run("keys enable erp" + file).status, 0);
  EXPECT_EQ(run("keys rotate erp" + file).status, 0);
  EXPECT_NE(run("keys show erp" + file).output.find("\"secrets\": 2"), std::string::npos);
  EXPECT_EQ(run("keys rotate erp --drop-old" + file).status, 0);
  EXPECT_NE(run("keys list" + file).output.find("erp "), std::string::npos);
  EXPECT_EQ(run("keys remove erp" + file).status, 0);
  EXPECT_EQ(run("keys remove erp" + file).status, 1);
  EXPECT_EQ(run("keys add x --allow-ip nonsense" + file).status, 1);
}

TEST(KeysOfAFile, are_shown_without_the_secrets_that_are_kept_elsewhere) {
  const TempFolder folder;
  folder.write("keys.yaml",
               "keys:\n  - {name: erp, secrets: [\"env:TOLLGATE_NOT_SET\"]}\n"
               "  - {name: crm, secrets: [\"file:not-there\"]}\n");
  const std::string file = " --file " + folder.file("keys.yaml");
  const Ran listed = run("keys list" + file);
  EXPECT_EQ(listed.status, 0) << listed.output;
  EXPECT_NE(listed.output.find("crm "), std::string::npos) << listed.output;
  EXPECT_EQ(run("keys show erp" + file).status, 0);
  EXPECT_EQ(run("keys rotate erp" + file).status, 0);
  EXPECT_NE(run("keys show erp" + file).output.find("\"secrets\": 2"), std::string::npos);
  EXPECT_EQ(run("keys list --file " + folder.file("none.yaml")).status, 1);
}

TEST(KeysOfAFile, edits_of_keys_at_once_are_all_kept) {
  const TempFolder folder;
  const std::string file = " --file " + folder.file("keys.yaml");
  std::vector<std::thread> edits;
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
    edits.emplace_back([&file, name] { EXPECT_EQ(run("keys add " + (name + file)).status, 0); });
  }
  for (std::thread& edit : edits) edit.join();
  EXPECT_EQ(nlohmann::json::parse(run("keys list --json" + file).output).size(), 6U);
}

TEST(KeysOfAFile, output_that_cannot_be_written_is_no_success) {
  EXPECT_EQ(run("version > /dev/full").status, 1);
  const TempFolder folder;
  const std::string file = " --file " + folder.file("keys.yaml");
  const Ran silent = run("keys add erp" + file + " 2>&- | cat");
  EXPECT_TRUE(silent.output.starts_with("erp_")) << silent.output;
}

TEST_F(KeysCommand, what_the_configuration_would_refuse_is_not_written) {
  ASSERT_EQ(keys("add demo --api orders --plan growth").status, 0);
  const std::string before = folder_.read("keys.yaml");
  for (const auto& [arguments, wrong] :
       {std::pair{"--api nosuch", "apis[0]: there is no API \"nosuch\"; known are orders, shop"},
        {"--api orders --api shpo", "apis[1]: there is no API \"shpo\"; did you mean \"shop\"?"},
        {"--plan groth",
         "plan: there is no plan \"groth\" in the configuration; did you mean \"growth\"?"}}) {
    const Ran ran = keys(std::string("add other ") + arguments);
    EXPECT_EQ(ran.status, 1);
    EXPECT_EQ(ran.output, "tollgate: " + config() + " would refuse " + file() + " then:\n" + wrong +
                              "\nNothing was written.\n");
    EXPECT_EQ(folder_.read("keys.yaml"), before);
  }
}

TEST_F(KeysCommand, a_file_that_is_refused_already_can_still_be_edited) {
  ASSERT_EQ(run("keys add demo --api nosuch --file " + file()).status, 0);
  ASSERT_EQ(run("keys add other --file " + file()).status, 0);
  EXPECT_EQ(keys("disable other").status, 0);
  EXPECT_EQ(keys("add third --api nosuch").status, 1);
  EXPECT_EQ(keys("rotate demo").status, 0);
  EXPECT_EQ(keys("remove demo").status, 0);
}

TEST_F(KeysCommand, keys_of_an_environment_agree_on_its_plan) {
  ASSERT_EQ(keys("add one --environment test --plan growth").status, 0);
  EXPECT_EQ(keys("add two --environment test --plan growth").status, 0);
  folder_.write("t.yaml",
                "listen: [{address: \"127.0.0.1:1\"}]\nkeys: {file: keys.yaml}\n"
                "plans: {growth: {requests: {1h: 5}}, large: {requests: {1h: 9}}}\napis:\n"
                "  - {name: orders, base: /o, upstream: {url: \"http://h\"}}\n");
  const Ran ran = keys("add three --environment test --plan large");
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.output.find("then:\nplan: the key \"one\" of the same environment \"test\" names"),
            std::string::npos)
      << ran.output;
}

TEST_F(KeysCommand, an_environment_that_is_not_listed_is_warned_of) {
  const Ran ran = keys("add demo --environment acme-prodction", Take::kErrors);
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.output.substr(0, ran.output.find('\n')),
            "warning: " + config() +
                " lists no environment \"acme-prodction\"; did you mean \"acme-production\"?");
}

TEST_F(KeysCommand, without_a_configuration_nothing_is_checked_and_that_is_said) {
  const Ran ran = run("keys add demo --api a --plan b --file " + file(), Take::kErrors);
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(
      ran.output.substr(0, ran.output.find('\n')),
      "warning: --api and --plan cannot be checked without the configuration: name it with -c "
      "instead of --file, or run \"tollgate check\"");
  EXPECT_EQ(run("keys add plain --file " + file(), Take::kErrors).output.find("warning"),
            std::string::npos);
  EXPECT_EQ(keys("add both --file " + file()).status, 2);
}

TEST(KeysOfAFile, several_names_of_apis_are_several_arguments) {
  const TempFolder folder;
  const Ran ran = run("keys add demo --api a,b --file " + folder.file("keys.yaml"));
  EXPECT_EQ(ran.status, 1);
  EXPECT_EQ(ran.output,
            "tollgate: --api \"a,b\": one argument is the name of one API: write --api before each "
            "of several\nNothing was written.\n");
  EXPECT_EQ(folder.read("keys.yaml"), "");
}

TEST_F(KeysCommand, every_edit_says_what_it_did) {
  const Ran added = keys("add demo", Take::kOutput);
  EXPECT_TRUE(added.output.starts_with("demo_")) << added.output;
  EXPECT_EQ(added.output.find('\n'), added.output.size() - 1);
  EXPECT_EQ(keys("disable demo", Take::kOutput).output, "demo is disabled in " + file() + ".\n");
  EXPECT_EQ(keys("disable demo", Take::kOutput).output,
            "demo is disabled in " + file() + " already.\n");
  const Ran rotated = keys("rotate demo", Take::kErrors);
  EXPECT_NE(rotated.output.find("demo is disabled, so neither its old secrets nor this one are let "
                                "in. To let them in: tollgate keys enable demo\n"),
            std::string::npos)
      << rotated.output;
  EXPECT_EQ(keys("enable demo", Take::kOutput).output, "demo is enabled in " + file() + ".\n");
  EXPECT_TRUE(keys("rotate demo", Take::kOutput).output.starts_with("demo_"));
  EXPECT_EQ(keys("rotate demo --drop-old", Take::kOutput).output,
            "demo has its newest secret alone in " + file() + ".\n");
  EXPECT_EQ(keys("rotate demo --drop-old", Take::kOutput).output,
            "demo has its newest secret alone in " + file() + " already.\n");
  EXPECT_EQ(keys("remove demo", Take::kOutput).output, "demo is removed from " + file() + ".\n");
}

TEST_F(KeysCommand, a_day_that_is_over_is_warned_of) {
  const Ran ran = keys("add demo --expires 2020-01-01", Take::kErrors);
  EXPECT_EQ(ran.status, 0);
  EXPECT_TRUE(
      ran.output.starts_with("warning: 2020-01-01 is over: the key is refused from the start\n"))
      << ran.output;
  EXPECT_NE(
      keys("rotate demo", Take::kErrors).output.find("demo expired on 2020-01-01, so neither"),
      std::string::npos);
}

TEST_F(KeysCommand, names_that_are_nearly_right_or_none_are_told) {
  ASSERT_EQ(keys("add acme-erp").status, 0);
  for (const char* command : {"disable acme-er", "show acme-er", "rotate acme-er"}) {
    const Ran ran = keys(command);
    EXPECT_EQ(ran.status, 1);
    EXPECT_EQ(ran.output, "tollgate: " + file() +
                              ": there is no key \"acme-er\"; did you mean \"acme-erp\"?\n");
  }
  EXPECT_EQ(keys("add \"bad name\"").output,
            "tollgate: \"bad name\" is not a key's name: it has 1 to 128 letters, digits and marks "
            "of \"-_.@:/\", without blanks\n");
  EXPECT_EQ(
      keys("add ops@acme").output,
      "tollgate: \"ops@acme\" cannot be the prefix: it has up to 64 letters, digits and marks "
      "of \"-_.\"; choose one with --prefix\n");
}

TEST_F(KeysCommand, a_first_start_says_how_to_make_a_key) {
  EXPECT_EQ(
      run("check -c " + config()).output,
      config() + ":2:14: keys.file: " + file() +
          ": cannot be read: No such file or directory: make it with \"tollgate keys add NAME "
          "--file " +
          file() + "\"\n");
  folder_.write("keys.yaml", "keys: []\n");
  const Ran ran = run("check -c " + config(), Take::kErrors);
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(
      ran.output,
      "warning: there is no key, so no call is let in to what requires one (orders, shop): make "
      "one with \"tollgate keys add NAME -c " +
          config() + "\"\n");
}

}  // namespace
}  // namespace tollgate
