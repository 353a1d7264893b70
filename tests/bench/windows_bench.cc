// What it costs to check and charge a call of three measures in two windows each: alone, by all
// workers on one key, and the memory of many keys. Counters named *_MiB are memory.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <memory>
#include <string>
#include <vector>

#include "filters/windows/memory_windows.h"

namespace tollgate {
namespace {

using namespace std::chrono_literals;

Limits six_windows() {
  PlanConfig plan;
  for (auto& windows : plan.limits) windows = {{10s, 1'000'000'000}, {1h, 1'000'000'000'000}};
  return limits_of(plan);
}

Amounts call() {
  Amounts amounts;
  amounts[Measure::kRequests] = 1;
  amounts[Measure::kComplexity] = 240;
  amounts[Measure::kMutations] = 1;
  return amounts;
}

LimitAlgorithm algorithm_of(const benchmark::State& state) {
  return state.range(0) == 0 ? LimitAlgorithm::kSlidingWindow : LimitAlgorithm::kTokenBucket;
}

// Time goes on by a microsecond a call, as with a busy key.
void charge_six_windows(benchmark::State& state) {
  static std::unique_ptr<MemoryWindows> store;
  static const Limits limits = six_windows();
  static Payer payer;
  if (state.thread_index() == 0) {
    store = MemoryWindows::make({algorithm_of(state)});
    payer = {{Payer::Part{&store->scope({LimitScope::kKey, "hot", "orders"}), &limits}}, 1, {}};
  }
  Usage usage;
  SteadyTime now(1000h);
  const Amounts amounts = call();
  for (auto _ : state) {
    now += 1us;
    benchmark::DoNotOptimize(store->charge(payer, amounts, now, usage));
  }
}
BENCHMARK(charge_six_windows)->ArgName("bucket")->Arg(0)->Arg(1);
BENCHMARK(charge_six_windows)->ArgName("bucket")->Arg(0)->Arg(1)->Threads(2)->UseRealTime();

double allocated_mib() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd) / 1024 / 1024;
}

// Every key is charged in every hundredth of both windows, so its rings are as full as they get.
void memory_of_active_keys(benchmark::State& state) {
  constexpr int kKeys = 100'000;
  const Limits limits = six_windows();
  for (auto _ : state) {
    const double before = allocated_mib();
    const auto store = MemoryWindows::make({algorithm_of(state)});
    std::vector<Payer> payers;
    for (int i = 0; i < kKeys; ++i) {
      Scope& scope = store->scope({LimitScope::kKey, "key-" + std::to_string(i), "orders"});
      payers.push_back({{Payer::Part{&scope, &limits}}, 1, {}});
    }
    Usage usage;
    SteadyTime now(1000h);
    for (int turn = 0; turn < 110; ++turn) {
      now += 36s;
      for (const Payer& payer : payers) (void)store->charge(payer, call(), now, usage);
    }
    for (int turn = 0; turn < 110; ++turn) {
      now += 100ms;
      for (const Payer& payer : payers) (void)store->charge(payer, call(), now, usage);
    }
    state.counters["active_MiB"] = allocated_mib() - before;
    store->sweep(now + 2h);
    state.counters["idle_MiB"] = allocated_mib() - before;
  }
}
BENCHMARK(memory_of_active_keys)
    ->ArgName("bucket")
    ->Arg(0)
    ->Arg(1)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tollgate

BENCHMARK_MAIN();
