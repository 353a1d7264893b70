// Numbers by 64-bit keys, emptied in no time. For the memory of a single compilation.
#pragma once

#include <cstdint>
#include <vector>

#include "filters/graphql/hash.h"

namespace tollgate::graphql {

class IdTable {
 public:
  static constexpr std::uint32_t kNotFound = 0xFFFFFFFF;

  void clear() {
    used_ = 0;
    if (++round_ != 0) return;
    round_ = 1;
    for (Slot& slot : slots_) slot.round = 0;
  }

  [[nodiscard]] std::uint32_t find(std::uint64_t key) const {
    if (used_ == 0) return kNotFound;
    const Slot& slot = slots_[slot_of(key)];
    return slot.round == round_ ? slot.value : kNotFound;
  }

  // The key is new.
  void add(std::uint64_t key, std::uint32_t value) {
    if (2 * (used_ + 1) > slots_.size()) grow();
    slots_[slot_of(key)] = {key, value, round_};
    ++used_;
  }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t value = 0;
    std::uint32_t round = 0;  // filled in the round of this number, else empty
  };

  [[nodiscard]] std::size_t slot_of(std::uint64_t key) const {
    std::size_t at = hash_parts::mix(key ^ kHashKey.a, kHashKey.b) & (slots_.size() - 1);
    while (slots_[at].round == round_ && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
    return at;
  }

  void grow() {
    std::vector<Slot> old(slots_.empty() ? 64 : 2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.round == round_) slots_[slot_of(slot.key)] = slot;
    }
  }

  std::vector<Slot> slots_;  // a power of two, at most half full
  std::size_t used_ = 0;
  std::uint32_t round_ = 1;
};

}  // namespace tollgate::graphql
