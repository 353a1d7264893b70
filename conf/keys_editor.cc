// See keys_editor.h. Positions come from the YAML parser, edits are made in the text; one thread.
#include "conf/keys_editor.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>

#include "conf/secret.h"
#include "conf/suggestion.h"

namespace tollgate {
namespace {

using Result = tl::expected<std::string, std::string>;

tl::expected<std::vector<Key>, std::string> keys_of(std::string_view text) {
  auto keys = parse_keys_as_written(text, "keys file");
  if (keys) return std::move(*keys);
  std::string problems;
  for (const Diagnostic& problem : keys.error()) problems += "\n" + problem.text();
  return tl::unexpected("the file must be right before it can be edited:" + problems);
}

bool same(const Key& a, const Key& b) {
  return a.name == b.name && a.description == b.description && a.prefix == b.prefix &&
         a.secrets == b.secrets && a.environment == b.environment && a.plan == b.plan &&
         a.apis == b.apis && a.allow_ips == b.allow_ips && a.expires == b.expires &&
         a.disabled == b.disabled && a.notify == b.notify;
}

// The text, if it holds exactly these keys.
Result checked(std::string text, const std::vector<Key>& wanted) {
  const auto keys = keys_of(text);
  if (keys && std::equal(keys->begin(), keys->end(), wanted.begin(), wanted.end(), same))
    return text;
  return tl::unexpected(std::string(
      "the file is laid out in a way that this edit cannot be made in; edit it by hand"));
}

// A text and the places in it.
class Document {
 public:
  explicit Document(std::string_view text) : text_(text) {
    newline_ = text_.find("\r\n") != std::string::npos ? "\r\n" : "\n";
    if (!text_.empty() && !text_.ends_with('\n')) text_ += newline_;
    lines_.push_back(0);
    for (std::size_t i = 0; i < text_.size(); ++i) {
      if (text_[i] == '\n') lines_.push_back(i + 1);
    }
    try {
      root_ = YAML::Load(text_);
    } catch (const YAML::Exception&) {
      root_ = YAML::Node();  // keys_of has said so already
    }
  }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const char* newline() const { return newline_; }
  [[nodiscard]] YAML::Node keys() const { return root_.IsMap() ? root_["keys"] : YAML::Node(); }
  [[nodiscard]] bool has_keys_name() const { return root_.IsMap() && root_["keys"].IsDefined(); }
  [[nodiscard]] YAML::Node key(const std::string& name) const {
    for (const auto& item : keys()) {
      if (item["name"].Scalar() == name) return item;
    }
    return YAML::Node(YAML::NodeType::Undefined);
  }

  [[nodiscard]] std::size_t line_start(int line) const {
    const auto index = static_cast<std::size_t>(line);
    return index < lines_.size() ? lines_[index] : text_.size();
  }
  [[nodiscard]] std::size_t position(const YAML::Node& node) const {
    return line_start(node.Mark().line) + static_cast<std::size_t>(node.Mark().column);
  }
  // Behind a scalar as it is written, with its quotes.
  [[nodiscard]] std::size_t scalar_end(const YAML::Node& node) const {
    const std::size_t begin = position(node);
    const char quote = begin < text_.size() ? text_[begin] : '\0';
    if (quote != '"' && quote != '\'') return begin + node.Scalar().size();
    const std::size_t end = text_.find(quote, begin + 1);
    return end == std::string::npos ? text_.size() : end + 1;
  }
  [[nodiscard]] std::string replaced(std::size_t begin, std::size_t end,
                                     std::string_view by) const {
    return text_.substr(0, begin) + std::string(by) + text_.substr(end);
  }
  // The last line that any part of the node stands on.
  [[nodiscard]] int last_line(const YAML::Node& node) const {
    int last = node.Mark().line;
    if (node.IsMap()) {
      for (const auto& entry : node) last = std::max(last, last_line(entry.second));
    } else if (node.IsSequence()) {
      for (const auto& item : node) last = std::max(last, last_line(item));
    }
    return last;
  }
  // Comment lines directly above a line belong to what stands there.
  [[nodiscard]] int first_line_with_comments(int line) const {
    while (line > 0 && is_comment(line - 1)) --line;
    return line;
  }

 private:
  [[nodiscard]] bool is_comment(int line) const {
    const std::size_t begin = text_.find_first_not_of(" \t", line_start(line));
    return begin != std::string::npos && text_[begin] == '#';
  }

  std::string text_;
  const char* newline_;
  std::vector<std::size_t> lines_;
  YAML::Node root_;
};

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string list_of(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) out += (out.size() > 1 ? ", " : "") + quoted(item);
  return out + "]";
}

// The lines of a new key; `dash` is what stands before its first name.
std::string entry_lines(const Key& key, const std::string& dash, const char* newline) {
  const std::string indent(dash.size(), ' ');
  std::string out = dash + "name: " + quoted(key.name) + newline;
  const auto line = [&](const char* name, const std::string& value) {
    out += indent + name + ": " + value + newline;
  };
  if (!key.description.empty()) line("description", quoted(key.description));
  if (!key.prefix.empty()) line("prefix", quoted(key.prefix));
  std::vector<std::string> secrets;
  for (const SecretHash& hash : key.secrets) secrets.push_back(format_secret_hash(hash));
  line("secrets", list_of(secrets));
  if (!key.environment.empty()) line("environment", quoted(key.environment));
  if (!key.plan.empty()) line("plan", quoted(key.plan));
  if (!key.apis.empty()) line("apis", list_of(key.apis));
  if (key.allow_ips) {
    std::vector<std::string> ranges;
    for (const IpRange& range : *key.allow_ips) ranges.push_back(range.text());
    line("allow_ips", list_of(ranges));
  }
  if (key.expires) line("expires", quoted(format_date(*key.expires)));
  if (key.disabled) line("disabled", "true");
  if (!key.notify.empty()) line("notify", list_of(key.notify));
  return out;
}

// Why the file could not hold this key, wherever it stood; empty: it could.
std::string problems_of(const Key& key) {
  const auto alone = parse_keys_as_written("keys:\n" + entry_lines(key, "  - ", "\n"), "");
  if (alone) return "";
  std::string out = "the key is not right:";
  for (const Diagnostic& problem : alone.error()) {
    // "keys[0].notify[0]": the list is of this one key.
    out +=
        fmt::format("\n{}: {}", problem.path.substr(problem.path.find('.') + 1), problem.message);
  }
  return out;
}

// A key of the file, or why there is none.
tl::expected<std::vector<Key>::iterator, std::string> find(std::vector<Key>& keys,
                                                           const std::string& name) {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.name == name; });
  if (found != keys.end()) return found;
  std::vector<std::string> names;
  for (const Key& key : keys) names.push_back(key.name);
  return tl::unexpected(
      fmt::format("there is no key \"{}\"{}", name, suggestion_or_names(name, names)));
}

}  // namespace

Result add_key(std::string_view text, const Key& key) {
  auto keys = keys_of(text);
  if (!keys) return tl::unexpected(keys.error());
  if (find(*keys, key.name)) {
    return tl::unexpected(
        fmt::format("there is a key \"{}\" already: choose another name, or give that key a new "
                    "secret with \"tollgate keys rotate {}\"",
                    key.name, key.name));
  }
  if (std::string problems = problems_of(key); !problems.empty()) {
    return tl::unexpected(std::move(problems));
  }
  const Document document(text);
  std::string edited;
  const YAML::Node list = document.keys();
  if (!document.has_keys_name()) {
    edited = document.text() + "keys:" + document.newline() +
             entry_lines(key, "  - ", document.newline());
  } else if (keys->empty()) {
    // "keys: []" or "keys:"; what stands there is replaced.
    const std::size_t at = document.text().find("keys:");
    const std::size_t line_end = document.text().find('\n', at) + 1;
    edited = document.replaced(
        at, line_end,
        std::string("keys:") + document.newline() + entry_lines(key, "  - ", document.newline()));
  } else {
    const YAML::Node last = list[list.size() - 1];
    const std::size_t begin = document.line_start(last.Mark().line);
    const std::size_t dash = document.text().find('-', begin);
    const std::string indent = document.text().substr(begin, dash - begin);
    const std::size_t at = document.line_start(document.last_line(last) + 1);
    edited = document.replaced(at, at, entry_lines(key, indent + "- ", document.newline()));
  }
  keys->push_back(key);
  return checked(std::move(edited), *keys);
}

Result remove_key(std::string_view text, const std::string& name) {
  auto keys = keys_of(text);
  if (!keys) return tl::unexpected(keys.error());
  const auto found = find(*keys, name);
  if (!found) return tl::unexpected(found.error());
  const Document document(text);
  const YAML::Node item = document.key(name);
  const std::size_t begin =
      document.line_start(document.first_line_with_comments(item.Mark().line));
  const std::size_t end = document.line_start(document.last_line(item) + 1);
  keys->erase(*found);
  return checked(document.replaced(begin, end, ""), *keys);
}

Result set_disabled(std::string_view text, const std::string& name, bool disabled) {
  auto keys = keys_of(text);
  if (!keys) return tl::unexpected(keys.error());
  const auto found = find(*keys, name);
  if (!found) return tl::unexpected(found.error());
  if ((*found)->disabled == disabled) return std::string(text);
  const Document document(text);
  const YAML::Node item = document.key(name);
  const YAML::Node written = item["disabled"];
  const char* word = disabled ? "true" : "false";
  std::string edited;
  if (written.IsDefined() && written.IsScalar()) {
    edited = document.replaced(document.position(written), document.scalar_end(written), word);
  } else if (item.Style() == YAML::EmitterStyle::Flow) {
    const std::size_t at = document.scalar_end(item["name"]);
    edited = document.replaced(at, at, fmt::format(", disabled: {}", word));
  } else {
    const std::size_t at = document.line_start(item["name"].Mark().line + 1);
    const std::string indent(static_cast<std::size_t>(item.Mark().column), ' ');
    edited = document.replaced(at, at,
                               fmt::format("{}disabled: {}{}", indent, word, document.newline()));
  }
  (*found)->disabled = disabled;
  return checked(std::move(edited), *keys);
}

Result add_secret(std::string_view text, const std::string& name, const SecretHash& secret) {
  auto keys = keys_of(text);
  if (!keys) return tl::unexpected(keys.error());
  const auto found = find(*keys, name);
  if (!found) return tl::unexpected(found.error());
  const Document document(text);
  const YAML::Node list = document.key(name)["secrets"];
  const YAML::Node last = list[list.size() - 1];
  const std::string written = quoted(format_secret_hash(secret));
  std::string edited;
  if (list.Style() == YAML::EmitterStyle::Flow) {
    const std::size_t at = document.scalar_end(last);
    edited = document.replaced(at, at, ", " + written);
  } else {
    const std::size_t begin = document.line_start(last.Mark().line);
    const std::string dash = document.text().substr(begin, document.position(last) - begin);
    const std::size_t at = document.line_start(last.Mark().line + 1);
    edited = document.replaced(at, at, dash + written + document.newline());
  }
  (*found)->secrets.push_back(secret);
  return checked(std::move(edited), *keys);
}

Result drop_old_secrets(std::string_view text, const std::string& name) {
  auto keys = keys_of(text);
  if (!keys) return tl::unexpected(keys.error());
  const auto found = find(*keys, name);
  if (!found) return tl::unexpected(found.error());
  auto& secrets = (*found)->secrets;
  if (secrets.size() < 2) return std::string(text);
  const Document document(text);
  const YAML::Node list = document.key(name)["secrets"];
  const YAML::Node first = list[0];
  const YAML::Node last = list[list.size() - 1];
  const bool flow = list.Style() == YAML::EmitterStyle::Flow;
  const std::size_t begin =
      flow ? document.position(first) : document.line_start(first.Mark().line);
  const std::size_t end = flow ? document.position(last) : document.line_start(last.Mark().line);
  secrets.erase(secrets.begin(), secrets.end() - 1);
  return checked(document.replaced(begin, end, ""), *keys);
}

}  // namespace tollgate
