// A text in GraphQL's schema definition language as it is written: definitions and extensions in
// their order, not yet merged. schema.h makes sense of them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "filters/graphql/document.h"

namespace tollgate::graphql {

enum class TypeKind : std::uint8_t { kScalar, kObject, kInterface, kUnion, kEnum, kInputObject };

struct TypeReference {
  Name name;
  std::uint8_t lists = 0;  // 2 for [[Int]]
};

// Indices into the vectors of Sdl.
struct Span {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

// An argument, or a field of an input object.
struct InputDefinition {
  Name name;
  TypeReference type;
  std::uint32_t default_value = kNone;  // in values
  Span directives;                      // in values
};

struct FieldDefinition {
  Name name;
  TypeReference type;
  Span arguments;   // in inputs
  Span directives;  // in values
};

struct TypeDefinition {
  TypeKind kind = TypeKind::kObject;
  Name name;
  Span interfaces;  // in names
  Span members;     // of a union, in names
  Span fields;      // of an object or interface
  Span inputs;      // of an input object
  Span directives;  // in values
};

struct RootDefinition {
  OperationKind kind = OperationKind::kQuery;
  Name type;
};

struct Sdl {
  Document values;  // the text; values, arguments and directives alone of the rest
  std::vector<TypeDefinition> types;
  std::vector<FieldDefinition> fields;
  std::vector<InputDefinition> inputs;
  std::vector<Name> names;
  std::vector<RootDefinition> roots;  // of schema definitions and extensions
};

// The error's place is in `text`.
[[nodiscard]] tl::expected<void, Problem> read_sdl(std::string_view text, Sdl& sdl);

}  // namespace tollgate::graphql
