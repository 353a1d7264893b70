// See payers.h.
//
// Scope `key`: the key's windows, held to all that the key and its environment are held to. Scope
// `environment`: the environment's windows, and the key's own beside them where it names a plan
// that is not the environment's, or the environment has a key_share; a key without an environment
// pays for itself. Scope `address`: the client's. Whoever has no plan is held to the default plan,
// and a call without a key, where none is required, is charged to its address.
#include "filters/payers.h"

namespace tollgate {
namespace {

std::string policies_of(const Limits& limits) {
  std::string line;
  std::string_view separator = "RateLimit-Policy: ";
  for (const WindowLimits& window : limits) {
    for (const Measure measure : kMeasures) {
      if (window.most[measure] == WindowLimits::kNone) continue;
      line.append(separator).append(window.policy[static_cast<std::size_t>(measure)]);
      separator = ", ";
    }
  }
  return line + "\r\n";
}

}  // namespace

Payers::Payers(const Config& config, const ApiConfig& api, const KeyIndex& keys, WindowStore& store)
    : config_(config), api_(api), keys_(keys), store_(store) {
  if (api.limits.mode == LimitMode::kOff) {
    of_keys_.resize(keys.keys().size());
    return;
  }
  for (const auto& [name, plan] : config.plans) plans_[name] = limits_of(plan);
  for (const Key& key : keys.keys()) {
    if (!key.environment.empty() && !key.plan.empty()) {
      plan_by_keys_.emplace(key.environment, key.plan);
    }
  }
  const auto with_policies = [](Account account) {
    if (account.payer.count == 1) {
      account.names.policies = policies_of(*account.payer.parts[0].limits);
    }
    return account;
  };
  for (const Key& key : keys.keys()) of_keys_.push_back(with_policies(account_of(&key)));
  of_strangers_ = with_policies(account_of(nullptr));
}

Payer Payers::payer_of(const Exchange& exchange) const {
  Payer payer = account(exchange).payer;
  payer.address = exchange.client.value_or(exchange.peer).counted_as();
  return payer;
}

const PayerNames& Payers::names_of(const Exchange& exchange) const {
  return account(exchange).names;
}

Payers::Account Payers::account_of(const Key* key) {
  Account account;
  const std::string no_name;
  const std::string& environment = key == nullptr ? no_name : key->environment;
  const std::string& own_plan = key == nullptr ? no_name : key->plan;
  const std::string of_environment = plan_of_environment(environment);
  std::string either = own_plan.empty() ? of_environment : own_plan;
  if (either.empty()) either = config_.limits.default_plan;
  if (key == nullptr || api_.limits.scope == LimitScope::kAddress) {
    account.names = {LimitScope::kAddress, either, ""};
    add_part(account, LimitScope::kAddress, "", plan(either));
    return account;
  }
  if (environment.empty()) {
    account.names = {LimitScope::kKey, either, ""};
    add_part(account, LimitScope::kKey, key->name, plan(either));
    return account;
  }
  const std::string& shared = of_environment.empty() ? config_.limits.default_plan : of_environment;
  Limits own = own_plan.empty() || own_plan == shared ? Limits() : plan(own_plan);
  const auto listed = config_.environments.find(environment);
  if (listed != config_.environments.end() && listed->second.key_share) {
    own = stricter_of(own, share_of(plan(shared), *listed->second.key_share));
  }
  if (api_.limits.scope == LimitScope::kKey) {
    account.names = {LimitScope::kKey, either, ""};
    own = stricter_of(own, plan(shared));
  } else {
    account.names = {LimitScope::kEnvironment, shared, ""};
    add_part(account, LimitScope::kEnvironment, environment, plan(shared));
  }
  add_part(account, LimitScope::kKey, key->name, kept(std::move(own)));
  return account;
}

// Nothing to be held to is no part.
void Payers::add_part(Account& account, LimitScope scope, const std::string& name,
                      const Limits& limits) {
  if (limits.empty()) return;
  Scope& found = store_.scope({scope, name, api_.limits.group});
  account.payer.parts[account.payer.count++] = {&found, &limits};
}

const Limits& Payers::plan(const std::string& name) { return plans_[name]; }

const Limits& Payers::kept(Limits limits) { return made_.emplace_back(std::move(limits)); }

// Its own, else the one that its keys name; empty: neither.
std::string Payers::plan_of_environment(const std::string& name) const {
  const auto listed = config_.environments.find(name);
  if (listed != config_.environments.end() && !listed->second.plan.empty()) {
    return listed->second.plan;
  }
  const auto by_keys = plan_by_keys_.find(name);
  return by_keys == plan_by_keys_.end() ? "" : by_keys->second;
}

}  // namespace tollgate
