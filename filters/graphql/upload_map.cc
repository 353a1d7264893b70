// See upload_map.h. Any thread.
#include "filters/graphql/upload_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "filters/graphql/json_reader.h"
#include "filters/graphql/multipart.h"

namespace tollgate::graphql {
namespace {

// Of a name or path that a sentence repeats.
constexpr std::size_t kMostShown = 60;

using Checked = tl::expected<void, std::string>;

// The first one, which is cut off with its dot.
std::string_view take_segment(std::string_view& path) {
  const std::string_view segment = path.substr(0, path.find('.'));
  path.remove_prefix(std::min(segment.size() + 1, path.size()));
  return segment;
}

// What GraphQL's names and indices are made of. Brackets, stars and backslashes mean something to
// some of the libraries that walk such paths.
bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.';
}

bool is_path(std::string_view path) {
  return !path.empty() && path.front() != '.' && path.back() != '.' &&
         path.find("..") == std::string_view::npos &&
         std::all_of(path.begin(), path.end(), is_plain);
}

// Servers in JavaScript stop or go astray at these.
bool is_of_prototype(std::string_view segment) {
  constexpr std::array<std::string_view, 3> kNames{"__proto__", "constructor", "prototype"};
  return std::find(kNames.begin(), kNames.end(), segment) != kNames.end();
}

std::optional<std::size_t> index_of(std::string_view segment) {
  if (segment.size() > 1 && segment[0] == '0') return std::nullopt;
  std::size_t index = 0;
  const char* end = segment.data() + segment.size();
  const auto [stopped, error] = std::from_chars(segment.data(), end, index);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return index;
}

// The paths of one map.
class Walk {
 public:
  explicit Walk(const Request& request) : request_(request) {}

  Checked check(std::string_view path) {
    const JsonValue* value = is_path(path) ? find(path) : nullptr;
    if (value != nullptr && value->kind == JsonValue::Kind::kNull) return {};
    if (steps_ == 0) {
      return tl::unexpected(
          fmt::format("The paths of the part \"map\" pass more than {} members and list entries. "
                      "Send fewer files in one request.",
                      kMostMapSteps));
    }
    return tl::unexpected(fmt::format(
        "The part \"map\" has the path \"{}\", which does not lead to a null within the variables. "
        "Write {}, and in \"operations\" null where the file belongs.",
        path.substr(0, kMostShown),
        request_.batch ? "\"0.variables.file\" for the variable \"file\" of the batch's first "
                         "operation"
                       : "\"variables.file\" for the variable \"file\""));
  }

 private:
  // Null: nothing is there.
  const JsonValue* find(std::string_view path) {
    std::size_t operation = 0;
    if (request_.batch) {
      const auto index = index_of(take_segment(path));
      if (!index || *index >= request_.operations.size()) return nullptr;
      operation = *index;
    }
    if (take_segment(path) != "variables") return nullptr;
    const JsonValue* value = request_.operations[operation].variables;
    while (value != nullptr && !path.empty()) {
      const std::string_view segment = take_segment(path);
      if (is_of_prototype(segment)) return nullptr;
      value = value->kind == JsonValue::Kind::kList ? entry(*value, index_of(segment))
                                                    : member(*value, segment);
    }
    return value;
  }

  const JsonValue* entry(const JsonValue& list, std::optional<std::size_t> index) {
    if (!index || *index >= list.count) return nullptr;
    const JsonValue* value = list.first;
    for (std::size_t i = 0; i < *index && value != nullptr; ++i) value = after(*value);
    return value;
  }

  // What is no object has no members.
  const JsonValue* member(const JsonValue& object, std::string_view name) {
    const JsonValue* value = object.first;
    while (value != nullptr && value->name != name) value = after(*value);
    return value;
  }

  // Null too once all steps are taken.
  const JsonValue* after(const JsonValue& value) {
    if (steps_ == 0) return nullptr;
    --steps_;
    return value.next;
  }

  const Request& request_;
  std::size_t steps_ = kMostMapSteps;  // that are left
};

bool is_list_of_strings(const JsonValue& value) {
  if (value.kind != JsonValue::Kind::kList) return false;
  for (const JsonValue* entry = value.first; entry != nullptr; entry = entry->next) {
    if (entry->kind != JsonValue::Kind::kString) return false;
  }
  return true;
}

// One member of the map: the name of a part and its paths.
Checked check_file(const JsonValue& file, Walk& walk) {
  const std::string_view shown = file.name.substr(0, kMostShown);
  // A server would put the text of that part in the place of the null.
  if (is_leading_part(file.name)) {
    return tl::unexpected(
        fmt::format("The part \"map\" names the part \"{}\", which is no file. Name the files "
                    "\"0\", \"1\" and so on.",
                    shown));
  }
  if (!is_list_of_strings(file)) {
    return tl::unexpected(
        fmt::format("In the part \"map\", the value of \"{}\" is no list of strings. Write the "
                    "paths as a list, as in {{\"0\": [\"variables.file\"]}}.",
                    shown));
  }
  for (const JsonValue* path = file.first; path != nullptr; path = path->next) {
    if (auto checked = walk.check(path->text); !checked) return checked;
  }
  return {};
}

}  // namespace

tl::expected<PartNames, std::string> read_upload_map(std::string_view text,
                                                     const Request& request) {
  // Of its own, as the operations' tree is still in use, and given back at once.
  JsonReader json;
  const auto map = json.read(text);
  if (!map) {
    return tl::unexpected("The part \"map\" cannot be read as JSON. " + map.error().message);
  }
  if ((*map)->kind != JsonValue::Kind::kObject) {
    return tl::unexpected(std::string(
        "The part \"map\" is no JSON object. Write {\"0\": [\"variables.file\"]}, or {} without "
        "files."));
  }
  Walk walk(request);
  std::vector<std::string_view> names;
  for (const JsonValue* file = (*map)->first; file != nullptr; file = file->next) {
    if (auto checked = check_file(*file, walk); !checked) {
      return tl::unexpected(std::move(checked).error());
    }
    names.push_back(file->name);
  }
  return PartNames(names);
}

}  // namespace tollgate::graphql
