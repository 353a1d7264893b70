// A YAML document read strictly: every value is asked for by name and type, and whatever is wrong
// is collected with its place. Used by one thread at a time; nothing throws.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "conf/config_reader.h"
#include "conf/diagnostic.h"
#include "conf/ip.h"
#include "conf/units.h"

namespace tollgate {

class YamlReader {
 public:
  enum class Variables { kExpanded, kLeftAlone };
  YamlReader(std::string file, const EnvironmentLookup& lookup,
             Variables variables = Variables::kExpanded)
      : file_(std::move(file)), lookup_(lookup), variables_(variables) {}

  // The document's root; none where the text is not YAML, which is a problem then.
  [[nodiscard]] std::optional<YAML::Node> load(std::string_view text);

  void problem(const YAML::Node& at, const std::string& path, std::string message);
  void problem(int line, int column, const std::string& path, std::string message);
  // That the value of `at` is wrong, in words that show it as `value` within quotation marks alone:
  // what a variable brought in may be a secret, so they show what the file has instead.
  void wrong_value(const YAML::Node& at, const std::string& path, const std::string& value,
                   std::string error);
  [[nodiscard]] bool is_right() const { return problems_.empty(); }
  // False: another problem would only be counted, so its words need not be found.
  [[nodiscard]] bool keeps_problems() const { return problems_.size() < kMaxDiagnostics; }
  // As in_order has them.
  [[nodiscard]] Diagnostics problems() const { return in_order(problems_, left_out_); }
  [[nodiscard]] const std::string& file() const { return file_; }
  // A path in the file, made relative to the folder that the file stands in.
  [[nodiscard]] std::string beside_file(const std::string& path) const;
  [[nodiscard]] std::vector<NamedFile>& named_files() { return named_files_; }
  // Keeps the place of a setting that another file may show to be wrong.
  void remember(const YAML::Node& at, const std::string& path);
  [[nodiscard]] Diagnostics& settings() { return settings_; }

  // Counts an item or entry that is looked at. False: there were too many, which is a problem, and
  // the only one from then on.
  [[nodiscard]] bool visit(const YAML::Node& node, const std::string& path);

  // The text of a scalar with ${NAME} and ${NAME:-default} replaced; "$${" stands for "${".
  // Control characters but for tabs and line breaks are a problem. None: a problem.
  [[nodiscard]] std::optional<std::string> scalar(const YAML::Node& node, const std::string& path);

 private:
  [[nodiscard]] std::optional<std::string> expanded(const YAML::Node& node, const std::string& path,
                                                    const std::string& text);
  // Aliases may make a small document large when it is walked: beside each byte of the text, which
  // is at most one item, so many are looked at.
  static constexpr std::size_t kMaxAliased = 500'000;

  const std::string file_;
  const EnvironmentLookup& lookup_;
  const Variables variables_;
  Diagnostics problems_;
  std::vector<NamedFile> named_files_;
  Diagnostics settings_;      // places alone
  std::size_t left_out_ = 0;  // problems that were counted only
  std::size_t visits_left_ = kMaxAliased;
};

// One mapping. Each name that is asked for is known; finish() reports those that nobody asked for,
// or that the node is no mapping.
class YamlMap {
 public:
  using Entry = std::pair<std::string, YAML::Node>;

  // A node that is no mapping has no entries. Null is an empty mapping.
  YamlMap(YamlReader& reader, const YAML::Node& node, std::string path);

  [[nodiscard]] YamlReader& reader() { return reader_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const YAML::Node& node() const { return node_; }
  [[nodiscard]] std::string path_of(std::string_view name) const;

  // The value under this name; null where it is not written.
  [[nodiscard]] const YAML::Node* find(const std::string& name);
  // Where a problem with the value of this name stands: there, or where the mapping stands.
  [[nodiscard]] const YAML::Node& place_of(const std::string& name);
  // The names that are written, in order.
  [[nodiscard]] std::vector<std::string> names() const;
  // As find; a missing name is a problem of a mapping.
  [[nodiscard]] const YAML::Node* require(const std::string& name, std::string_view why);

  // Each sets `value` where the name is written and right. A text is one line.
  void text(const std::string& name, std::string& value);
  void flag(const std::string& name, bool& value);
  void number(const std::string& name, double& value);
  enum class Zero { kAllowed, kForbidden };
  void duration(const std::string& name, Duration& value, Zero zero = Zero::kForbidden);
  void count(const std::string& name, std::uint64_t& value, Zero zero = Zero::kAllowed);
  void size(const std::string& name, std::uint64_t& value, Zero zero = Zero::kAllowed);
  void date(const std::string& name, std::optional<UnixTime>& value);
  void file(const std::string& name, std::string& value);  // made relative to the document's folder
  void texts(const std::string& name, std::vector<std::string>& values);  // each is remembered
  void ranges(const std::string& name, std::vector<IpRange>& values);

  template <typename T>
  void choice(const std::string& name, T& value,
              std::initializer_list<std::pair<const char*, T>> choices) {
    std::vector<std::string> names;
    for (const auto& [word, each] : choices) names.emplace_back(word);
    const auto index = chosen(name, names);
    if (index) value = (choices.begin() + *index)->second;
  }
  // What `parse` makes of the scalar; its error is the problem.
  template <typename T, typename Parse>
  void parsed(const std::string& name, T& value, const Parse& parse) {
    const YAML::Node* found = find(name);
    if (found == nullptr) return;
    const auto words = reader_.scalar(*found, path_of(name));
    if (!words) return;
    auto result = parse(*words);
    if (result) {
      value = std::move(*result);
    } else {
      reader_.wrong_value(*found, path_of(name), *words, std::move(result.error()));
    }
  }

  // Runs `each` for the items of a list, with their paths "name[0]".
  void list(const std::string& name,
            const std::function<void(const YAML::Node&, const std::string&)>& each);
  // Runs `read` for the mapping under this name, and reports what it did not ask for.
  void map(const std::string& name, const std::function<void(YamlMap&)>& read);
  // Runs `each` for the entries of a mapping whose names the operator chooses, as in `example`.
  void entries(
      const std::string& name, std::string_view example,
      const std::function<void(const std::string&, const YAML::Node&, const std::string&)>& each);

  // That the node is a mapping, of the names that were asked for so far.
  void require_mapping();
  void finish();

 private:
  [[nodiscard]] std::optional<std::ptrdiff_t> chosen(const std::string& name,
                                                     const std::vector<std::string>& names);
  [[nodiscard]] bool is_mapping() const { return node_.IsNull() || node_.IsMap(); }
  [[nodiscard]] std::vector<std::string> known() const;

  YamlReader& reader_;
  const YAML::Node node_;
  const std::string path_;
  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t> index_;  // of a name in entries_
  std::vector<YAML::Node> names_;
  std::vector<bool> asked_;
  std::vector<std::string> known_;  // in the order of asking, a name perhaps several times
  std::vector<std::string> required_;
};

}  // namespace tollgate
