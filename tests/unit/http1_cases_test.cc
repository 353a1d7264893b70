// Runs every case of tests/cases/http1: see README.txt there for the format. Each case is also
// given in pieces, which must change nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/http1/chunked.h"
#include "proxy/http1/message.h"

namespace tollgate::http1 {
namespace {

using Facts = std::map<std::string, std::string>;

struct Case {
  int line = 0;
  std::string title;
  std::string kind;
  std::string input;  // escaped, with {} for the variant
  std::vector<std::string> variants;
  std::string verdict;
  Facts facts;  // escaped
};

struct Outcome {
  std::string verdict;
  Facts facts;
};

// The number that `text` begins with; `text` loses it.
int take_number(std::string_view& text, int base, std::size_t digits) {
  int number = 0;
  const auto piece = text.substr(0, digits);
  const auto end = std::from_chars(piece.data(), piece.data() + piece.size(), number, base).ptr;
  text.remove_prefix(static_cast<std::size_t>(end - piece.data()));
  return number;
}

std::string unescape(std::string_view text);

// `rest` follows a backslash and loses what belongs to it.
std::string take_escape(std::string_view& rest) {
  const char c = rest.front();
  rest.remove_prefix(1);
  switch (c) {
    case 'r':
      return "\r";
    case 'n':
      return "\n";
    case 't':
      return "\t";
    case '0':
      return std::string(1, '\0');
    case 'x':
      return std::string(1, static_cast<char>(take_number(rest, 16, 2)));
    case '*': {  // \*(3,ab) is ababab
      rest.remove_prefix(1);
      const int times = take_number(rest, 10, 6);
      const std::size_t end = rest.find(')');
      std::string repeated;
      const std::string piece = unescape(rest.substr(1, end - 1));
      for (int i = 0; i < times; ++i) repeated += piece;
      rest.remove_prefix(end + 1);
      return repeated;
    }
    default:
      return std::string(1, c);
  }
}

std::string unescape(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '\\' && !text.empty()) {
      bytes += take_escape(text);
    } else {
      bytes += c;
    }
  }
  return bytes;
}

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(' ') - first + 1));
}

std::string after_mark(std::string_view line, std::size_t mark) {
  return std::string(line.substr(std::min(mark, line.size())));
}

void read_line(std::string_view line, int number, std::vector<Case>& cases) {
  if (line.starts_with("== ")) {
    cases.push_back({.line = number,
                     .title = after_mark(line, 3),
                     .kind = {},
                     .input = {},
                     .variants = {},
                     .verdict = {},
                     .facts = {}});
    return;
  }
  if (line.empty() || line.front() == '#') return;
  ASSERT_FALSE(cases.empty()) << "line " << number << " stands before the first title";
  Case& current = cases.back();
  if (line.front() == '|') {
    current.input += after_mark(line, 2);
  } else if (line.front() == '*') {
    current.variants.push_back(after_mark(line, 2));
  } else if (line.starts_with("->")) {
    current.verdict = after_mark(line, 3);
  } else if (line.front() == ' ') {
    const std::size_t equals = line.find('=');
    ASSERT_NE(equals, std::string_view::npos) << "line " << number << " has no =";
    current.facts[trimmed(line.substr(0, equals))] = trimmed(line.substr(equals + 1));
  } else {
    current.kind = line;
  }
}

std::vector<Case> read_cases(const std::filesystem::path& file) {
  std::vector<Case> cases;
  std::ifstream stream(file);
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) read_line(line, number, cases);
  return cases;
}

const char* yes_or_no(bool value) { return value ? "yes" : "no"; }

const char* word(Framing framing) {
  switch (framing) {
    case Framing::kNone:
      return "none";
    case Framing::kLength:
      return "length";
    case Framing::kChunked:
      return "chunked";
    case Framing::kUntilClose:
      return "until close";
  }
  return "";
}

std::string joined(std::span<const Header> fields) {
  std::string text;
  for (const Header& field : fields) {
    if (!text.empty()) text += ", ";
    text.append(field.name).append(": ").append(field.value);
  }
  return text;
}

std::string verdict_of(const tl::expected<Progress, HeadError>& progress) {
  if (!progress)
    return std::to_string(progress.error().status) + " " + std::string(progress.error().what);
  return *progress == Progress::kComplete ? "accepted" : "incomplete";
}

Outcome run_request(std::string_view bytes) {
  Request request;
  Outcome outcome{verdict_of(parse_request(bytes, {}, request)), {}};
  if (outcome.verdict != "accepted") return outcome;
  outcome.facts = {
      {"method", std::string(request.head.method_name)},
      {"target", std::string(request.head.target)},
      {"path", std::string(request.head.path)},
      {"query", std::string(request.head.query)},
      {"host", std::string(request.head.host)},
      {"version", "1." + std::to_string(request.head.minor_version)},
      {"fields", joined(request.head.headers)},
      {"framing", word(request.framing)},
      {"length", std::to_string(request.content_length)},
      {"keep alive", yes_or_no(request.keep_alive)},
      {"expects continue", yes_or_no(request.expects_continue)},
      {"upgrade", yes_or_no(request.upgrade)},
      {"connection names others", yes_or_no(request.connection_names_others)},
      {"rest", std::string(bytes.substr(request.head_bytes))},
  };
  return outcome;
}

Outcome run_response(std::string_view bytes, Method method) {
  Response response;
  Outcome outcome{verdict_of(parse_response(bytes, {}, method, response)), {}};
  if (outcome.verdict != "accepted") return outcome;
  outcome.facts = {
      {"version", "1." + std::to_string(response.minor_version)},
      {"status", std::to_string(response.status)},
      {"reason", std::string(response.reason_phrase)},
      {"fields", joined(response.fields)},
      {"framing", word(response.framing)},
      {"length", response.has_content_length ? std::to_string(response.content_length) : "none"},
      {"keep alive", yes_or_no(response.keep_alive)},
      {"connection names others", yes_or_no(response.connection_names_others)},
      {"rest", std::string(bytes.substr(response.head_bytes))},
  };
  return outcome;
}

Outcome run_chunked(std::string_view bytes, std::size_t piece) {
  ChunkedDecoder decoder;
  Outcome outcome{"incomplete", {}};
  std::string data;
  while (!bytes.empty() && outcome.verdict == "incomplete") {
    const ChunkedDecoder::Step step = decoder.next(bytes.substr(0, piece));
    data += step.data;
    bytes.remove_prefix(step.consumed);
    if (step.event == ChunkedDecoder::Event::kEnd) outcome.verdict = "accepted";
    if (step.event == ChunkedDecoder::Event::kError) {
      outcome.verdict = "error " + std::string(decoder.error());
    }
  }
  outcome.facts = {{"data", data}, {"trailers", decoder.trailers()}, {"rest", std::string(bytes)}};
  return outcome;
}

Outcome run(std::string_view kind, std::string_view bytes) {
  if (kind == "request") return run_request(bytes);
  if (kind == "response") return run_response(bytes, Method::kGet);
  if (kind == "response to HEAD") return run_response(bytes, Method::kHead);
  if (kind == "chunked") return run_chunked(bytes, bytes.size());
  return {"no such kind of case: " + std::string(kind), {}};
}

void expect_same_in_pieces(std::string_view kind, std::string_view bytes, const Outcome& whole) {
  if (kind == "chunked") {
    EXPECT_EQ(run_chunked(bytes, 1).verdict, whole.verdict) << "byte by byte";
    return;
  }
  const std::size_t step = bytes.size() / 512 + 1;
  for (std::size_t length = 0; length < bytes.size(); length += step) {
    const std::string verdict = run(kind, bytes.substr(0, length)).verdict;
    if (verdict == "incomplete") continue;
    EXPECT_EQ(verdict, whole.verdict) << "with " << length << " bytes";
  }
}

void check(const Case& expected, const std::string& input) {
  const std::string bytes = unescape(input);
  const Outcome outcome = run(expected.kind, bytes);
  EXPECT_EQ(outcome.verdict, expected.verdict);
  for (const auto& [name, value] : expected.facts) {
    const auto found = outcome.facts.find(name);
    if (found == outcome.facts.end()) {
      if (outcome.verdict == expected.verdict) ADD_FAILURE() << "no such fact: " << name;
      continue;
    }
    EXPECT_EQ(found->second, unescape(value)) << name;
  }
  expect_same_in_pieces(expected.kind, bytes, outcome);
}

void check_all_variants(const Case& expected) {
  const std::size_t place = expected.input.find("{}");
  ASSERT_EQ(place == std::string::npos, expected.variants.empty())
      << "a case has {} and lines with *, or neither";
  if (expected.variants.empty()) return check(expected, expected.input);
  for (const std::string& variant : expected.variants) {
    SCOPED_TRACE("variant: " + variant);
    check(expected, std::string(expected.input).replace(place, 2, variant));
  }
}

std::vector<std::string> case_files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(SOURCE_DIR "/tests/cases/http1")) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() == ".txt" && name != "README") files.push_back(name);
  }
  std::ranges::sort(files);
  return files;
}

class Http1Cases : public testing::TestWithParam<std::string> {};

TEST_P(Http1Cases, every_case_comes_out_as_written) {
  const auto file = std::filesystem::path(SOURCE_DIR "/tests/cases/http1") / (GetParam() + ".txt");
  const std::vector<Case> cases = read_cases(file);
  EXPECT_FALSE(cases.empty());
  for (const Case& each : cases) {
    SCOPED_TRACE(GetParam() + ".txt:" + std::to_string(each.line) + ": " + each.title);
    EXPECT_FALSE(each.input.empty());
    check_all_variants(each);
  }
}

INSTANTIATE_TEST_SUITE_P(Files, Http1Cases, testing::ValuesIn(case_files()),
                         [](const auto& file) { return file.param; });

}  // namespace
}  // namespace tollgate::http1
