// What a call is charged: who pays, how much, and what the windows said. A plain part of Exchange.
#pragma once

#include "filters/windows/window_store.h"

namespace tollgate {

struct PayerNames;

struct Charge {
  WindowStore* store = nullptr;  // null: nobody has asked who pays
  Payer payer;
  const PayerNames* names = nullptr;
  // As of the charge, the refusal, or the last look; empty before. Keeps its memory.
  Usage usage;
  // What is charged at `at`, and has not been given back.
  bool charged = false;
  Amounts amounts;
  SteadyTime at;
  // There was no room for the call. Where limits are enforced it is refused, else only counted.
  bool exceeded = false;

  [[nodiscard]] bool limited() const { return payer.count > 0; }
  void look(SteadyTime now) {
    if (limited()) store->look(payer, now, usage);
  }
  // As if the call had not been charged.
  void give_back(SteadyTime now) {
    if (!charged) return;
    charged = false;
    store->refund(payer, amounts, at);
    look(now);
  }
};

}  // namespace tollgate
