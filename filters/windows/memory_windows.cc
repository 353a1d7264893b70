// See memory_windows.h.
#include "filters/windows/memory_windows.h"

#include <atomic>
#include <map>
#include <mutex>
#include <unordered_map>

#include "filters/windows/spin_lock.h"
#include "filters/windows/token_bucket.h"
#include "filters/windows/window_set.h"

namespace tollgate {

namespace {

// What a lock guards of one scope or, of addresses, of one shard of them.
template <class Window>
class NamedScope final : public Scope {
 public:
  using Scope::Scope;
  SpinLock mu;
  WindowSet<Window> windows;  // guarded by mu
};

template <class Window>
class AddressScope final : public Scope {
 public:
  AddressScope(ScopeName name, std::uint64_t max_addresses) : Scope(std::move(name)) {
    for (std::size_t i = 0; i < kShards; ++i) {
      shards_[i].most = max_addresses / kShards + (i < max_addresses % kShards ? 1 : 0);
    }
  }

  struct Shard {
    std::uint64_t most = 0;  // constant
    SpinLock mu;
    std::unordered_map<IpAddress, WindowSet<Window>, IpAddressHash> windows;  // guarded by mu
    WindowSet<Window> shared;  // guarded by mu; of all addresses beyond the bound
  };
  static constexpr std::size_t kShards = 64;

  [[nodiscard]] Shard& shard_of(const IpAddress& address) {
    return shards_[IpAddressHash()(address) % kShards];
  }
  // The address's own windows, or those that are shared where there are too many addresses.
  [[nodiscard]] WindowSet<Window>& windows_of(Shard& shard, const IpAddress& address,
                                              SteadyTime now) {
    const auto found = shard.windows.find(address);
    if (found != shard.windows.end()) return found->second;
    if (shard.windows.size() >= shard.most) return shard.shared;
    WindowSet<Window>& added = shard.windows[address];
    // It may have been among those that share.
    for (const auto& window : shard.shared.record(now)) added.restore(window, now);
    return added;
  }
  [[nodiscard]] std::array<Shard, kShards>& shards() { return shards_; }

 private:
  std::array<Shard, kShards> shards_;
};

template <class Window>
class MemoryWindowsOf final : public MemoryWindows {
 public:
  explicit MemoryWindowsOf(std::uint64_t max_addresses) : max_addresses_(max_addresses) {}

  Scope& scope(const ScopeName& name) override {
    const std::lock_guard lock(mu_);
    if (name.kind == LimitScope::kAddress) {
      auto& made = address_scopes_[name];
      if (made == nullptr) made = std::make_unique<Addresses>(name, max_addresses_);
      return *made;
    }
    auto& made = named_scopes_[name];
    if (made == nullptr) made = std::make_unique<Named>(name);
    return *made;
  }

  Outcome charge(const Payer& payer, const Amounts& amounts, SteadyTime now,
                 Usage& usage) override {
    usage.clear();
    Locked locked(payer, now);
    bool fits = true;
    for (std::size_t i = 0; i < payer.count; ++i) {
      const Payer::Part& part = payer.parts[i];
      if (!locked[i].check(*part.scope, *part.limits, amounts, now, usage)) fits = false;
    }
    if (fits) {
      for (std::size_t i = 0; i < payer.count; ++i) locked[i].charge(amounts, now);
      for (WindowUsage& row : usage) row.used += amounts[row.measure];
      if (locked.shared()) shared_charges_.fetch_add(1, std::memory_order_relaxed);
    }
    describe(locked, payer, now, usage, &WindowSet<Window>::describe_more);
    return fits ? Outcome::kCharged : Outcome::kRefused;
  }

  void refund(const Payer& payer, const Amounts& amounts, SteadyTime charged_at) override {
    Locked locked(payer, charged_at);
    for (std::size_t i = 0; i < payer.count; ++i) locked[i].refund(amounts, charged_at);
  }

  void look(const Payer& payer, SteadyTime now, Usage& usage) override {
    usage.clear();
    Locked locked(payer, now);
    for (std::size_t i = 0; i < payer.count; ++i) {
      const Payer::Part& part = payer.parts[i];
      (void)locked[i].check(*part.scope, *part.limits, {}, now, usage);
    }
    describe(locked, payer, now, usage, &WindowSet<Window>::describe_more);
    describe(locked, payer, now, usage, &WindowSet<Window>::describe_all);
  }

  void sweep(SteadyTime now) override {
    const std::lock_guard lock(mu_);
    for (auto& [name, scope] : named_scopes_) {
      const std::lock_guard scope_lock(scope->mu);
      scope->windows.sweep(now);
    }
    for (auto& [name, scope] : address_scopes_) {
      for (auto& shard : scope->shards()) {
        const std::lock_guard shard_lock(shard.mu);
        for (auto& [address, windows] : shard.windows) windows.sweep(now);
        std::erase_if(shard.windows, [](const auto& each) { return each.second.empty(); });
        shard.shared.sweep(now);
      }
    }
  }

  void visit(SteadyTime now, const std::function<void(const ScopeRecord&)>& take) override {
    const std::lock_guard lock(mu_);
    for (auto& [name, scope] : named_scopes_) {
      ScopeRecord record{name, {}, {}};
      {
        const std::lock_guard scope_lock(scope->mu);
        record.windows = scope->windows.record(now);
      }
      if (!record.windows.empty()) take(record);
    }
    for (auto& [name, scope] : address_scopes_) {
      for (auto& shard : scope->shards()) {
        // One address at a time, so that no call waits for a whole shard.
        std::vector<IpAddress> addresses;
        {
          const std::lock_guard shard_lock(shard.mu);
          for (const auto& [address, windows] : shard.windows) addresses.push_back(address);
        }
        for (const IpAddress& address : addresses) {
          ScopeRecord record{name, address, {}};
          {
            const std::lock_guard shard_lock(shard.mu);
            const auto found = shard.windows.find(address);
            if (found != shard.windows.end()) record.windows = found->second.record(now);
          }
          if (!record.windows.empty()) take(record);
        }
      }
    }
  }

  void visit_used(SteadyTime now,
                  const std::function<void(const Scope&, std::chrono::nanoseconds, const Amounts&)>&
                      take) override {
    const std::lock_guard lock(mu_);
    for (auto& named : named_scopes_) {
      auto& scope = *named.second;
      const auto take_used = [&](auto length, const Amounts& used) { take(scope, length, used); };
      const std::lock_guard scope_lock(scope.mu);
      scope.windows.visit_used(now, take_used);
    }
    for (auto& named : address_scopes_) {
      auto& scope = *named.second;
      const auto take_used = [&](auto length, const Amounts& used) { take(scope, length, used); };
      for (auto& shard : scope.shards()) {
        const std::lock_guard shard_lock(shard.mu);
        for (auto& [address, windows] : shard.windows) windows.visit_used(now, take_used);
        shard.shared.visit_used(now, take_used);
      }
    }
  }

  void restore(const ScopeRecord& record, SteadyTime now) override {
    Scope& named = scope(record.name);
    Limits no_limits;
    const Payer payer{{Payer::Part{&named, &no_limits}}, 1, record.address};
    Locked locked(payer, now);
    for (const ScopeRecord::Window& window : record.windows) locked[0].restore(window, now);
  }

  std::size_t addresses() const override {
    const std::lock_guard lock(mu_);
    std::size_t count = 0;
    for (const auto& [name, scope] : address_scopes_) {
      for (auto& shard : scope->shards()) {
        const std::lock_guard shard_lock(shard.mu);
        count += shard.windows.size();
      }
    }
    return count;
  }

  std::uint64_t shared_charges() const override { return shared_charges_; }

 private:
  using Named = NamedScope<Window>;
  using Addresses = AddressScope<Window>;

  // The windows of a payer, locked while this lives. Where there are two, an environment's lock is
  // taken before its key's, by every call.
  class Locked {
   public:
    Locked(const Payer& payer, SteadyTime now) {
      for (std::size_t i = 0; i < payer.count; ++i) {
        Scope& scope = *payer.parts[i].scope;
        if (scope.name().kind == LimitScope::kAddress) {
          auto& addresses = static_cast<Addresses&>(scope);
          auto& shard = addresses.shard_of(payer.address);
          locks_[i] = std::unique_lock(shard.mu);
          windows_[i] = &addresses.windows_of(shard, payer.address, now);
          shared_ = windows_[i] == &shard.shared;
        } else {
          auto& named = static_cast<Named&>(scope);
          locks_[i] = std::unique_lock(named.mu);
          windows_[i] = &named.windows;
        }
      }
    }
    [[nodiscard]] WindowSet<Window>& operator[](std::size_t i) { return *windows_[i]; }
    [[nodiscard]] bool shared() const { return shared_; }

   private:
    std::array<std::unique_lock<SpinLock>, 2> locks_;
    std::array<WindowSet<Window>*, 2> windows_{};
    bool shared_ = false;
  };

  using Describe = void (WindowSet<Window>::*)(const Limits&, SteadyTime, std::span<WindowUsage>&);
  static void describe(Locked& locked, const Payer& payer, SteadyTime now, Usage& usage,
                       Describe describe) {
    std::span<WindowUsage> rows(usage);
    for (std::size_t i = 0; i < payer.count; ++i) {
      (locked[i].*describe)(*payer.parts[i].limits, now, rows);
    }
  }

  // constant
  const std::uint64_t max_addresses_;

  // guarded by mu_: the maps, not what they point to
  mutable std::mutex mu_;
  std::map<ScopeName, std::unique_ptr<Named>> named_scopes_;
  std::map<ScopeName, std::unique_ptr<Addresses>> address_scopes_;

  std::atomic<std::uint64_t> shared_charges_{0};
};

}  // namespace

std::unique_ptr<MemoryWindows> MemoryWindows::make(const MemoryWindowsConfig& config) {
  if (config.algorithm == LimitAlgorithm::kTokenBucket) {
    return std::make_unique<MemoryWindowsOf<TokenBucket>>(config.max_addresses);
  }
  return std::make_unique<MemoryWindowsOf<SlidingWindow>>(config.max_addresses);
}

}  // namespace tollgate
