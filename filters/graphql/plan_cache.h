// Plans of texts that were priced before, so that they are not parsed again.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "filters/graphql/plan.h"
#include "filters/graphql/variables.h"

namespace tollgate::graphql {

// What is known of a text and one of its operations.
struct PlannedText {
  // The variables in @skip and @include: a plan holds for what they say.
  struct Condition {
    std::uint32_t name_position = 0;
    std::uint32_t name_size = 0;
  };
  // As the plan found them: one letter each, for true, false, something else and not given.
  struct Variant {
    std::string conditions;
    Plan plan;
  };

  std::uint64_t hash = 0;
  std::uint64_t generation = 0;  // of the cost model; 0: the place is free
  std::string text;
  std::string operation_name;  // as it was asked for
  std::vector<Condition> conditions;
  std::vector<Variant> variants;  // of which the first `variant_count` hold
  std::size_t variant_count = 0;
  std::uint64_t aliases = 0;
  std::uint64_t directives = 0;
  std::uint32_t name_position = 0;  // of the operation
  std::uint32_t name_size = 0;
  std::uint64_t last_used = 0;
  std::size_t bytes = 0;

  [[nodiscard]] Variant* find_variant(std::string_view conditions);
  // In memory of an earlier one, where there is some.
  [[nodiscard]] Variant& add_variant();
};

// Bounded in texts, in variants of each and in bytes. A text is worth its place when it comes
// again: of one that comes for the first time only a mark is left, so that texts that come once
// push out nobody. A text has few places where it may stand, so that texts whose hashes collide
// push out each other and nobody else; there the one that was not used longest goes first. Not
// thread-safe: one per worker.
class PlanCache {
 public:
  static constexpr std::size_t kSets = 256;
  static constexpr std::size_t kPlaces = 4;  // per set
  static constexpr std::size_t kMostBytes = std::size_t{8} * 1024 * 1024;
  static constexpr std::size_t kMostTextBytes = std::size_t{64} * 1024;  // longer: not kept
  static constexpr std::size_t kMostVariants = 8;
  static constexpr std::size_t kMarks = 8;  // per set, of the texts that came last

  // What a plan is found by. Borrows both strings.
  struct Key {
    std::uint64_t generation = 0;  // of the cost model
    std::string_view text;
    std::string_view operation_name;
    std::uint64_t hash = 0;
  };
  [[nodiscard]] static Key key(std::uint64_t generation, std::string_view text,
                               std::string_view operation_name);

  // Null: not there.
  [[nodiscard]] PlannedText* find(const Key& key);
  // Whether the text has come before, as far as the marks tell; too long ones never have.
  [[nodiscard]] bool has_come(const Key& key) const;
  // Of a text that has not come before and is not added.
  void mark(const Key& key);
  // A place for the text, which is not there yet; its variants are empty. Null: it comes for the
  // first time, as far as the marks tell, or is too long.
  [[nodiscard]] PlannedText* add(const Key& key);
  // Counts what the text takes once its variant is filled in; others make room for it.
  void account(PlannedText& text);
  void clear();
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  // Longer texts are not kept, and not hashed.
  [[nodiscard]] static bool keeps(const Key& key) {
    return key.text.size() <= kMostTextBytes && key.operation_name.size() <= kMostTextBytes;
  }
  [[nodiscard]] PlannedText* set_of(std::uint64_t hash) { return &places_[hash % kSets * kPlaces]; }
  [[nodiscard]] static std::uint32_t mark_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32);
  }
  static constexpr std::size_t kKeptBytes = 16 * 1024;  // of a place whose text goes
  void empty(PlannedText& place);
  void free(PlannedText& place);

  std::vector<PlannedText> places_;                               // empty before the first text
  std::array<std::array<std::uint32_t, kMarks>, kSets> marks_{};  // of each set, the latest first
  std::size_t bytes_ = 0;
  std::uint64_t uses_ = 0;
  std::size_t sweep_ = 0;  // the place to be emptied next where bytes run out
};

}  // namespace tollgate::graphql
