// Prints a document from its arrays, so that it can be read again.
#pragma once

#include <string>

#include "filters/graphql/document.h"

namespace tollgate::graphql {

class DocumentPrinter {
 public:
  explicit DocumentPrinter(const Document& document) : document_(document) {}

  std::string print() {
    // Definitions in the order of the text, as their selections lie.
    std::size_t fragment = 0;
    for (const Operation& operation : document_.operations) {
      while (fragment < document_.fragments.size() &&
             document_.fragments[fragment].position < operation.position) {
        print(document_.fragments[fragment++]);
      }
      print(operation);
    }
    while (fragment < document_.fragments.size()) print(document_.fragments[fragment++]);
    return std::move(text_);
  }

 private:
  void add(std::string_view text) { text_ += text; }
  void add(std::string_view mark, Name name) {
    text_ += mark;
    text_ += name.text();
  }

  void print(const Operation& operation) {
    add(word_of(operation.kind));
    if (!operation.name.empty()) add(" ", operation.name);
    if (operation.variable_count > 0) add("(");
    for (std::uint32_t k = 0; k < operation.variable_count; ++k) {
      const VariableDefinition& variable = document_.variables[operation.first_variable + k];
      add("$", variable.name);
      add(variable.non_null ? ":T!" : ":T");
      if (variable.default_value != kNone) {
        add("=");
        print_value(variable.default_value);
      }
      add(" ");
    }
    if (operation.variable_count > 0) add(")");
    print(operation.selections);
  }

  void print(const Fragment& fragment) {
    add("fragment ", fragment.name);
    add(" on ", document_.conditions[fragment.condition]);
    print(fragment.selections);
  }

  void print(Range range) {
    add("{");
    for (std::uint32_t at = range.begin; at < range.end; at = document_.selections[at].end) {
      print(at, document_.selections[at]);
      add(" ");
    }
    add("}");
  }

  void print(std::uint32_t index, const Selection& selection) {
    switch (selection.kind) {
      case Selection::Kind::kField:
        if (selection.has_alias) add(selection.response.text()), add(":");
        add(selection.name.text());
        print_arguments(selection.first_argument, selection.argument_count);
        break;
      case Selection::Kind::kSpread:
        add("...", selection.name);
        break;
      case Selection::Kind::kInline:
        add("...");
        if (selection.target != kNone) add("on ", document_.conditions[selection.target]);
        break;
    }
    for (std::uint32_t k = 0; k < selection.directive_count; ++k) {
      const Directive& directive = document_.directives[selection.first_directive + k];
      add("@", directive.name);
      print_arguments(directive.first_argument, directive.argument_count);
    }
    const bool inside = selection.end > index + 1;
    if (inside) print(Range{index + 1, selection.end});
  }

  void print_arguments(std::uint32_t first, std::uint32_t count) {
    if (count == 0) return;
    add("(");
    for (std::uint32_t k = 0; k < count; ++k) {
      const Argument& argument = document_.arguments[first + k];
      add(argument.name.text());
      add(":");
      print_value(argument.value);
      add(" ");
    }
    add(")");
  }

  // Strings are written where they stand in the text, with the quotes that they have there.
  std::string_view quoted(const Value& value) const {
    const std::string_view source = document_.source();
    const bool block = source.substr(value.position).starts_with("\"\"\"") &&
                       value.text.data() == source.data() + value.position + 3;
    return source.substr(value.position, value.text.size() + (block ? 6 : 2));
  }

  void print_value(std::uint32_t index) {
    const Value& value = document_.values[index];
    const bool list = value.kind == Value::Kind::kList;
    switch (value.kind) {
      case Value::Kind::kVariable:
        return add("$", value.name);
      case Value::Kind::kInt:
      case Value::Kind::kFloat:
        return add(value.text);
      case Value::Kind::kString:
        return add(quoted(value));
      case Value::Kind::kTrue:
        return add("true");
      case Value::Kind::kFalse:
        return add("false");
      case Value::Kind::kNull:
        return add("null");
      case Value::Kind::kEnum:
        return add("ENUM");
      case Value::Kind::kList:
      case Value::Kind::kObject:
        break;
    }
    add(list ? "[" : "{");
    for (std::uint32_t at = index + 1; at < value.end; at = document_.values[at].end) {
      if (!list) add(document_.values[at].field.text()), add(":");
      print_value(at);
      add(" ");
    }
    add(list ? "]" : "}");
  }

  const Document& document_;
  std::string text_;
};

}  // namespace tollgate::graphql
