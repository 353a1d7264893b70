// What the fields of a schema cost, found by the very bytes of their names: for who prices a text
// while it is read (single_pass.h).
#pragma once

#include <cstdint>
#include <vector>

#include "filters/graphql/cost_model.h"

namespace tollgate::graphql {

// Immutable once made; any thread may read it.
class PriceTable {
 public:
  static constexpr std::uint32_t kBits = 128;  // two words: more would be slower
  // A field of a type.
  struct Slot {
    TwoWords name = {0, 0};  // key_of(); low 0: the slot is empty
    Points plain = CostModel::kNotPlain;
    std::uint32_t field = kNone;  // in the schema; typename_field() for __typename
    std::uint8_t bit = 0;         // below kBits, its own in a type that is exact
    bool opens = false;           // it is of an object, as often as it says itself
  };
  // The fields of a type: a power of two of slots, at most half full.
  struct Type {
    const Slot* slots = nullptr;
    std::size_t mask = 0;
    std::uint32_t index = kNone;  // in the schema
    bool exact = true;            // no two fields have the same bit
  };
  struct Field {
    enum class Kind : std::uint8_t {
      kOther,     // its price hangs on more than is said here
      kLeaf,      // a scalar or enum, or a list of them
      kObject,    // of one type
      kAbstract,  // of one of several types
      kHands      // of one type, to fields of which it hands its size, as connections do
    };
    Kind kind = Kind::kOther;
    bool sliced = false;         // its count hangs on arguments, each a number itself
    const Type* type = nullptr;  // of the value; kAbstract: as declared
    Count count = 1;             // unless it is sliced; with the lists within the list
    Points own = 0;              // what so many cost without their selections; kAbstract: it varies
    std::uint64_t hands_to = 0;  // kHands: the bits of the fields that get its size
  };

  // `model` has a schema, and outlives the table.
  explicit PriceTable(const CostModel& model);
  PriceTable(const PriceTable&) = delete;
  PriceTable& operator=(const PriceTable&) = delete;

  [[nodiscard]] const Type& type(std::uint32_t type) const { return types_[type]; }
  [[nodiscard]] const Field& field(std::uint32_t field) const { return fields_[field]; }
  [[nodiscard]] std::uint32_t typename_field() const {
    return static_cast<std::uint32_t>(fields_.size() - 1);
  }

  // Names of up to kWhole bytes are their own keys. Those of others have a bit that no letter has,
  // and may be the same: who finds such a name compares it.
  static constexpr std::size_t kWhole = 16;
  [[nodiscard]] static TwoWords key_of(std::string_view name) {
    using namespace hash_parts;
    if (name.size() <= kWhole) return two_words(name.data(), name.size());
    constexpr std::uint64_t kLong = std::uint64_t{1} << 63;
    const std::uint64_t end = load64(name.data() + name.size() - 8);
    const std::uint64_t middle = load64(name.data() + 8) ^ name.size();
    return {load64(name.data()), (end + middle * kFactor) | kLong};
  }
  // The slot of the name, or an empty one.
  [[nodiscard, gnu::always_inline]] static const Slot& find(const Type& type, TwoWords key) {
    for (std::size_t at = place_of(key);; ++at) {
      const Slot& slot = type.slots[at & type.mask];
      if (slot.name.low == key.low && slot.name.high == key.high) return slot;
      if (slot.name.low == 0) return slot;
    }
  }

 private:
  static constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15U;
  // Of the operator's names, among which nobody else can choose some that collide.
  [[nodiscard]] static std::size_t place_of(TwoWords key) {
    return (key.low + 2 * key.high) * kFactor >> 40;
  }
  void add(const Type& type, std::string_view name, Slot slot);
  [[nodiscard]] Field field_of(const CostModel& model, std::uint32_t field) const;
  void hand_down(const CostModel& model, const FieldPrice& price, Field& field) const;

  std::vector<Slot> slots_;
  std::vector<Type> types_;    // by index in the schema
  std::vector<Field> fields_;  // likewise, and __typename behind them
};

}  // namespace tollgate::graphql
