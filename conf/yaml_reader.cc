// See yaml_reader.h.
#include "conf/yaml_reader.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "conf/suggestion.h"
#include "conf/utf8.h"

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

// The first control character but for tabs and line breaks; none: npos.
std::size_t find_control(std::string_view text) {
  const auto found = std::find_if(text.begin(), text.end(), [](char c) {
    const bool layout = c == '\t' || c == '\n' || c == '\r';
    return (static_cast<unsigned char>(c) < 0x20 && !layout) || c == '\x7f';
  });
  return found == text.end() ? std::string_view::npos
                             : static_cast<std::size_t>(found - text.begin());
}

// From the beginning of the line, counted from 0, to the end of the text.
std::string_view from_line(std::string_view text, int line) {
  for (; line > 0 && !text.empty(); --line) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  return text;
}

// The column, from 0, of a tab that indents the line; none: npos.
std::size_t indenting_tab(std::string_view text, int line) {
  text = from_line(text, line);
  const std::size_t tab = text.find('\t');
  return text.find_first_not_of(" \t") < tab ? std::string_view::npos : tab;
}

// Whether the parser stumbles over the "{" of a "${" without quotes, as it does within { } and [ ].
bool is_at_variable(std::string_view text, const YAML::Mark& mark) {
  text = from_line(text, mark.line);
  const auto column = static_cast<std::size_t>(std::max(mark.column, 0));
  return column > 0 && column < text.size() && text.substr(column - 1, 2) == "${";
}

// Where a document begins, and nothing of what is in it.
class DocumentStart final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& at) override { mark = at; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
  YAML::Mark mark;
};

// The last line, from 0, that a part of the node begins on; none: aliases lead too deep to tell.
std::optional<int> last_line(const YAML::Node& node, int depth = 0) {
  if (depth > 100) return std::nullopt;
  YAML::Node last;
  if (node.IsSequence() && node.size() > 0) last.reset(node[node.size() - 1]);
  if (node.IsMap()) {
    for (const auto& entry : node) last.reset(entry.second.IsNull() ? entry.first : entry.second);
  }
  if (!node.IsSequence() && !node.IsMap()) return node.Mark().line;
  const auto inner = last_line(last, depth + 1);
  return inner ? std::optional(std::max(*inner, node.Mark().line)) : std::nullopt;
}

// Whether nothing but comments follows the last part of the document, so that none of the text was
// left unread. Where this is not easily seen, it says no.
bool is_read_to_its_end(const YAML::Node& root, std::string_view text) {
  if (!root.IsMap() || root.Style() != YAML::EmitterStyle::Block) return false;
  const auto last = last_line(root);
  if (!last) return false;
  for (int line = 0; !text.empty(); ++line) {
    const std::string_view each = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(each.size() + 1, text.size()));
    const std::size_t begin = each.find_first_not_of(" \r");
    if (line > *last && begin != std::string_view::npos && each[begin] != '#') return false;
  }
  return true;
}

// What YAML::Load leaves unread begins here; none: it reads all. (YAML::LoadAll does not end on a
// lone comma.) Throws as the parser does.
std::optional<YAML::Mark> second_document(std::string_view text) {
  std::istringstream in{std::string(text)};
  YAML::Parser parser(in);
  DocumentStart start;
  if (!parser.HandleNextDocument(start) || !parser.HandleNextDocument(start)) return std::nullopt;
  return start.mark;
}

}  // namespace

// ---- YamlReader

std::optional<YAML::Node> YamlReader::load(std::string_view text) {
  visits_left_ = kMaxAliased + text.size();
  if (!is_utf8(text)) {
    problem(0, 0, "", "the file is not UTF-8 text");
    return std::nullopt;
  }
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    const auto second = is_read_to_its_end(root, text) ? std::nullopt : second_document(text);
    if (!second) return root;
    problem(second->line + 1, second->column + 1, "",
            "what stands from here on would not be read: one file is one document");
  } catch (const YAML::Exception& error) {
    const std::size_t tab = indenting_tab(text, error.mark.line);
    if (tab == std::string_view::npos) {
      problem(error.mark.line + 1, error.mark.column + 1, "",
              "not YAML: " + error.msg +
                  (is_at_variable(text, error.mark)
                       ? ": put a value with ${NAME} in quotes within { } and [ ]"
                       : ""));
    } else {
      problem(error.mark.line + 1, static_cast<int>(tab) + 1, "",
              "not YAML: a tab may not indent: indent with blanks");
    }
  } catch (const std::exception& error) {
    problem(0, 0, "", fmt::format("not YAML: {}", error.what()));
  }
  return std::nullopt;
}

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
  const std::string& written = at.Scalar();
  if (written != value && !value.empty()) {
    for (std::size_t i = 0; (i = error.find(value, i)) != std::string::npos; i += written.size()) {
      error.replace(i, value.size(), written);
    }
  }
  problem(at, path, std::move(error));
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
  if (node.IsNull()) return;
  if (!node.IsMap()) {
    reader_.problem(node, path_, fmt::format("expected a mapping, found {}", kind_of(node)));
    return;
  }
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
  if (found == nullptr) reader_.problem(node_, path_of(name), fmt::format("is missing: {}", why));
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
    const std::string& name,
    const std::function<void(const std::string&, const YAML::Node&, const std::string&)>& each) {
  const YAML::Node* found = find(name);
  if (found == nullptr) return;
  const YamlMap inner(reader_, *found, path_of(name));
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

void YamlMap::finish() {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (asked_[i]) continue;
    const std::string hint =
        reader_.keeps_problems() ? suggestion(entries_[i].first, known_) : std::string();
    reader_.problem(
        names_[i], path_of(entries_[i].first),
        "is not a name that is known here" +
            (hint.empty() && known_.size() <= 12 ? "; known are " + joined(known_) : hint));
  }
}

}  // namespace tollgate
