// Counts what request bodies take in memory while filters look at them, all workers together, for
// connections.max_held_bytes. Any thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <utility>

namespace tollgate {

// Of two bounds, of which 0 is none.
[[nodiscard]] constexpr std::uint64_t least_bound(std::uint64_t x, std::uint64_t y) {
  return x == 0 || y == 0 ? std::max(x, y) : std::min(x, y);
}

class HeldBytes {
 public:
  // One call's part, given back at its end. One thread at a time; the count outlives it.
  class Share {
   public:
    Share() = default;
    ~Share() { release(); }
    Share(Share&& other) noexcept { swap(other); }
    Share& operator=(Share&& other) noexcept {
      Share(std::move(other)).swap(*this);
      return *this;
    }

    // Holds so many more. False, and nothing changes, where all together would be more than `most`
    // (0: no bound).
    [[nodiscard]] bool add(HeldBytes& total, std::uint64_t bytes, std::uint64_t most);
    void release();

   private:
    void swap(Share& other) noexcept {
      std::swap(total_, other.total_);
      std::swap(bytes_, other.bytes_);
    }

    HeldBytes* total_ = nullptr;
    std::uint64_t bytes_ = 0;
  };

  [[nodiscard]] std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace tollgate
