// See sdl.h. Any thread.
#include <simdjson.h>

#include <algorithm>
#include <iterator>

#include "filters/graphql/sdl.h"
#include "filters/graphql/token_reader.h"

namespace tollgate::graphql {
namespace {

template <class T>
std::uint32_t size_of(const std::vector<T>& items) {
  return static_cast<std::uint32_t>(items.size());
}

class SdlReader : TokenReader {
 public:
  explicit SdlReader(Sdl& sdl)
      : TokenReader(sdl.values.text.data(), sdl.values.text_size, 0, sdl.values), sdl_(sdl) {}

  tl::expected<void, Problem> read();

 private:
  void definition();
  void schema();
  void directive_definition();
  void type_definition(TypeKind kind);
  void interfaces(TypeDefinition& type);
  void members(TypeDefinition& type);
  void enum_values();
  [[nodiscard]] bool at_definition() const;
  void fields(TypeDefinition& type);
  Span inputs(char open, char close);
  InputDefinition input();
  TypeReference type_reference();
  Span constant_directives() {
    Span span;
    directives(Values::kConstant, span.first, span.count);
    return span;
  }

  Sdl& sdl_;
};

TypeReference SdlReader::type_reference() {
  TypeReference type;
  unsigned lists = 0;
  while (skip('[')) ++lists;
  if (lists > 8) return fail(place(), "A type has more than 8 lists within each other."), type;
  type.lists = static_cast<std::uint8_t>(lists);
  type.name = name();
  skip('!');
  for (; lists > 0; --lists) {
    expect(']');
    skip('!');
  }
  return type;
}

InputDefinition SdlReader::input() {
  skip_description();
  InputDefinition input;
  input.name = name();
  expect(':');
  input.type = type_reference();
  if (skip('=')) input.default_value = value(Values::kConstant);
  input.directives = constant_directives();
  return input;
}

Span SdlReader::inputs(char open, char close) {
  Span span;
  span.first = size_of(sdl_.inputs);
  if (!skip(open)) return span;
  do sdl_.inputs.push_back(input());
  while (!at(close) && !failed());
  expect(close);
  span.count = size_of(sdl_.inputs) - span.first;
  return span;
}

void SdlReader::fields(TypeDefinition& type) {
  type.fields.first = size_of(sdl_.fields);
  if (!skip('{')) return;
  do {
    skip_description();
    FieldDefinition field;
    field.name = name();
    field.arguments = inputs('(', ')');
    expect(':');
    field.type = type_reference();
    field.directives = constant_directives();
    sdl_.fields.push_back(field);
  } while (!at('}') && !failed());
  expect('}');
  type.fields.count = size_of(sdl_.fields) - type.fields.first;
}

// Whether a word stands here that begins the next definition.
bool SdlReader::at_definition() const {
  static constexpr std::string_view kWords[] = {
      "extend", "schema", "directive", "scalar", "type", "interface", "union", "enum", "input"};
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [&](std::string_view word) { return at_word(word); });
}

void SdlReader::interfaces(TypeDefinition& type) {
  type.interfaces.first = size_of(sdl_.names);
  if (!skip_word("implements")) return;
  skip('&');
  do sdl_.names.push_back(name());
  // Schemas of before 2018 have white space or commas in place of "&".
  while ((skip('&') || (at_name() && !at_definition())) && !failed());
  type.interfaces.count = size_of(sdl_.names) - type.interfaces.first;
}

void SdlReader::members(TypeDefinition& type) {
  type.members.first = size_of(sdl_.names);
  if (!skip('=')) return;
  skip('|');
  do sdl_.names.push_back(name());
  while (skip('|'));
  type.members.count = size_of(sdl_.names) - type.members.first;
}

void SdlReader::enum_values() {
  if (!skip('{')) return;
  do {
    skip_description();
    if (at_word("true") || at_word("false") || at_word("null")) return unexpected();
    name();
    constant_directives();
  } while (!at('}') && !failed());
  expect('}');
}

void SdlReader::type_definition(TypeKind kind) {
  TypeDefinition type;
  type.kind = kind;
  type.name = name();
  if (kind == TypeKind::kObject || kind == TypeKind::kInterface) interfaces(type);
  type.directives = constant_directives();
  switch (kind) {
    case TypeKind::kObject:
    case TypeKind::kInterface:
      fields(type);
      break;
    case TypeKind::kUnion:
      members(type);
      break;
    case TypeKind::kEnum:
      enum_values();
      break;
    case TypeKind::kInputObject:
      type.inputs = inputs('{', '}');
      break;
    case TypeKind::kScalar:
      break;
  }
  sdl_.types.push_back(type);
}

void SdlReader::schema() {
  constant_directives();
  if (!skip('{')) return;
  do {
    RootDefinition root;
    if (skip_word("query")) {
      root.kind = OperationKind::kQuery;
    } else if (skip_word("mutation")) {
      root.kind = OperationKind::kMutation;
    } else if (skip_word("subscription")) {
      root.kind = OperationKind::kSubscription;
    } else {
      return unexpected();
    }
    expect(':');
    root.type = name();
    sdl_.roots.push_back(root);
  } while (!at('}') && !failed());
  expect('}');
}

// Read and passed over: what @cost and @listSize mean does not hang on their definition.
void SdlReader::directive_definition() {
  expect('@');
  name();
  inputs('(', ')');
  skip_word("repeatable");
  expect_word("on");
  skip('|');
  do name();
  while (skip('|'));
}

void SdlReader::definition() {
  skip_description();
  skip_word("extend");
  if (skip_word("schema")) return schema();
  if (skip_word("directive")) return directive_definition();
  if (skip_word("scalar")) return type_definition(TypeKind::kScalar);
  if (skip_word("type")) return type_definition(TypeKind::kObject);
  if (skip_word("interface")) return type_definition(TypeKind::kInterface);
  if (skip_word("union")) return type_definition(TypeKind::kUnion);
  if (skip_word("enum")) return type_definition(TypeKind::kEnum);
  if (skip_word("input")) return type_definition(TypeKind::kInputObject);
  unexpected();
}

tl::expected<void, Problem> SdlReader::read() {
  do definition();
  while (!at_end());
  if (!failed()) return {};
  return tl::unexpected(
      Problem{.message = lexer().error(), .place = sdl_.values.place(lexer().error_offset())});
}

}  // namespace

tl::expected<void, Problem> read_sdl(std::string_view text, Sdl& sdl) {
  sdl = Sdl();
  if (text.size() >= kNone) {
    return tl::unexpected(Problem{.message = "The schema is too long to be read."});
  }
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    return tl::unexpected(Problem{.message = "The schema is not valid UTF-8."});
  }
  sdl.values.text.assign(text);
  sdl.values.text.append(Lexer::kPadding, '\0');
  sdl.values.text_size = text.size();
  return SdlReader(sdl).read();
}

}  // namespace tollgate::graphql
