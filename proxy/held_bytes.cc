// See held_bytes.h.
#include "proxy/held_bytes.h"

namespace tollgate {

bool HeldBytes::Share::add(HeldBytes& total, std::uint64_t bytes, std::uint64_t most) {
  const std::uint64_t before = total.bytes_.fetch_add(bytes, std::memory_order_relaxed);
  if (most != 0 && before + bytes > most) {
    total.bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }
  total_ = &total;
  bytes_ += bytes;
  return true;
}

void HeldBytes::Share::release() {
  if (total_ != nullptr) total_->bytes_.fetch_sub(bytes_, std::memory_order_relaxed);
  total_ = nullptr;
  bytes_ = 0;
}

}  // namespace tollgate
