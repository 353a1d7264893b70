// From a text to its nodes: what YAML can hold, and one document alone. See yaml_reader.h.
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <sstream>

#include "conf/utf8.h"
#include "conf/yaml_reader.h"

namespace tollgate {
namespace {

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

}  // namespace tollgate
