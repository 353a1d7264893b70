// See multipart.h. Any thread; a LaterParts belongs to one call.
#include "filters/graphql/multipart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "filters/graphql/member_names.h"
#include "filters/graphql/part_head.h"

namespace tollgate::graphql {
namespace {

constexpr std::string_view kOperations = "operations";
constexpr std::string_view kMap = "map";
constexpr std::string_view kEndOfLine = "\r\n";
constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::string_view kEndOfBody = "--";  // behind the last boundary
constexpr std::size_t kMostBoundary = 70;
constexpr std::string_view kStrayBoundary =
    "The multipart body has its boundary inside of a part, or on a line with something else. "
    "Choose a boundary that occurs nowhere else.";

tl::unexpected<std::string> refuse(std::string_view sentence) {
  return tl::unexpected(std::string(sentence));
}

bool is_boundary_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
}

bool is_boundary(std::string_view text) {
  return !text.empty() && text.size() <= kMostBoundary && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(), is_boundary_character);
}

// Where the head that begins at `begin` ends; none: more must come.
tl::expected<std::optional<std::size_t>, std::string> end_of_head(std::string_view bytes,
                                                                  std::size_t begin) {
  const std::size_t end = bytes.find(kEndOfHead, begin);
  const std::size_t least = end == std::string_view::npos ? bytes.size() - begin : end - begin;
  // Not found means that it is at least so long, but for the four bytes that end it.
  const std::size_t most =
      kMostPartHead + (end == std::string_view::npos ? kEndOfHead.size() - 1 : 0);
  if (least > most) {
    return tl::unexpected(fmt::format(
        "A part of the multipart body has a head of more than {} bytes.", kMostPartHead));
  }
  if (end == std::string_view::npos) return std::nullopt;
  return end;
}

std::string without_blanks_and_quotes(std::string_view text) {
  std::string bare;
  for (const char c : text) {
    if (c != ' ' && c != '\t' && c != '"') bare.push_back(c);
  }
  return bare;
}

template <std::size_t Count>
bool is_one_of(std::string_view text, const std::array<std::string_view, Count>& known) {
  return match_name(text, known).kind != NameMatch::Kind::kOther;
}

// Of the part that is `name` and stands where that part must. A server that decodes it must come to
// the bytes that were read.
tl::expected<void, std::string> check_leading_head(const PartHead& head, std::string_view name) {
  constexpr std::array<std::string_view, 5> kTypes{
      "application/json", "application/json;charset=utf-8", "text/plain",
      "text/plain;charset=utf-8", "text/plain;charset=us-ascii"};
  constexpr std::array<std::string_view, 3> kEncodings{"7bit", "8bit", "binary"};
  const auto refuse_part = [name](const char* what) {
    return tl::unexpected(fmt::format("The part \"{}\" of the multipart body has {}", name, what));
  };
  if (head.name != name) {
    return refuse(name == kOperations
                      ? "The first part of the multipart body is not named \"operations\". Send it "
                        "first, before \"map\" and the files."
                      : "The second part of the multipart body is not named \"map\". Send it right "
                        "behind \"operations\", before the files.");
  }
  if (head.filename) return refuse_part("a filename. Send it as a plain field.");
  if (!head.content_type.empty() &&
      !is_one_of(without_blanks_and_quotes(head.content_type), kTypes)) {
    return refuse_part(
        "a Content-Type that cannot be read. Send application/json in UTF-8, or none.");
  }
  if (!head.transfer_encoding.empty() && !is_one_of(head.transfer_encoding, kEncodings)) {
    return refuse_part("a Content-Transfer-Encoding. Send it without one.");
  }
  return {};
}

// PHP and Node's append-field read "operations[x]" as a part of operations.
std::string_view stem(std::string_view name) {
  name.remove_prefix(std::min(name.find_first_not_of(" \t"), name.size()));
  name = name.substr(0, name.find_first_of("[."));
  return name.substr(0, name.find_last_not_of(" \t") + 1);
}

// Go's mime/multipart and busboy take a part with an empty filename for a field.
bool is_file(const PartHead& head) {
  return head.filename && head.filename->find_first_not_of(" \t") != std::string_view::npos;
}

tl::expected<void, std::string> check_later_head(const PartHead& head, const PartNames& files) {
  constexpr std::array<std::string_view, 1> kCharset{"_charset_"};
  constexpr std::array<std::string_view, 1> kMultipart{"multipart/"};
  constexpr std::size_t kMostShown = 60;
  if (is_leading_part(head.name)) {
    return refuse(
        "The multipart body has a second part \"operations\" or \"map\". Send one of each.");
  }
  if (is_one_of(head.name, kCharset)) {
    return refuse("The multipart body has a part \"_charset_\". Send UTF-8, without that part.");
  }
  const std::size_t length = kMultipart[0].size();
  if (is_one_of(head.content_type.substr(0, length), kMultipart)) {
    return refuse("The multipart body has a part that is multipart itself.");
  }
  const std::string_view shown = head.name.substr(0, kMostShown);
  if (!files.contains(head.name)) {
    return tl::unexpected(
        fmt::format("The multipart body has a part \"{}\" that its part \"map\" does not name. "
                    "Send only files that the map names.",
                    shown));
  }
  if (!is_file(head)) {
    return tl::unexpected(fmt::format(
        "The part \"{}\" of the multipart body has no filename. Send it as a file.", shown));
  }
  return {};
}

// One of the leading parts.
struct Part {
  std::string_view text;
  std::size_t next_head = 0;  // where that of the next part begins in the body
  bool last = false;
  [[nodiscard]] std::size_t end(std::string_view body) const {
    return static_cast<std::size_t>(text.data() - body.data()) + text.size();
  }
};

// The part `name`, whose head begins at `begin`; none: more must come.
tl::expected<std::optional<Part>, std::string> find_part(std::string_view name,
                                                         std::string_view dashes,
                                                         std::string_view prefix, std::size_t begin,
                                                         std::size_t& searched) {
  const auto head_end = end_of_head(prefix, begin);
  if (!head_end) return tl::unexpected(head_end.error());
  if (!*head_end) return std::nullopt;
  const auto head = read_part_head(prefix.substr(begin, **head_end - begin));
  if (!head) return tl::unexpected(head.error());
  if (auto good = check_leading_head(*head, name); !good) {
    return tl::unexpected(std::move(good).error());
  }
  const std::size_t text = **head_end + kEndOfHead.size();
  const std::size_t end = prefix.find(dashes, std::max(text, searched));
  if (end == std::string_view::npos) {
    searched = std::max(text, prefix.size() - std::min(prefix.size(), dashes.size() - 1));
    return std::nullopt;
  }
  searched = end;
  if (end < text + 2 || prefix.substr(end - 2, 2) != kEndOfLine) return refuse(kStrayBoundary);
  const std::string_view after = prefix.substr(end + dashes.size(), 2);
  if (after.size() < 2) return std::nullopt;
  if (after != kEndOfLine && after != kEndOfBody) return refuse(kStrayBoundary);
  return Part{prefix.substr(text, end - 2 - text), end + dashes.size() + after.size(),
              after == kEndOfBody};
}

}  // namespace

bool is_leading_part(std::string_view name) {
  constexpr std::array<std::string_view, 2> kNames{kOperations, kMap};
  return is_one_of(stem(name), kNames);
}

tl::expected<std::optional<LeadingParts>, std::string> find_leading_parts(std::string_view boundary,
                                                                          std::string_view prefix,
                                                                          PartSearch& search) {
  if (!is_boundary(boundary)) {
    return refuse("The Content-Type of the multipart body names no usable boundary.");
  }
  const std::string dashes = fmt::format("--{}", boundary);
  const std::string opening = dashes + std::string(kEndOfLine);
  if (prefix.substr(0, opening.size()) != opening.substr(0, prefix.size())) {
    return refuse(
        "The multipart body does not begin with the boundary that its Content-Type names.");
  }
  if (prefix.size() < opening.size()) return std::nullopt;
  const auto operations = find_part(kOperations, dashes, prefix, opening.size(), search.operations);
  if (!operations) return tl::unexpected(operations.error());
  if (!*operations) return std::nullopt;
  const Part& first = **operations;
  if (first.last) return LeadingParts{first.text, std::nullopt, first.end(prefix)};
  const auto map = find_part(kMap, dashes, prefix, first.next_head, search.map);
  if (!map) return tl::unexpected(map.error());
  if (!*map) return std::nullopt;
  return LeadingParts{first.text, (*map)->text, (*map)->end(prefix)};
}

LaterParts::LaterParts(std::string_view boundary, PartNames files)
    : dashes_(fmt::format("--{}", boundary)), files_(std::move(files)) {}

tl::expected<void, std::string> LaterParts::take(std::string_view piece) {
  held_.append(piece);
  while (true) {
    const auto stepped = step();
    if (!stepped) return tl::unexpected(stepped.error());
    if (*stepped == Step::kNeedsMore) break;
  }
  held_.erase(0, begin_);
  begin_ = 0;
  return {};
}

tl::expected<LaterParts::Step, std::string> LaterParts::step() {
  switch (state_) {
    case State::kContent:
      return step_content();
    case State::kDelimiter:
      return step_delimiter();
    case State::kHead:
      return step_head();
    case State::kAfterEnd:
      return step_after_end();
  }
  return Step::kNeedsMore;
}

tl::expected<LaterParts::Step, std::string> LaterParts::step_content() {
  const std::size_t found = held_.find(dashes_, begin_);
  if (found == std::string::npos) {
    // A delimiter that has not come whole, and the end of line before it, stay.
    const std::size_t kept = kEndOfLine.size() + dashes_.size() - 1;
    begin_ = std::max(begin_, held_.size() - std::min(held_.size(), kept));
    return Step::kNeedsMore;
  }
  if (found < begin_ + 2 || held_.compare(found - 2, 2, kEndOfLine) != 0) {
    return refuse(kStrayBoundary);
  }
  begin_ = found + dashes_.size();
  state_ = State::kDelimiter;
  return Step::kOn;
}

tl::expected<LaterParts::Step, std::string> LaterParts::step_delimiter() {
  if (held_.size() - begin_ < 2) return Step::kNeedsMore;
  const std::string_view after = std::string_view(held_).substr(begin_, 2);
  if (after != kEndOfLine && after != kEndOfBody) return refuse(kStrayBoundary);
  state_ = after == kEndOfLine ? State::kHead : State::kAfterEnd;
  begin_ += 2;
  return Step::kOn;
}

tl::expected<LaterParts::Step, std::string> LaterParts::step_head() {
  const auto end = end_of_head(held_, begin_);
  if (!end) return tl::unexpected(end.error());
  if (!*end) return Step::kNeedsMore;
  const auto head = read_part_head(std::string_view(held_).substr(begin_, **end - begin_));
  if (!head) return tl::unexpected(head.error());
  if (auto good = check_later_head(*head, files_); !good)
    return tl::unexpected(std::move(good).error());
  begin_ = **end + kEndOfHead.size();
  state_ = State::kContent;
  return Step::kOn;
}

tl::expected<LaterParts::Step, std::string> LaterParts::step_after_end() {
  if (held_.find_first_not_of(kEndOfLine, begin_) != std::string::npos) {
    return refuse("The multipart body goes on after its last boundary.");
  }
  begin_ = held_.size();
  return Step::kNeedsMore;
}

}  // namespace tollgate::graphql
