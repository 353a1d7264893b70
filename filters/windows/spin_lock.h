// A lock for what takes a tenth of a microsecond: sleeping in the kernel would cost ten times more
// than the wait. Satisfies Lockable, so std::lock_guard takes it.
#pragma once

#include <atomic>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tollgate {

class SpinLock {
 public:
  void lock() {
    for (int pauses = kLeastPauses; !try_lock();
         pauses = pauses < kMostPauses ? pauses * 2 : pauses) {
      // Whoever holds it may have lost its core.
      if (pauses == kMostPauses) std::this_thread::yield();
      for (int i = 0; i < pauses; ++i) pause();
    }
  }
  [[nodiscard]] bool try_lock() {
    return !held_.load(std::memory_order_relaxed) &&
           !held_.exchange(true, std::memory_order_acquire);
  }
  void unlock() { held_.store(false, std::memory_order_release); }

 private:
  // About as long as it is held: a look in between only takes the line from whoever holds it.
  static constexpr int kLeastPauses = 8;
  static constexpr int kMostPauses = 64;
  static void pause() {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
  std::atomic<bool> held_{false};
};

}  // namespace tollgate
