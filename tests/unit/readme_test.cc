// The README's table of refusals is the program's own, row for row.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "filters/reason.h"

namespace tollgate {
namespace {

std::vector<std::string> rows_of_readme() {
  std::ifstream readme(SOURCE_DIR "/README.md");
  std::vector<std::string> rows;
  for (std::string line; std::getline(readme, line);) {
    if (line == "| reason | status | when |") {
      std::getline(readme, line);  // the rule below the heading
      while (std::getline(readme, line) && line.starts_with("|")) rows.push_back(line);
    }
  }
  return rows;
}

TEST(Readme, has_the_table_of_refusals_that_the_program_uses) {
  std::vector<std::string> expected;
  for (const ReasonRow& row : reason_rows()) {
    expected.push_back(fmt::format("| `{}` | {} | {} |", row.word, row.status, row.when));
  }
  EXPECT_EQ(rows_of_readme(), expected) << "copy the rows of filters/reason.cc into README.md";
}

}  // namespace
}  // namespace tollgate
