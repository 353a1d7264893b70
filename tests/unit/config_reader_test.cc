// What the cases in tests/cases/config are too short for: bounds.
#include "conf/config_reader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "conf/text_file.h"
#include "conf/utf8.h"
#include "tests/support/temp_folder.h"

namespace tollgate {
namespace {

const std::string kListen = "listen: [{address: \"0.0.0.0:8080\"}]\n";
const std::string kApi = "{name: a, base: /a, upstream: {url: \"http://127.0.0.1:1\"}}";

tl::expected<LoadedConfig, Diagnostics> parse(const std::string& text) {
  return parse_config(text, "f.yaml", [](const std::string&) { return std::nullopt; });
}

std::string repeated(int times, const std::function<std::string(int)>& text) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text(i);
  return out;
}

TEST(ConfigReader, shows_a_hundred_problems_and_how_many_more_there_are) {
  const auto loaded =
      parse(kListen + "apis: [" + kApi + "]\n" +
            repeated(1000, [](int i) { return "unknown" + std::to_string(i) + ": 1\n"; }) +
            "workers: x\n");
  ASSERT_FALSE(loaded);
  ASSERT_EQ(loaded.error().size(), 101U);
  EXPECT_EQ(loaded.error().back().text(), "f.yaml: and 901 more; mend these first");
  const auto two = parse(kListen + "apis: [" + kApi + "]\nworkers: x\ndrain: {timeout: y}\n");
  EXPECT_EQ(two.error().size(), 2U);
}

TEST(ConfigReader, paths_of_costs_may_leave_the_base_out) {
  const auto loaded = parse(
      kListen +
      "apis:\n  - {name: a, base: /rest, upstream: {url: \"http://127.0.0.1:1\"}, rest: {costs: [\n"
      "      {match: \"GET /orders/*\", complexity: 2}, {match: \"* /rest/x\", complexity: 3},\n"
      "      {match: \"GET /*/list\", complexity: 4}, {match: \"GET /re*\", complexity: 5},\n"
      "      {match: \"GET /re\", complexity: 6}, {match: \"GET /restful*\", complexity: 7}]}}\n");
  ASSERT_TRUE(loaded);
  std::vector<std::string> paths;
  for (const RestCost& cost : loaded->config.apis[0].rest_costs) paths.push_back(cost.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"/rest/orders/*", "/rest/x", "/*/list", "/re*",
                                             "/rest/re", "/rest/restful*"}));
}

TEST(ConfigReader, says_how_many_dangling_references_there_are) {
  const auto loaded =
      parse(kListen + "apis: [" + kApi + "]\nenvironments:\n" +
            repeated(150, [](int i) { return "  e" + std::to_string(i) + ": {plan: none}\n"; }));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().back().text(), "f.yaml: and 50 more; mend these first");
}

TEST(ConfigReader, a_document_that_aliases_make_large_is_given_up) {
  const std::string text =
      kListen + "apis:\n" +
      "  - {name: a, base: /a, upstream: {url: \"http://127.0.0.1:1\"}, allow_ips: &ips [" +
      repeated(3000, [](int) { return std::string("1.2.3.4,"); }) + "]}\n" +
      repeated(3000, [](int i) {
        return "  - {name: n" + std::to_string(i) + ", base: /b" + std::to_string(i) +
               ", upstream: {url: \"http://127.0.0.1:1\"}, allow_ips: *ips}\n";
      });
  const auto loaded = parse(text);
  ASSERT_FALSE(loaded);
  ASSERT_EQ(loaded.error().size(), 1U);
  EXPECT_NE(loaded.error()[0].message.find("its aliases repeat too much"), std::string::npos);
}

TEST(ConfigReader, a_large_document_without_aliases_is_read) {
  const auto loaded = parse(kListen + "apis: [" + kApi + "]\nplans:\n" + repeated(30000, [](int i) {
                              return "  p" + std::to_string(i) + ": {requests: {1h: 5}}\n";
                            }));
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->config.plans.size(), 30000U);
}

TEST(TextFile, is_read_up_to_a_bound_whatever_the_file_says_of_its_size) {
  for (const char* device : {"/dev/zero", "/dev/null"}) {
    EXPECT_EQ(read_text_file(device).error(),
              "is a pipe or a device: what it holds can be read only from a file");
  }
  const TempFolder folder;
  ASSERT_EQ(mkfifo(folder.file("pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_text_file(folder.file("pipe")).error(), read_text_file("/dev/zero").error());
  EXPECT_EQ(read_text_file(folder.file("")).error(), "is a folder, not a file");
  EXPECT_EQ(read_text_file(folder.file("none")).error(),
            "cannot be read: No such file or directory");
  folder.write("whole", std::string(16U << 20, 'x'));
  folder.write("over", std::string((16U << 20) + 1, 'x'));
  folder.write("marked", "\xef\xbb\xbfx: 1\n");
  EXPECT_EQ(read_text_file(folder.file("whole"))->size(), 16U << 20);
  EXPECT_EQ(read_text_file(folder.file("over")).error(), "is larger than 16 MiB");
  EXPECT_EQ(read_text_file(folder.file("marked")), "x: 1\n");
}

TEST(Utf8, has_no_surrogates_overlong_forms_or_lone_bytes) {
  for (const char* right : {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xed\x9f\xbf", "\xee\x80\x80",
                            "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(right)) << right;
  }
  for (const char* wrong :
       {"\x80", "\xc3", "\xc0\xaf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xe2\x82",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xc3("}) {
    EXPECT_FALSE(is_utf8(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace tollgate
