// A schema as the estimator asks it: what fields a type has, what a field is a list of, which
// object types a condition holds for, and what the directives @cost and @listSize say.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "filters/graphql/points.h"
#include "filters/graphql/sdl.h"

namespace tollgate::graphql {

// @listSize (GraphQL Cost Directives specification). Names as written.
struct ListSize {
  std::optional<Count> assumed_size;
  std::vector<std::string_view> slicing_arguments;
  std::vector<std::string_view> sized_fields;
  bool require_one_slicing_argument = true;
};

struct SchemaInput {
  Name name;
  std::uint32_t type = kNone;
  std::uint8_t lists = 0;
  std::uint32_t default_value = kNone;  // in Schema::values()
  Points weight = 0;                    // of @cost
};

struct SchemaField {
  Name name;
  std::uint32_t owner = kNone;
  std::uint32_t type = kNone;
  std::uint8_t lists = 0;
  Span arguments;                // in Schema::inputs()
  std::optional<Points> weight;  // of @cost
  std::optional<ListSize> list_size;
};

struct SchemaType {
  Name name;
  TypeKind kind = TypeKind::kScalar;
  Span fields;  // in Schema::fields()
  Span inputs;  // in Schema::inputs()
  std::optional<Points> weight;
  std::vector<std::uint32_t> interfaces;  // with those that these implement
  // The object types that a value may be of; of an object type, and of an abstract one that no
  // type is part of: itself. Empty for the others.
  std::vector<std::uint32_t> possible;
  std::uint32_t ordinal = kNone;  // among the types that are possible of something
};

// Immutable once made; any thread may read it.
class Schema {
 public:
  // Types that are only extended count as defined (subgraphs do so). All mistakes at once.
  [[nodiscard]] static tl::expected<std::unique_ptr<const Schema>, std::vector<Problem>> make(
      std::string_view sdl);
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

  [[nodiscard]] const std::vector<SchemaType>& types() const { return types_; }
  [[nodiscard]] const std::vector<SchemaField>& fields() const { return fields_; }
  [[nodiscard]] const std::vector<SchemaInput>& inputs() const { return inputs_; }
  [[nodiscard]] const Document& values() const { return sdl_.values; }

  // Indices; kNone: there is none.
  [[nodiscard]] std::uint32_t find_type(Name name) const { return names_.find(name); }
  // Always inline, for most of what a document asks is this.
  [[nodiscard, gnu::always_inline]] std::uint32_t find_field(std::uint32_t type,
                                                             const Name& name) const {
    const std::uint64_t key = FieldSlot::key_of(type, name);
    for (std::size_t at = slot_of(type, name);; ++at) {
      const FieldSlot& slot = field_slots_[at & slots_mask_];
      if (slot.key == key && slot.size == name.size && has_name(slot, name)) return slot.field;
      if (slot.field == kNone) return kNone;
    }
  }
  [[nodiscard]] std::uint32_t find_input(Span inputs, Name name) const;
  [[nodiscard]] std::uint32_t root(OperationKind kind) const {
    return roots_[static_cast<std::size_t>(kind)];
  }

  // Whether a value of the type `possible` is also of the type `condition`.
  [[nodiscard]] bool satisfies(std::uint32_t possible, std::uint32_t condition) const {
    if (possible == condition) return true;
    const std::uint32_t bit = types_[possible].ordinal;
    const std::vector<bool>& row = satisfied_by_[condition];
    return bit < row.size() && row[bit];
  }

 private:
  friend class SchemaBuilder;
  Schema() = default;

  // All that a field with a short name is found by, so that nothing else need be looked at.
  struct FieldSlot {
    static constexpr std::uint32_t kMostBytes = 16;
    std::uint64_t key = 0;
    std::uint32_t field = kNone;          // kNone: the slot is empty
    std::uint32_t size = 0;               // of the name
    std::array<char, kMostBytes> name{};  // if it is no longer than that

    [[nodiscard]] static std::uint64_t key_of(std::uint32_t type, const Name& name) {
      return static_cast<std::uint64_t>(type) << 32 | name.hash;
    }
  };
  // Of names of the same size.
  [[nodiscard]] bool has_name(const FieldSlot& slot, const Name& name) const {
    if (name.size > FieldSlot::kMostBytes) [[unlikely]]
      return fields_[slot.field].name == name;
    return same_bytes(name.data, slot.name.data(), name.size);
  }
  [[nodiscard]] static std::size_t slot_of(std::uint32_t type, const Name& name) {
    return (name.hash ^ type * std::uint64_t{0x9E3779B9U}) * 0x9E3779B97F4A7C15U >> 24;
  }
  void add_slot(std::uint32_t field);

  Sdl sdl_;
  NameIndex names_;  // of types_
  std::vector<SchemaType> types_;
  std::vector<SchemaField> fields_;
  std::vector<SchemaInput> inputs_;
  std::uint32_t roots_[3] = {kNone, kNone, kNone};
  std::vector<FieldSlot> field_slots_;  // by type and name; a power of two, at most a quarter full
  std::size_t slots_mask_ = 0;
  std::vector<std::vector<bool>> satisfied_by_;  // of each type: the ordinals it holds for
};

}  // namespace tollgate::graphql
