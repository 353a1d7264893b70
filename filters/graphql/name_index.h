// Names in the order of their coming, each once, and quickly found again.
#pragma once

#include <cstdint>
#include <vector>

#include "filters/graphql/name.h"

namespace tollgate::graphql {

// Few names are looked through, more are found by a table of their hashes. Not thread-safe while it
// grows.
class NameIndex {
 public:
  static constexpr std::uint32_t kNotFound = 0xFFFFFFFF;

  void clear() {
    names_.clear();
    slots_.clear();
  }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(names_.size()); }
  [[nodiscard]] const Name& operator[](std::uint32_t index) const { return names_[index]; }

  [[nodiscard]] std::uint32_t find(Name name) const {
    if (!slots_.empty()) return slots_[slot_of(name)];
    for (std::uint32_t i = 0; i < names_.size(); ++i) {
      if (names_[i] == name) return i;
    }
    return kNotFound;
  }

  // The index of the name, which is added if it is new: then it is size() - 1, and was size().
  std::uint32_t add(Name name) {
    const std::uint32_t found = find(name);
    if (found != kNotFound) return found;
    names_.push_back(name);
    if (names_.size() > kFew && slots_.size() < 2 * names_.size()) {
      rehash();
    } else if (!slots_.empty()) {
      slots_[slot_of(name)] = size() - 1;
    }
    return size() - 1;
  }

 private:
  static constexpr std::size_t kFew = 8;

  [[nodiscard]] std::size_t slot_of(Name name) const {
    std::size_t at = name.hash & (slots_.size() - 1);
    while (slots_[at] != kNotFound && !(names_[slots_[at]] == name)) {
      at = (at + 1) & (slots_.size() - 1);
    }
    return at;
  }

  void rehash() {
    std::size_t size = 4 * kFew;
    while (size < 4 * names_.size()) size *= 2;
    slots_.assign(size, kNotFound);
    for (std::uint32_t i = 0; i < names_.size(); ++i) slots_[slot_of(names_[i])] = i;
  }

  std::vector<Name> names_;
  std::vector<std::uint32_t> slots_;  // indices of names, by their hashes; a power of two, or empty
};

}  // namespace tollgate::graphql
