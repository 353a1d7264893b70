// See random_call.h.
#include "tests/support/random_call.h"

#include <array>
#include <map>
#include <memory>
#include <vector>

#include "filters/graphql/schema.h"
#include "tests/support/random_call_schemas.h"

namespace tollgate::graphql {
namespace {

using Texts = std::vector<std::string_view>;

const Texts kNames = {"a",    "items", "edges", "nodes",      "node",     "list",
                      "page", "id",    "tags",  "__typename", "__schema", "__type"};
const Texts kConditions = {"A", "B", "C", "Node", "Query", "Ghost"};
const Texts kArguments = {"first", "last", "limit", "size", "input", "n"};
const Texts kResponses = {"x", "y", "a", "items"};
const Texts kIntegers = {"2", "0", "1", "3", "5", "12", "-0", "1000000", "9007199254740993"};
const Texts kWrong = {"-1", "1.5", "\"2\"", "true", "RED", "[]", "{}", "2.0", "\"\"\"2\"\"\""};
const Texts kJsonIntegers = {"2", "0", "1", "3", "7", "20.0", "2e1", "1e400"};
const Texts kJsonWrong = {"-1", "1.5", "\"2\"", "true", "[1,2]", "{}", "{\"first\":3}"};
const Texts kVariables = {"n0", "n1", "n2", "n3"};
const Texts kTruths = {"b0", "b1"};
const Texts kFragments = {"F0", "F1", "F2", "F3", "F4"};

const Schema* schema_of(std::string_view sdl) {
  static std::map<std::string_view, std::unique_ptr<const Schema>> schemas;
  auto& schema = schemas[sdl];
  if (schema == nullptr && !sdl.empty()) schema = std::move(*Schema::make(sdl));
  return schema.get();
}

class CallMaker {
 public:
  explicit CallMaker(Choices& choices) : choices_(choices) {}
  RandomCall make();

 private:
  static constexpr int kMostSelections = 40;
  static constexpr std::uint32_t kUnknown = kNone;

  void settings();
  void field_settings();
  double weight();
  [[nodiscard]] std::string document();
  [[nodiscard]] std::string operation(std::string_view name);
  // Of a value of the type, or of nothing that the schema knows.
  [[nodiscard]] std::string selection_set(std::uint32_t type, int depth);
  [[nodiscard]] std::string selection(std::uint32_t type, int depth);
  [[nodiscard]] std::string field(std::uint32_t type, int depth);
  [[nodiscard]] std::string fragment(std::uint32_t type, int depth);
  [[nodiscard]] std::string arguments(const SchemaField* field);
  [[nodiscard]] std::string value(const SchemaInput* input, int depth);
  [[nodiscard]] std::string directives();
  // For what stands in a selection set of the type.
  [[nodiscard]] std::string condition(std::uint32_t type);
  [[nodiscard]] std::string definitions();
  [[nodiscard]] std::string json_value(int depth);
  [[nodiscard]] std::string variables(const std::string& truths);
  void copy_set(std::string& text, std::size_t at);
  void mutate(std::string& text);

  Choices& choices_;
  RandomCall call_;
  const Schema* schema_ = nullptr;
  // What is asked for is mostly there, and every fragment is spread: as most texts are.
  bool sensible_ = false;
  std::array<std::string, 5> conditions_;  // of the fragments that are spread, where sensible
  int left_ = kMostSelections;
  std::size_t first_fragment_ = 0;  // those from here on may be spread
};

double CallMaker::weight() {
  static constexpr std::array kWeights = {1.0, 0.0, 2.0, 0.5, 3.25, 0.001, 10.0, 100.0};
  return kWeights[choices_.below(kWeights.size())];
}

void CallMaker::field_settings() {
  std::string name;
  FieldCostConfig settings;
  Texts slicing(kArguments);
  Texts sized = {"items", "edges", "page.items", "list { a items }"};
  if (schema_ == nullptr) {
    const Texts types = {"Query", "A", "B", "Mutation", "Node"};
    name = std::string(choices_.pick(types)) + "." + std::string(choices_.pick(kNames));
  } else {
    const SchemaField& field = schema_->fields()[choices_.below(schema_->fields().size())];
    const SchemaType& owner = schema_->types()[field.owner];
    name = std::string(owner.name.text()) + "." + std::string(field.name.text());
    slicing.clear();
    for (std::uint32_t k = 0; k < field.arguments.count; ++k) {
      slicing.push_back(schema_->inputs()[field.arguments.first + k].name.text());
    }
    sized.clear();
    const Span fields = schema_->types()[field.type].fields;
    for (std::uint32_t k = 0; k < fields.count; ++k) {
      sized.push_back(schema_->fields()[fields.first + k].name.text());
    }
  }
  if (choices_.chance(60)) settings.weight = weight();
  if (choices_.chance(30)) settings.assumed_size = choices_.below(9);
  if (choices_.chance(40) && !slicing.empty()) {
    settings.slicing_arguments.emplace().emplace_back(choices_.pick(slicing));
  }
  if (choices_.chance(30) && !sized.empty()) {
    settings.sized_fields.emplace().emplace_back(choices_.pick(sized));
  }
  call_.cost.fields[name] = settings;
}

void CallMaker::settings() {
  CostConfig& cost = call_.cost;
  if (choices_.chance(40)) cost.connections = ConnectionsModel::kMultiplied;
  if (choices_.chance(30)) cost.object = weight();
  if (choices_.chance(40)) cost.scalar = weight();
  if (choices_.chance(40)) cost.scalar_in_list = weight();
  if (choices_.chance(30)) cost.mutation_field = weight();
  if (choices_.chance(20)) cost.query_weight = weight();
  if (choices_.chance(20)) call_.introspection = weight();
  if (choices_.chance(50)) cost.list_size = choices_.below(5);
  if (choices_.chance(3)) cost.list_size = std::uint64_t{1} << 40;
  if (choices_.chance(10)) cost.slicing_arguments = {"first", "input.first", "n"};
  for (int i = 0; i < 2 && choices_.chance(40); ++i) {
    const std::string_view type =
        schema_ == nullptr ? choices_.pick(kConditions)
                           : schema_->types()[choices_.below(schema_->types().size())].name.text();
    cost.types[std::string(type)] = weight();
  }
  for (int i = 0; i < 3 && choices_.chance(40); ++i) field_settings();
}

std::string CallMaker::condition(std::uint32_t type) {
  if (sensible_ && type != kUnknown) {
    const SchemaType& of = schema_->types()[type];
    std::vector<std::uint32_t> types = {type};
    types.insert(types.end(), of.possible.begin(), of.possible.end());
    types.insert(types.end(), of.interfaces.begin(), of.interfaces.end());
    return std::string(schema_->types()[types[choices_.below(types.size())]].name.text());
  }
  if (schema_ == nullptr || choices_.chance(10)) return std::string(choices_.pick(kConditions));
  return std::string(schema_->types()[choices_.below(schema_->types().size())].name.text());
}

std::string CallMaker::value(const SchemaInput* input, int depth) {
  if (sensible_ && choices_.chance(40)) return std::string(choices_.pick(kIntegers));
  if (choices_.chance(25)) return "$" + std::string(choices_.pick(kVariables));
  if (choices_.chance(6)) return "null";
  if (choices_.chance(3)) return std::string(choices_.pick(kWrong));
  const bool list = input == nullptr ? choices_.chance(3) : input->lists > 0;
  if (depth < 3 && list) {
    std::string text = "[";
    for (std::size_t n = choices_.below(4); n > 0; --n) text += value(nullptr, depth + 1) + " ";
    return text + "]";
  }
  const Span inputs = input == nullptr ? Span{} : schema_->types()[input->type].inputs;
  const bool object = input == nullptr ? choices_.chance(10) : inputs.count > 0;
  if (depth >= 3 || !object) return std::string(choices_.pick(kIntegers));
  std::string text = "{";
  if (input == nullptr) {
    for (const std::string_view name : {"first", "page", "text"}) {
      if (choices_.chance(50)) text += std::string(name) + ": " + value(nullptr, depth + 1) + " ";
    }
  }
  for (std::uint32_t k = 0; k < inputs.count; ++k) {
    const SchemaInput& inside = schema_->inputs()[inputs.first + k];
    if (!choices_.chance(40)) continue;
    text += std::string(inside.name.text()) + ": " + value(&inside, depth + 1) + " ";
  }
  return text + "}";
}

std::string CallMaker::arguments(const SchemaField* field) {
  std::string text;
  if (field == nullptr) {
    for (const std::string_view name : kArguments) {
      if (choices_.chance(16)) text += std::string(name) + ": " + value(nullptr, 0) + " ";
    }
  } else {
    for (std::uint32_t k = 0; k < field->arguments.count; ++k) {
      const SchemaInput& input = schema_->inputs()[field->arguments.first + k];
      if (!choices_.chance(55)) continue;
      text += std::string(input.name.text()) + ": " + value(&input, 0) + " ";
    }
  }
  return text.empty() ? "" : "(" + text + ")";
}

std::string CallMaker::directives() {
  if (sensible_ || !choices_.chance(8)) return "";
  std::string text = choices_.chance(50) ? " @skip(if: " : " @include(if: ";
  if (choices_.chance(10)) return text + "1)";
  if (choices_.chance(40)) return text + (choices_.chance(50) ? "true)" : "false)");
  return text + "$" + std::string(choices_.pick(kTruths)) + ")";
}

std::string CallMaker::field(std::uint32_t type, int depth) {
  const SchemaField* known = nullptr;
  std::string name(choices_.pick(kNames));
  const Span fields = type == kUnknown ? Span{} : schema_->types()[type].fields;
  if (sensible_ && choices_.chance(97)) name = "__typename";
  if (fields.count > 0 && !choices_.chance(sensible_ ? 3 : 8)) {
    known = &schema_->fields()[fields.first + choices_.below(fields.count)];
    name = std::string(known->name.text());
  }
  std::string text = choices_.chance(12) ? std::string(choices_.pick(kResponses)) + ": " : "";
  text += name + arguments(known) + directives();
  std::uint32_t below = kUnknown;
  bool selects = depth < 7 && name != "__typename" && choices_.chance(60);
  if (known != nullptr) {
    below = known->type;
    const TypeKind kind = schema_->types()[below].kind;
    const bool leaf = kind == TypeKind::kScalar || kind == TypeKind::kEnum;
    selects = leaf ? !sensible_ && choices_.chance(2) : depth < 7;
    if (sensible_ && !leaf && !selects) return "__typename";
  }
  return selects ? text + selection_set(below, depth + 1) : text;
}

std::string CallMaker::fragment(std::uint32_t type, int depth) {
  if (choices_.chance(40) && first_fragment_ < kFragments.size()) {
    const std::size_t rest = kFragments.size() - first_fragment_;
    const std::size_t index = first_fragment_ + choices_.below(rest);
    if (conditions_[index].empty()) conditions_[index] = condition(type);
    return "..." + std::string(kFragments[index]) + directives();
  }
  if (choices_.chance(20)) return "..." + directives() + selection_set(type, depth + 1);
  const std::string on = condition(type);
  const std::uint32_t inside =
      schema_ == nullptr ? kUnknown : schema_->find_type(Name(std::string_view(on)));
  return "... on " + on + directives() + selection_set(inside, depth + 1);
}

std::string CallMaker::selection(std::uint32_t type, int depth) {
  --left_;
  return (choices_.chance(25) && depth < 8 ? fragment(type, depth) : field(type, depth)) + " ";
}

std::string CallMaker::selection_set(std::uint32_t type, int depth) {
  std::string text = " {" + selection(type, depth);
  for (std::size_t n = choices_.below(depth == 0 ? 5 : 4); n > 0 && left_ > 0; --n) {
    text += selection(type, depth);
  }
  return text + "}";
}

std::string CallMaker::definitions() {
  static const Texts kTypes = {"Int", "Int!", "[Int]", "[Int!]!", "Filter"};
  std::string text;
  for (const std::string_view name : kVariables) {
    if (choices_.chance(4)) continue;
    text += "$" + std::string(name) + ": " + std::string(choices_.pick(kTypes));
    if (choices_.chance(30)) {
      const bool object = choices_.chance(20);
      text += object ? " = {first: 2 text: 1 page: {size: 3}}"
                     : " = " + std::string(choices_.chance(10) ? "null" : choices_.pick(kIntegers));
    }
    text += " ";
  }
  for (const std::string_view name : kTruths) {
    text += "$" + std::string(name) + ": Boolean";
    if (choices_.chance(30)) text += choices_.chance(50) ? " = true" : " = false";
    text += " ";
  }
  return "(" + text + ")";
}

std::string CallMaker::operation(std::string_view name) {
  static const Texts kKinds = {"query", "query", "query", "mutation", "subscription"};
  const std::size_t kind = choices_.below(kKinds.size());
  std::uint32_t root = kUnknown;
  if (schema_ != nullptr) {
    root = schema_->root(kind < 3    ? OperationKind::kQuery
                         : kind == 3 ? OperationKind::kMutation
                                     : OperationKind::kSubscription);
  }
  first_fragment_ = 0;
  const std::string selected = selection_set(root, 0);
  return std::string(kKinds[kind]) + " " + std::string(name) + definitions() + selected + "\n";
}

std::string CallMaker::document() {
  const bool two = choices_.chance(sensible_ ? 1 : 10);
  std::string text = operation("One");
  if (two) text += operation("Two");
  if (two || choices_.chance(10)) call_.operation_name = "One";
  for (std::size_t i = 0; i < kFragments.size(); ++i) {
    if (sensible_ && conditions_[i].empty()) continue;
    left_ += 4;
    first_fragment_ = i + 1;
    const std::string on = sensible_ ? conditions_[i] : condition(kUnknown);
    const std::uint32_t inside =
        schema_ == nullptr ? kUnknown : schema_->find_type(Name(std::string_view(on)));
    const std::string fragment =
        "fragment " + std::string(kFragments[i]) + " on " + on + selection_set(inside, 1) + "\n";
    text = choices_.chance(30) ? fragment + text : text + fragment;
  }
  return text;
}

std::string CallMaker::json_value(int depth) {
  if (choices_.chance(8)) return "null";
  if (choices_.chance(4)) return std::string(choices_.pick(kJsonWrong));
  if (depth < 2 && choices_.chance(20)) {
    std::string text = "{";
    for (const std::string_view name : {"first", "text", "page", "size", "inner", "any"}) {
      if (!choices_.chance(40)) continue;
      text += (text == "{" ? "\"" : ",\"") + std::string(name) + "\":" + json_value(depth + 1);
    }
    return text + "}";
  }
  if (depth < 2 && choices_.chance(10)) return "[" + json_value(depth + 1) + ",null]";
  return std::string(choices_.pick(kJsonIntegers));
}

std::string CallMaker::variables(const std::string& truths) {
  std::string text = "{" + truths;
  for (const std::string_view name : kVariables) {
    if (!choices_.chance(70)) continue;
    text += (text == "{" ? "\"" : ",\"") + std::string(name) + "\":" + json_value(0);
  }
  return text + "}";
}

// In the place of the one that begins at `at` or behind it.
void CallMaker::copy_set(std::string& text, std::size_t at) {
  const auto end_of = [&](std::size_t begin) {
    std::size_t depth = 0;
    for (std::size_t i = begin; i < text.size(); ++i) {
      if (text[i] == '{') ++depth;
      if (text[i] == '}' && --depth == 0) return i + 1;
    }
    return text.size();
  };
  const std::size_t to = text.find('{', at);
  const std::size_t from = text.find('{', choices_.below(256) % text.size());
  if (to == std::string::npos || from == std::string::npos) return;
  const std::string set = text.substr(from, end_of(from) - from);
  text.replace(to, end_of(to) - to, set);
}

void CallMaker::mutate(std::string& text) {
  static const Texts kPieces = {"{",          "}",
                                "(",          ")",
                                "...",        "...F1",
                                " on A",      "$n0",
                                "\"",         "first",
                                ": 3 ",       "@skip",
                                "#",          "null",
                                "edges",      "x:",
                                "#}\n",       "\xEF\xBB\xBF",
                                "#\xC3\n",    " ...F0 ",
                                "id",         "(limit: #{\n 3)",
                                "(z: \"}\")", "(z: [1 {b: 2}])"};
  for (std::size_t n = choices_.below(3) + 1; n > 0; --n) {
    const std::size_t at = (choices_.below(256) * 256 + choices_.below(256)) % text.size();
    if (choices_.chance(20)) copy_set(text, at);
    if (choices_.chance(50)) text.erase(at, choices_.below(6));
    if (choices_.chance(50)) text.insert(std::min(at, text.size()), choices_.pick(kPieces));
    if (text.empty()) text = " ";
  }
}

RandomCall CallMaker::make() {
  call_.sdl = kRandomSchemas[choices_.below(std::size(kRandomSchemas))];
  schema_ = schema_of(call_.sdl);
  settings();
  sensible_ = schema_ != nullptr && choices_.chance(50);
  if (sensible_) left_ = static_cast<int>(choices_.below(25));
  call_.query = document();
  if (choices_.chance(sensible_ ? 30 : 8)) mutate(call_.query);
  std::string truths;
  for (const std::string_view name : kTruths) {
    if (choices_.chance(30)) continue;
    const std::string value = choices_.chance(10) ? "3" : choices_.chance(50) ? "true" : "false";
    truths += (truths.empty() ? "\"" : ",\"") + std::string(name) + "\":" + value;
  }
  call_.variables = variables(truths);
  call_.other_variables = variables(truths);
  return std::move(call_);
}

}  // namespace

RandomCall make_random_call(Choices& choices) { return CallMaker(choices).make(); }

}  // namespace tollgate::graphql
