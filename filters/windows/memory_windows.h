// Windows in the memory of this process: exact across all its workers.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "filters/windows/sliding_window.h"
#include "filters/windows/window_store.h"

namespace tollgate {

// What is kept of one scope, for the snapshot file and for metrics.
struct ScopeRecord {
  ScopeName name;
  IpAddress address;  // of a scope of addresses
  struct Window {
    std::chrono::nanoseconds length{};
    std::vector<PastCharge> past;  // oldest first
  };
  std::vector<Window> windows;
};

struct MemoryWindowsConfig {
  LimitAlgorithm algorithm = LimitAlgorithm::kSlidingWindow;
  // Client addresses of one group that are told apart. Whoever comes when there are as many shares
  // windows with all others who do: nobody's charges are forgotten for it.
  std::uint64_t max_addresses = 100'000;
};

// Named scopes stay for the life of the store, as many as names were ever configured; their windows
// and those of addresses are given back once nothing in them counts.
class MemoryWindows : public WindowStore {
 public:
  [[nodiscard]] static std::unique_ptr<MemoryWindows> make(const MemoryWindowsConfig& config);

  // Gives the memory of idle windows back. Call every few seconds, from one thread.
  virtual void sweep(SteadyTime now) = 0;
  // Every scope that holds something, each as it is at one moment.
  virtual void visit(SteadyTime now, const std::function<void(const ScopeRecord&)>& take) = 0;
  // How much of each measure is used in each window of every scope that holds something; of
  // addresses, of each of them.
  virtual void visit_used(
      SteadyTime now,
      const std::function<void(const Scope&, std::chrono::nanoseconds, const Amounts&)>& take) = 0;
  // What an earlier process kept. Of a window that is here already, nothing is taken.
  virtual void restore(const ScopeRecord& record, SteadyTime now) = 0;
  // Addresses that have windows of their own, of all groups.
  [[nodiscard]] virtual std::size_t addresses() const = 0;
  // How many calls were charged to the windows that addresses beyond `max_addresses` share.
  [[nodiscard]] virtual std::uint64_t shared_charges() const = 0;
};

}  // namespace tollgate
