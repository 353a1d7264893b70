// Who pays for a call at one API: the scopes whose windows it is charged to, and the limits that
// these are held to. Built with the snapshot, immutable; any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "conf/config.h"
#include "filters/exchange.h"
#include "filters/key_index.h"
#include "filters/windows/window_store.h"

namespace tollgate {

// The names of what a call is held to, for people.
struct PayerNames {
  LimitScope scope = LimitScope::kKey;  // of its first part
  std::string plan;                     // of its first part; empty: none
  std::string policies;  // "RateLimit-Policy: …" of a payer of one part, a whole line
};

class Payers {
 public:
  // Borrows all of it.
  Payers(const Config& config, const ApiConfig& api, const KeyIndex& keys, WindowStore& store);

  // Of a call with a valid key, or with none. Nothing limits it: a payer of no parts.
  [[nodiscard]] Payer payer_of(const Exchange& exchange) const;
  [[nodiscard]] const PayerNames& names_of(const Exchange& exchange) const;
  // Calls `take` with every scope that any call could be charged to, and its limits.
  template <class Take>
  void for_each_part(const Take& take) const {
    const auto take_parts = [&](const Account& account) {
      for (std::size_t i = 0; i < account.payer.count; ++i) take(account.payer.parts[i]);
    };
    for (const Account& account : of_keys_) take_parts(account);
    if (!api_.auth.required) take_parts(of_strangers_);
  }

 private:
  struct Account {
    Payer payer;
    PayerNames names;
  };
  [[nodiscard]] Account account_of(const Key* key);
  void add_part(Account& account, LimitScope scope, const std::string& name, const Limits& limits);
  [[nodiscard]] const Limits& plan(const std::string& name);
  [[nodiscard]] const Limits& kept(Limits limits);
  [[nodiscard]] std::string plan_of_environment(const std::string& name) const;
  [[nodiscard]] const Account& account(const Exchange& exchange) const {
    return exchange.key == nullptr
               ? of_strangers_
               : of_keys_[static_cast<std::size_t>(exchange.key - keys_.keys().data())];
  }

  const Config& config_;
  const ApiConfig& api_;
  const KeyIndex& keys_;
  WindowStore& store_;
  std::map<std::string, Limits> plans_;
  std::map<std::string, std::string> plan_by_keys_;  // of environments that name none
  std::deque<Limits> made_;                          // stay at their address
  std::vector<Account> of_keys_;                     // in the order of the index
  Account of_strangers_;
};

}  // namespace tollgate
