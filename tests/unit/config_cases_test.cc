// Runs tests/cases/config/*.txt: a configuration, a line "---- wrong:", and the problems that it
// must have, one a line, in order, as "line:column: path: message". The line "---- not built:"
// expects those of find_not_built instead. A line
// "---- env: NAME=value" before the configuration sets a variable.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <sstream>

#include "conf/config_reader.h"
#include "conf/text_file.h"

namespace tollgate {
namespace {

struct Case {
  std::string title;
  std::string config;
  std::string expected;
  bool not_built = false;
  std::map<std::string, std::string> environment;
};

// Cases of one file are divided by lines of "====", with the title behind it.
std::vector<Case> read_cases(const std::string& file) {
  std::istringstream lines(*read_text_file(file));
  std::vector<Case> cases;
  bool expecting = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("==== ")) {
      cases.push_back({line.substr(5), "", "", false, {}});
      expecting = false;
    } else if (line.starts_with("---- env: ")) {
      const std::size_t equal = line.find('=');
      cases.back().environment[line.substr(10, equal - 10)] = line.substr(equal + 1);
    } else if (line.starts_with("---- ")) {
      expecting = true;
      cases.back().not_built = line == "---- not built:";
    } else if (!cases.empty()) {
      (expecting ? cases.back().expected : cases.back().config) += line + "\n";
    }
  }
  return cases;
}

std::string problems_of(const Diagnostics& problems) {
  std::string text;
  for (const Diagnostic& problem : problems)
    text += problem.text().substr(std::string("f:").size()) + "\n";
  return text;
}

TEST(ConfigCases, give_the_problems_that_they_expect) {
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(SOURCE_DIR "/tests/cases/config")) {
    for (const Case& each : read_cases(file.path())) {
      const auto loaded = parse_config(each.config, "f", [&](const std::string& name) {
        const auto found = each.environment.find(name);
        return found == each.environment.end() ? std::nullopt : std::optional(found->second);
      });
      const std::string found =
          !loaded ? problems_of(loaded.error()) : problems_of(loaded->not_built);
      EXPECT_EQ(found, each.expected) << file.path().filename() << ": " << each.title;
      EXPECT_EQ(loaded.has_value(), each.not_built || each.expected.empty()) << each.title;
      ++count;
    }
  }
  EXPECT_GE(count, 30U);
}

}  // namespace
}  // namespace tollgate
