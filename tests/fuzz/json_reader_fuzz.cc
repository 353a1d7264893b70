// Any bytes as JSON: two readers accept the same texts and build the same tree.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "filters/graphql/json_reader.h"
#include "filters/json_check.h"
#include "tests/fuzz/properties.h"

namespace tollgate::graphql {
namespace {

// nlohmann's reader writes its tree down as `written` below writes ours.
class Oracle : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return add("n"); }
  bool boolean(bool value) override { return add(value ? "t" : "f"); }
  bool number_integer(number_integer_t value) override {
    return add(std::to_string(std::clamp<std::int64_t>(value, -kMostCount, kMostCount)));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return add(std::to_string(std::min<std::uint64_t>(value, kMostCount)));
  }
  bool number_float(number_float_t value, const string_t& digits) override {
    return add(floating(value, digits));
  }
  bool string(string_t& text) override { return add("'" + text + "'"); }
  bool binary(binary_t&) override { return true; }
  bool key(string_t& name) override {
    repeats = repeats || !names_.back().insert(name).second;
    refuses = refuses || name == "__proto__";
    written += ",K" + name + ":";
    return true;
  }
  bool start_object(std::size_t) override { return start("{"); }
  bool end_object() override { return end("}"); }
  bool start_array(std::size_t) override { return start("["); }
  bool end_array() override { return end("]"); }
  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::detail::exception& error) override {
    overflows = error.id == 406;
    return false;
  }

  std::string written;
  bool repeats = false;
  bool refuses = false;  // it has the one name that is taken from nobody
  bool overflows = false;
  bool inexact = false;
  std::size_t depth = 0;

 private:
  bool add(const std::string& text) {
    written += "," + text;
    return true;
  }
  bool start(const char* bracket) {
    names_.emplace_back();
    depth = std::max(depth, names_.size());
    return add(bracket);
  }
  bool end(const char* bracket) {
    names_.pop_back();
    return add(bracket);
  }
  // A double tells integers apart as long as fifteen digits write the number.
  std::string floating(double value, const std::string& text) {
    const std::string mantissa = text.substr(0, text.find_first_of("eE"));
    const auto digits = std::count_if(mantissa.begin(), mantissa.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
    const bool zero = mantissa.find_first_of("123456789") == std::string::npos;
    if (zero) return "0";
    if (digits > 15) {
      inexact = true;
      return "?";
    }
    if (value == 0 || std::floor(value) != value) return "d";
    if (std::abs(value) >= static_cast<double>(kMostCount)) {
      return std::to_string(value < 0 ? -kMostCount : kMostCount);
    }
    return std::to_string(static_cast<std::int64_t>(value));
  }
  std::vector<std::set<std::string>> names_;
};

void write(const JsonValue& value, std::string& text) {
  using Kind = JsonValue::Kind;
  const bool object = value.kind == Kind::kObject;
  std::uint32_t count = 0;
  switch (value.kind) {
    case Kind::kNull:
      text += ",n";
      return;
    case Kind::kFalse:
      text += ",f";
      return;
    case Kind::kTrue:
      text += ",t";
      return;
    case Kind::kInteger:
      text += "," + std::to_string(value.integer);
      return;
    case Kind::kNumber:
      text += ",d";
      return;
    case Kind::kString:
      text += ",'" + std::string(value.text) + "'";
      return;
    default:
      break;
  }
  text += object ? ",{" : ",[";
  for (const JsonValue* child = value.first; child != nullptr; child = child->next, ++count) {
    if (object) text += ",K" + std::string(child->name) + ":";
    must(child->offset > value.offset, "a value stands within its parent");
    write(*child, text);
  }
  must(count == value.count, "the count is that of the children");
  text += object ? ",}" : ",]";
}

void check(std::string_view text) {
  static JsonReader reader;
  const auto root = reader.read(text);
  Oracle oracle;
  const bool is_json = nlohmann::json::sax_parse(text.begin(), text.end(), &oracle) &&
                       text.find('\0') == std::string_view::npos;
  if (!root) {
    must(root.error().offset <= text.size(), "the place lies within the text");
    must(!is_json || oracle.repeats || oracle.refuses || oracle.depth > JsonReader::kMostDepth,
         "what is JSON is read");
    return;
  }
  must(is_json || oracle.overflows, "what is read is JSON");
  if (!is_json || oracle.inexact) return;
  must(!oracle.repeats && !oracle.refuses, "no name is repeated or refused");
  std::string written;
  write(**root, written);
  must(written == oracle.written, "both trees are the same");
}

}  // namespace
}  // namespace tollgate::graphql

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tollgate::graphql::check(tollgate::text_of(data, size));
  return 0;
}
