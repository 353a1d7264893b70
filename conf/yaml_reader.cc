// See yaml_reader.h.
#include "conf/yaml_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <unordered_set>

#include "conf/suggestion.h"

namespace tollgate {
namespace {

std::string_view kind_of(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Map:
      return "a mapping";
    case YAML::NodeType::Null:
      return "nothing";
    default:
      return "a single value";
  }
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// A scalar as it may stand between braces; "…": one that is better not shown.
std::string in_braces(const std::string& scalar) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '/' || c == '_' || c == '-';
  };
  if (scalar.empty() || scalar.size() > 80) return "…";
  if (std::all_of(scalar.begin(), scalar.end(), plain)) return scalar;
  // What stands before a "@" may be a password.
  if (scalar.find_first_of("\"\\@\r\n") != std::string::npos) return "…";
  return fmt::format("\"{}\"", scalar);
}

// The first control character but for tabs and line breaks; none: npos.
std::size_t find_control(std::string_view text) {
  const auto found = std::find_if(text.begin(), text.end(), [](char c) {
    const bool layout = c == '\t' || c == '\n' || c == '\r';
    return (static_cast<unsigned char>(c) < 0x20 && !layout) || c == '\x7f';
  });
  return found == text.end() ? std::string_view::npos
                             : static_cast<std::size_t>(found - text.begin());
}

}  // namespace

// ---- YamlReader

void YamlReader::problem(const YAML::Node& at, const std::string& path, std::string message) {
  problem(at.Mark().line + 1, at.Mark().column + 1, path, std::move(message));
}

void YamlReader::problem(int line, int column, const std::string& path, std::string message) {
  if (visits_left_ == 0) return;
  if (keeps_problems()) {
    problems_.push_back({file_, line, column, path, std::move(message)});
  } else {
    ++left_out_;
  }
}

void YamlReader::wrong_value(const YAML::Node& at, const std::string& path,
                             const std::string& value, std::string error) {
  const std::string shown = fmt::format("\"{}\"", at.Scalar());
  const std::string hidden = fmt::format("\"{}\"", value);
  if (shown != hidden) {
    for (std::size_t i = 0; (i = error.find(hidden, i)) != std::string::npos; i += shown.size()) {
      error.replace(i, hidden.size(), shown);
    }
  }
  problem(at, path, std::move(error));
}

void YamlReader::remember(const YAML::Node& at, const std::string& path) {
  settings_.push_back({file_, at.Mark().line + 1, at.Mark().column + 1, path, ""});
}

bool YamlReader::visit(const YAML::Node& node, const std::string& path) {
  if (visits_left_ == 1) {
    problem(node, path, "the document is too large to be read: its aliases repeat too much");
  }
  if (visits_left_ > 0) --visits_left_;
  return visits_left_ > 0;
}

std::string YamlReader::beside_file(const std::string& path) const {
  if (path.empty()) return path;
  const std::filesystem::path as_written(path);
  if (as_written.is_absolute()) return path;
  const auto folder = std::filesystem::path(file_).parent_path();
  return (folder / as_written).lexically_normal().string();
}

std::optional<std::string> YamlReader::scalar(const YAML::Node& node, const std::string& path) {
  if (!node.IsScalar()) {
    problem(node, path, fmt::format("expected a single value, found {}", kind_of(node)));
    return std::nullopt;
  }
  std::optional<std::string> text = node.Scalar();
  if (variables_ == Variables::kExpanded && text->find("${") != std::string::npos) {
    text = expanded(node, path, *text);
    if (!text) return std::nullopt;
  }
  const std::size_t control = find_control(*text);
  if (control == std::string_view::npos) return text;
  problem(node, path, fmt::format("has the control character 0x{:02x}", (*text)[control]));
  return std::nullopt;
}

std::optional<std::string> YamlReader::expanded(const YAML::Node& node, const std::string& path,
                                                const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = text.find("${", at);
    if (begin == std::string::npos) return out + text.substr(at);
    if (begin > at && text[begin - 1] == '$') {  // "$${": a literal
      out += text.substr(at, begin - at) + "{";
      at = begin + 2;
      continue;
    }
    out += text.substr(at, begin - at);
    const std::size_t end = text.find('}', begin);
    if (end == std::string::npos) {
      problem(node, path,
              "\"${\" without its \"}\"; write \"$${\" for the two characters themselves");
      return std::nullopt;
    }
    const std::string inside = text.substr(begin + 2, end - begin - 2);
    const std::size_t split = inside.find(":-");
    const std::string name = inside.substr(0, split);
    const auto value = lookup_(name);
    if (value && (!value->empty() || split == std::string::npos)) {
      out += *value;
    } else if (split != std::string::npos) {
      out += inside.substr(split + 2);
    } else {
      problem(
          node, path,
          fmt::format("the environment variable {} is not set; set it, or write ${{{}:-default}}",
                      name, name));
      return std::nullopt;
    }
    at = end + 1;
  }
  return out;
}

// ---- YamlMap

YamlMap::YamlMap(YamlReader& reader, const YAML::Node& node, std::string path)
    : reader_(reader), node_(node), path_(std::move(path)) {
  if (!node.IsMap()) return;
  entries_.reserve(node.size());
  for (const auto& entry : node) {
    if (!reader_.visit(entry.first, path_)) break;
    if (!entry.first.IsScalar()) {
      reader_.problem(entry.first, path_,
                      fmt::format("a name is a single value, not {}", kind_of(entry.first)));
      continue;
    }
    const std::string& name = entry.first.Scalar();
    if (!index_.emplace(name, entries_.size()).second) {
      reader_.problem(entry.first, path_of(name), "is written twice");
      continue;
    }
    entries_.emplace_back(name, entry.second);
    names_.push_back(entry.first);
  }
  asked_.resize(entries_.size(), false);
}

std::string YamlMap::path_of(std::string_view name) const {
  return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
}

const YAML::Node* YamlMap::find(const std::string& name) {
  known_.push_back(name);
  const auto found = index_.find(name);
  if (found == index_.end()) return nullptr;
  asked_[found->second] = true;
  const YAML::Node& value = entries_[found->second].second;
  return value.IsNull() ? nullptr : &value;
}

const YAML::Node& YamlMap::place_of(const std::string& name) {
  const YAML::Node* found = find(name);
  return found == nullptr ? node_ : *found;
}

std::vector<std::string> YamlMap::names() const {
  std::vector<std::string> names;
  names.reserve(entries_.size());
  for (const Entry& entry : entries_) names.push_back(entry.first);
  return names;
}

const YAML::Node* YamlMap::require(const std::string& name, std::string_view why) {
  const YAML::Node* found = find(name);
  required_.push_back(name);
  if (found == nullptr && is_mapping()) {
    reader_.problem(node_, path_of(name), fmt::format("is missing: {}", why));
  }
  return found;
}

void YamlMap::text(const std::string& name, std::string& value) {
  parsed(name, value, [](const std::string& words) -> tl::expected<std::string, std::string> {
    if (words.find_first_of("\r\n") == std::string::npos) return words;
    return tl::unexpected(std::string("has a line break"));
  });
}

void YamlMap::flag(const std::string& name, bool& value) {
  choice<bool>(name, value, {{"true", true}, {"false", false}});
}

void YamlMap::number(const std::string& name, double& value) {
  parsed(name, value, [](const std::string& words) -> tl::expected<double, std::string> {
    char* end = nullptr;
    const double number = std::strtod(words.c_str(), &end);
    const bool plain = words.find_first_not_of("+-.0123456789") == std::string::npos;
    if (words.empty() || !plain || *end != '\0') {
      return tl::unexpected(fmt::format("\"{}\" is not a number", words));
    }
    return number;
  });
}

void YamlMap::duration(const std::string& name, Duration& value, Zero zero) {
  parsed(name, value, [&](const std::string& words) -> tl::expected<Duration, std::string> {
    auto duration = parse_duration(words);
    if (duration && duration->count() == 0 && zero == Zero::kForbidden) {
      return tl::unexpected(std::string("must be longer than nothing"));
    }
    return duration;
  });
}

void YamlMap::count(const std::string& name, std::uint64_t& value, Zero zero) {
  parsed(name, value, [&](const std::string& words) -> tl::expected<std::uint64_t, std::string> {
    auto count = parse_count(words);
    if (count && *count == 0 && zero == Zero::kForbidden) {
      return tl::unexpected(std::string("must be at least 1"));
    }
    return count;
  });
}

void YamlMap::size(const std::string& name, std::uint64_t& value, Zero zero) {
  parsed(name, value, [&](const std::string& words) -> tl::expected<std::uint64_t, std::string> {
    auto size = parse_size(words);
    if (size && *size == 0 && zero == Zero::kForbidden) {
      return tl::unexpected(std::string("must be at least 1 byte"));
    }
    return size;
  });
}

void YamlMap::date(const std::string& name, std::optional<UnixTime>& value) {
  parsed(name, value, [](const std::string& words) { return parse_date(words); });
}

void YamlMap::file(const std::string& name, std::string& value) {
  std::string written;
  text(name, written);
  if (written.empty()) return;
  value = reader_.beside_file(written);
  const YAML::Mark at = find(name)->Mark();
  reader_.named_files().push_back(
      {value, {reader_.file(), at.line + 1, at.column + 1, path_of(name), ""}});
}

void YamlMap::texts(const std::string& name, std::vector<std::string>& values) {
  if (find(name) != nullptr) values.clear();
  list(name, [&](const YAML::Node& item, const std::string& path) {
    reader_.remember(item, path);
    if (auto words = reader_.scalar(item, path)) values.push_back(std::move(*words));
  });
}

void YamlMap::ranges(const std::string& name, std::vector<IpRange>& values) {
  list(name, [&](const YAML::Node& item, const std::string& path) {
    const auto words = reader_.scalar(item, path);
    if (!words) return;
    const auto range = IpRange::parse(*words);
    if (range) {
      values.push_back(*range);
    } else {
      reader_.wrong_value(item, path, *words, range.error());
    }
  });
}

void YamlMap::list(const std::string& name,
                   const std::function<void(const YAML::Node&, const std::string&)>& each) {
  const YAML::Node* found = find(name);
  if (found == nullptr) return;
  if (!found->IsSequence()) {
    return reader_.problem(*found, path_of(name),
                           fmt::format("expected a list, found {}", kind_of(*found)));
  }
  std::size_t index = 0;
  for (const auto& item : *found) {
    const std::string path = fmt::format("{}[{}]", path_of(name), index++);
    if (!reader_.visit(item, path)) return;
    each(item, path);
  }
}

void YamlMap::map(const std::string& name, const std::function<void(YamlMap&)>& read) {
  const YAML::Node* found = find(name);
  if (found == nullptr) return;
  YamlMap inner(reader_, *found, path_of(name));
  read(inner);
  inner.finish();
}

void YamlMap::entries(
    const std::string& name, std::string_view example,
    const std::function<void(const std::string&, const YAML::Node&, const std::string&)>& each) {
  const YAML::Node* found = find(name);
  if (found == nullptr) return;
  const YamlMap inner(reader_, *found, path_of(name));
  if (!inner.is_mapping()) {
    reader_.problem(*found, path_of(name),
                    fmt::format("expected a mapping, found {}: write for example {}: {}",
                                kind_of(*found), name, example));
  }
  for (const auto& [entry, value] : inner.entries_) each(entry, value, inner.path_of(entry));
}

std::optional<std::ptrdiff_t> YamlMap::chosen(const std::string& name,
                                              const std::vector<std::string>& names) {
  const YAML::Node* found = find(name);
  if (found == nullptr) return std::nullopt;
  const auto words = reader_.scalar(*found, path_of(name));
  if (!words) return std::nullopt;
  const auto match = std::find(names.begin(), names.end(), *words);
  if (match != names.end()) return match - names.begin();
  reader_.problem(*found, path_of(name),
                  fmt::format("\"{}\" is not one of {}{}", found->Scalar(), joined(names),
                              suggestion(*words, names)));
  return std::nullopt;
}

std::vector<std::string> YamlMap::known() const {
  std::vector<std::string> names;
  std::unordered_set<std::string_view> seen;
  for (const std::string& name : known_) {
    if (seen.insert(name).second) names.push_back(name);
  }
  return names;
}

void YamlMap::require_mapping() {
  if (is_mapping()) return;
  const std::vector<std::string> names = known();
  const std::vector<std::string>& needed = required_.empty() ? names : required_;
  if (node_.IsScalar() && needed.size() == 1 && !path_.empty()) {
    const std::string name = path_.substr(path_.rfind('.') + 1);
    return reader_.problem(
        node_, path_,
        fmt::format("expected a mapping, found a single value: write {}{{{}: {}}}",
                    name.ends_with(']') ? "" : name + ": ", needed[0], in_braces(node_.Scalar())));
  }
  const std::string of = joined(names.size() <= kMostNames ? names : required_);
  reader_.problem(node_, path_,
                  fmt::format("expected a mapping{}, found {}",
                              of.empty() ? "" : fmt::format(" ({})", of), kind_of(node_)));
}

void YamlMap::finish() {
  require_mapping();
  if (std::find(asked_.begin(), asked_.end(), false) == asked_.end()) return;
  const std::vector<std::string> names = known();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (asked_[i]) continue;
    const std::string hint =
        reader_.keeps_problems() ? suggestion_or_names(entries_[i].first, names) : std::string();
    reader_.problem(names_[i], path_of(entries_[i].first),
                    "is not a name that is known here" + hint);
  }
}

}  // namespace tollgate
