// Failed attempts per client address: after `attempts` of them within a window, every call that
// needs a key is refused for the rest of that window. Lives outside the snapshot, so a reload
// forgets nothing.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "conf/config.h"
#include "conf/ip.h"

namespace tollgate {

// Thread-safe; shared by all workers. Bounded: at most kMaxAddresses are remembered, and when the
// table is full the windows that end soonest are forgotten first. IPv6 clients are counted by /64.
class FailureCounter {
 public:
  static constexpr std::size_t kMaxAddresses = 65536;
  FailureCounter();
  ~FailureCounter();
  FailureCounter(const FailureCounter&) = delete;
  FailureCounter& operator=(const FailureCounter&) = delete;

  // `api` keeps the counts of one API apart from another's.
  void count(std::string_view api, const IpAddress& client, const FailuresConfig& limit,
             std::chrono::steady_clock::time_point now);
  // How long this client is still refused; none: it is not. Takes no lock while no address is
  // refused anywhere.
  [[nodiscard]] std::optional<std::chrono::milliseconds> refused_for(
      std::string_view api, const IpAddress& client, const FailuresConfig& limit,
      std::chrono::steady_clock::time_point now) const;
  [[nodiscard]] std::size_t size() const;

 private:
  struct Table;
  std::unique_ptr<Table> table_;
};

}  // namespace tollgate
