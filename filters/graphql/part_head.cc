// See part_head.h. Any thread.
#include "filters/graphql/part_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "filters/graphql/member_names.h"

namespace tollgate::graphql {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::array<std::string_view, 3> kFields{"content-disposition", "content-type",
                                                  "content-transfer-encoding"};
constexpr std::array<std::string_view, 2> kParameters{"name", "filename"};

bool is_token_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

void skip_blanks(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
}

std::string_view take_token(std::string_view& rest) {
  const auto end = std::find_if_not(rest.begin(), rest.end(), is_token_character);
  const std::string_view token = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  rest.remove_prefix(token.size());
  return token;
}

// What the quotes at the front hold; none: they are not closed, or are closed for some readers
// only.
std::optional<std::string_view> take_quoted(std::string_view& rest) {
  const std::size_t end = rest.find('"', 1);
  if (end == std::string_view::npos || rest[end - 1] == '\\') return std::nullopt;
  const std::string_view inside = rest.substr(1, end - 1);
  rest.remove_prefix(end + 1);
  return inside;
}

tl::unexpected<std::string> refuse(const char* what) {
  return tl::unexpected(fmt::format("A part of the multipart body {}.", what));
}

// What follows "form-data" in Content-Disposition.
tl::expected<void, std::string> read_parameters(std::string_view rest, PartHead& head) {
  std::array<std::optional<std::string_view>, kParameters.size()> values;
  for (skip_blanks(rest); !rest.empty(); skip_blanks(rest)) {
    if (rest[0] != ';') return refuse("has a Content-Disposition that cannot be read");
    rest.remove_prefix(1);
    skip_blanks(rest);
    const std::string_view name = take_token(rest);
    if (name.empty() || !rest.starts_with('=')) {
      return refuse("has a Content-Disposition that cannot be read");
    }
    rest.remove_prefix(1);
    const auto value = rest.starts_with('"') ? take_quoted(rest) : take_token(rest);
    if (!value) return refuse("has a quote that is not closed; a quote inside is written %22");
    const std::string_view stem = name.substr(0, name.find('*'));
    const NameMatch match = match_name(stem, kParameters);
    if (match.kind == NameMatch::Kind::kOther) continue;
    if (stem != name && match.index == 0) return refuse("has the parameter \"name*\"");
    if (stem != name) continue;  // some clients send filename* beside filename
    if (values[match.index]) return refuse("has a parameter twice");
    values[match.index] = *value;
  }
  if (!values[0] || values[0]->empty()) return refuse("has no name");
  if (values[0]->find_first_of("\\%") != std::string_view::npos) {
    return refuse("has a name with an escape");
  }
  head.name = *values[0];
  head.filename = values[1];
  return {};
}

tl::expected<void, std::string> read_disposition(std::string_view value, PartHead& head) {
  constexpr std::array<std::string_view, 1> kFormData{"form-data"};
  if (match_name(take_token(value), kFormData).kind == NameMatch::Kind::kOther) {
    return refuse("has another Content-Disposition than form-data");
  }
  return read_parameters(value, head);
}

using Values = std::array<std::optional<std::string_view>, kFields.size()>;

tl::expected<void, std::string> read_line(std::string_view line, Values& values) {
  if (std::any_of(line.begin(), line.end(), is_control)) return refuse("has a control character");
  const std::string_view name = take_token(line);
  if (name.empty() || !line.starts_with(':')) return refuse("has a field that cannot be read");
  line.remove_prefix(1);
  skip_blanks(line);
  const NameMatch match = match_name(name, kFields);
  if (match.kind == NameMatch::Kind::kOther) return {};
  if (values[match.index]) return refuse("has a field twice");
  values[match.index] = line.substr(0, line.find_last_not_of(kBlanks) + 1);
  return {};
}

}  // namespace

tl::expected<PartHead, std::string> read_part_head(std::string_view text) {
  Values values;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find("\r\n"));
    text.remove_prefix(std::min(line.size() + 2, text.size()));
    if (auto read = read_line(line, values); !read) return tl::unexpected(std::move(read).error());
  }
  if (!values[0]) return refuse("has no Content-Disposition");
  PartHead head;
  head.content_type = values[1].value_or("");
  head.transfer_encoding = values[2].value_or("");
  if (auto read = read_disposition(*values[0], head); !read) {
    return tl::unexpected(std::move(read).error());
  }
  return head;
}

}  // namespace tollgate::graphql
