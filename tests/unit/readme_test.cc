// The README's tables are the program's own: refusals, metrics, bounds, members of the access log.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "filters/reason.h"
#include "proxy/access_log.h"
#include "proxy/worker_metrics.h"

namespace tollgate {
namespace {

// The rows below the table's heading.
std::vector<std::string> rows_of_readme(const std::string& heading) {
  std::ifstream readme(SOURCE_DIR "/README.md");
  std::vector<std::string> rows;
  for (std::string line; std::getline(readme, line);) {
    if (line != heading) continue;
    std::getline(readme, line);  // the rule below the heading
    while (std::getline(readme, line) && line.starts_with("|")) rows.push_back(line);
  }
  return rows;
}

// Of each row what stands between the first two backquotes.
std::vector<std::string> names_of_readme(const std::string& heading) {
  std::vector<std::string> names;
  for (const std::string& row : rows_of_readme(heading)) {
    const std::size_t begin = row.find('`') + 1;
    names.push_back(row.substr(begin, row.find('`', begin) - begin));
  }
  return names;
}

// A call that has everything that a call may have.
CallRecord full_record() {
  CallRecord call;
  call.api = "orders";
  call.key = "erp";
  call.client = *IpAddress::parse("203.0.113.7");
  call.peer = *IpAddress::parse("192.0.2.1");
  call.client_certificate = "CN=partner";
  call.status = 404;
  call.reason = Reason::kNoApi;
  call.concealed = Reason::kKeyUnknown;
  call.upstream_duration = std::chrono::microseconds(1);
  return call;
}

// "`api`, `key`" of a sample "name{api="a",key="b"} 1".
std::string labels_of(const std::string& sample) {
  std::string labels;
  for (std::size_t at = sample.find('{'); at != sample.npos && sample[at] != '}';) {
    const std::size_t equals = sample.find('=', at);
    const std::string label = sample.substr(at + 1, equals - at - 1);
    if (label != "le") labels += fmt::format("{}`{}`", labels.empty() ? "" : ", ", label);
    at = sample.find('"', equals + 2) + 1;
  }
  return labels;
}

// A row for each metric in the text: HELP, TYPE and the first sample stand one below the other.
std::vector<std::string> rows_of(const std::string& text) {
  std::istringstream lines(text);
  std::vector<std::string> rows;
  for (std::string help, type, sample; std::getline(lines, help);) {
    if (!help.starts_with("# HELP ")) continue;
    std::getline(lines, type);
    std::getline(lines, sample);
    const std::string name = help.substr(7, help.find(' ', 7) - 7);
    rows.push_back(fmt::format("| `{}` | {} | {} | {} |", name, type.substr(type.rfind(' ') + 1),
                               labels_of(sample), help.substr(8 + name.size())));
  }
  return rows;
}

TEST(Readme, has_the_table_of_refusals_that_the_program_uses) {
  std::vector<std::string> expected;
  for (const ReasonRow& row : reason_rows()) {
    expected.push_back(fmt::format("| `{}` | {} | {} |", row.word, row.status, row.when));
  }
  EXPECT_EQ(rows_of_readme("| reason | status | when |"), expected)
      << "copy the rows of filters/reason.cc into README.md";
}

TEST(Readme, has_the_table_of_metrics_that_the_program_shows) {
  Metrics metrics("1", "c");
  CallRecord call = full_record();
  call.api_id = metrics.api_id("orders");
  call.key_id = metrics.key_id("erp");
  const auto windows = MemoryWindows::make({});
  const WindowLimits limits;
  Charge charge;
  charge.payer.parts[0].scope = &windows->scope({LimitScope::kKey, "erp", "orders"});
  charge.payer.count = 1;
  charge.charged = charge.exceeded = true;
  charge.usage.push_back(
      {.scope = charge.payer.parts[0].scope, .window = &limits, .refuses = true});
  call.charge = &charge;
  metrics.add_worker().count_call(call);
  metrics.set_config_hash("h");
  metrics.set_key_expiries({{call.key_id, UnixTime()}});
  metrics.set_window_snapshots(1, 0);
  metrics.set_certificates({{"tls.crt", {}, {}}});
  const std::vector<std::string> expected = rows_of(metrics.text({WindowFill{}}));
  EXPECT_EQ(rows_of_readme("| metric | type | labels | what it says |"), expected)
      << "copy these rows into README.md:\n"
      << fmt::format("{}\n", fmt::join(expected, "\n"));
}

TEST(Readme, has_the_table_of_bounds_that_the_program_counts) {
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < kBoundCount; ++i) {
    expected.emplace_back(word_of(static_cast<Bound>(i)));
  }
  EXPECT_EQ(names_of_readme("| bound | what was hit |"), expected);
}

TEST(Readme, has_the_table_of_members_that_a_line_of_the_access_log_has) {
  std::string line;
  append_log_line(line, full_record());
  std::vector<std::string> expected;
  const auto json = nlohmann::ordered_json::parse(line);
  for (const auto& member : json.items()) expected.push_back(member.key());
  EXPECT_EQ(names_of_readme("| member | what it says |"), expected);
}

}  // namespace
}  // namespace tollgate
