// An executable document as flat arrays in the order of the text: what stands inside a selection or
// a value follows it directly, up to its `end`. So a walk needs no recursion, and a document that
// is read into the same memory again allocates nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "filters/graphql/name.h"
#include "filters/graphql/name_index.h"
#include "filters/graphql/problem.h"

namespace tollgate::graphql {

inline constexpr std::uint32_t kNone = 0xFFFFFFFF;

// Positions are byte offsets in the text.
struct Value {
  enum class Kind : std::uint8_t {
    kVariable,
    kInt,
    kFloat,
    kString,  // also block strings
    kTrue,
    kFalse,
    kNull,
    kEnum,
    kList,
    kObject
  };
  Kind kind = Kind::kNull;
  std::uint32_t end = 0;  // index after the last value inside
  std::uint32_t position = 0;
  Name field;             // where the value is a field of an object
  Name name;              // kVariable, without "$"
  std::string_view text;  // kInt, kFloat as written; kString without quotes, not unescaped
};

struct Argument {
  Name name;
  std::uint32_t value = 0;
  std::uint32_t position = 0;
};

struct Directive {
  Name name;
  std::uint32_t first_argument = 0;
  std::uint32_t argument_count = 0;
};

struct Selection {
  enum class Kind : std::uint8_t { kField, kSpread, kInline };
  Kind kind = Kind::kField;
  bool has_alias = false;
  // kField: how many selections it has directly, where collecting them changes nothing: they are
  // fields without directives, no two of which have the same response name. 0: it may.
  std::uint8_t flat = 0;
  std::uint32_t end = 0;  // index after the last selection inside
  std::uint32_t position = 0;
  std::uint32_t first_argument = 0;
  std::uint32_t argument_count = 0;
  std::uint32_t first_directive = 0;
  std::uint32_t directive_count = 0;
  // kSpread: index of the fragment, kNone where there is none of that name. kInline: index of the
  // type condition, kNone where there is none.
  std::uint32_t target = kNone;
  Name name;      // kField: of the field; kSpread: of the fragment
  Name response;  // kField: the alias, else the name

  Selection() = default;
  // A field that is a name and nothing else.
  Selection(Name plain, std::uint32_t offset, std::uint32_t index)
      : end(index + 1), position(offset), name(plain), response(plain) {}
};

struct VariableDefinition {
  Name name;
  bool non_null = false;
  std::uint32_t default_value = kNone;  // index of a value
};

// Of the selections that stand directly and deeper in a definition.
struct Range {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

enum class OperationKind : std::uint8_t { kQuery, kMutation, kSubscription };
[[nodiscard]] std::string_view word_of(OperationKind kind);

struct Operation {
  OperationKind kind = OperationKind::kQuery;
  Name name;
  Range selections;
  std::uint32_t first_variable = 0;
  std::uint32_t variable_count = 0;
  std::uint32_t position = 0;
};

struct Fragment {
  Name name;
  std::uint32_t condition = 0;  // index of the type condition
  Range selections;
  std::uint32_t position = 0;
};

struct Document {
  std::string text;  // what was read, and padding that the lexer may look at
  std::size_t text_size = 0;
  std::vector<Selection> selections;
  std::vector<Value> values;
  std::vector<Argument> arguments;
  std::vector<Directive> directives;
  std::vector<VariableDefinition> variables;
  std::vector<Operation> operations;
  std::vector<Fragment> fragments;
  NameIndex conditions;  // the names of type conditions
  std::uint64_t tokens = 0;
  std::uint64_t aliases = 0;

  // What reading works with; kept so that the next document finds the memory.
  struct Scratch {
    NameIndex seen;
    std::vector<Name> names;
    std::vector<std::uint32_t> open_values;
    // What the checks look at, so that they need not go over all the selections:
    std::vector<std::uint32_t> spreads;
    std::vector<std::uint32_t> with_arguments;  // selections with several
    struct OpenSet {
      std::uint32_t selection;   // that it is of; kNone: of a definition
      std::uint32_t fields = 0;  // so far; more than fit in Selection::flat: it is not flat
      std::uint64_t hashes = 0;  // a bit for the hash of each response name
    };
    std::vector<OpenSet> open_sets;
    struct Step {
      std::uint32_t fragment;
      std::uint32_t at;  // selection to look at next
    };
    std::vector<Step> path;
    std::vector<std::uint8_t> states;
  };
  Scratch scratch;

  [[nodiscard]] std::string_view source() const { return {text.data(), text_size}; }
  [[nodiscard]] Place place(std::uint32_t position) const { return place_of(source(), position); }
};

// Reads a text into `document`, whose memory is used again. The document is well formed and can be
// walked without care: names are unique where they must be, spreads are resolved, no fragment leads
// to itself. Errors are worded and placed as graphql-js has them. `max_tokens` 0: no bound.
[[nodiscard]] tl::expected<void, Problem> read_document(std::string_view text,
                                                        std::uint64_t max_tokens,
                                                        Document& document);

// The operation to run: the only one, or the one of that name. An empty name is none.
[[nodiscard]] tl::expected<std::uint32_t, Problem> find_operation(const Document& document,
                                                                  std::string_view name);

}  // namespace tollgate::graphql
