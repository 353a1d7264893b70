// How long it takes to price the query of load.lua: its text never seen before, and seen before.
//
//   graphql_bench SCHEMA [--benchmark_…]
//
// tests/bench/graphql.py sets the figures beside the time that graphql-js takes to parse the text.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <memory>
#include <string>

#include "conf/text_file.h"
#include "filters/graphql/estimator.h"
#include "filters/graphql/json_reader.h"
#include "tests/bench/order_query.h"

namespace {

using namespace tollgate::graphql;

std::unique_ptr<const CostModel> g_model;

tollgate::GraphqlConfig bounds() {
  tollgate::GraphqlConfig config;
  config.max_complexity = 0;
  return config;
}

// The next of the digits that end here, without more than is to be measured.
void count_up(char* last) {
  while (*last == '9') *last-- = '0';
  ++*last;
}

// Each text differs from those before it in a name, so that it has never come.
void unseen(benchmark::State& state) {
  Estimator estimator;
  JsonReader reader;
  const JsonValue* variables = *reader.read(kOrderVariables);
  const tollgate::GraphqlConfig config = bounds();
  std::string text = kOrderQuery;
  const std::string number = "00000000";
  text.replace(text.find("Orders"), 6, "O" + number);
  char* const last = &text[text.find('(') - 1];
  for (auto _ : state) {
    count_up(last);
    benchmark::DoNotOptimize(estimator.estimate(*g_model, config, text, "", variables));
  }
}
BENCHMARK(unseen);

void seen(benchmark::State& state) {
  Estimator estimator;
  JsonReader reader;
  const JsonValue* variables = *reader.read(kOrderVariables);
  const tollgate::GraphqlConfig config = bounds();
  for (auto _ : state) {
    benchmark::DoNotOptimize(estimator.estimate(*g_model, config, kOrderQuery, "", variables));
  }
}
BENCHMARK(seen);

}  // namespace

int main(int argc, char** argv) {
  const auto sdl = tollgate::read_text_file(argc > 1 ? argv[1] : "");
  if (!sdl) {
    std::fprintf(stderr, "graphql_bench: name a schema: %s\n", sdl.error().c_str());
    return 2;
  }
  auto model = CostModel::make(*sdl, {}, 100, 1);
  if (!model) return 2;
  g_model = std::move(*model);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
