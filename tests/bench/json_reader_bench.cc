// What reading a GraphQL request costs. The body as a client sends it, 0.9 KB, and its parts.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "filters/graphql/json_reader.h"
#include "filters/graphql/request.h"

namespace tollgate::graphql {
namespace {

constexpr std::string_view kBody =
    R"({"query":"query Orders($first: Int!, $where: OrderFilter) {\n  orders(limit: $firs)"
    R"(t, page: 1, where: $where) {\n    id number status createdAt updatedAt\n    custom)"
    R"(er { id email firstName lastName }\n    grandTotal { value formattedValue currency)"
    R"( { code } }\n    lines { id quantity product { id name variants(limit: 5) { id nam)"
    R"(e productSizes { id description stock(limit: 3) { warehouse { id name } productSiz)"
    R"(e { id } availableNowQuantity } } } } unitPrice { value currency { code } } taxPer)"
    R"(cent }\n    shipments(limit: 10) { id number isShipped trackingInfo { trackingNumb)"
    R"(er } lines { id quantity } }\n    discountsApplied { value { value } ... on Applie)"
    R"(dVoucher { code method } ...Disc }\n  }\n}\nfragment Disc on AppliedDiscount { id )"
    R"(date label }\n","variables":{"first":20,"where":{"status":["PENDING","CONFIRMED"],)"
    R"("updatedAt":{"from":"2026-01-01"}}},"operationName":"Orders"})";

void count_bytes(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
  state.counters["bytes"] = static_cast<double>(bytes);
}

void json(benchmark::State& state, std::string_view text) {
  JsonReader reader;
  for (auto _ : state) {
    benchmark::DoNotOptimize(text);
    const auto root = reader.read(text);
    if (!root) state.SkipWithError("refused");
    benchmark::DoNotOptimize(root);
  }
  count_bytes(state, text.size());
}
BENCHMARK_CAPTURE(json, body, kBody);
BENCHMARK_CAPTURE(json, variables, R"({"first":20,"where":{"status":["PENDING"]}})");

void json_of_numbers(benchmark::State& state) {
  std::string text = "[0";
  for (int i = 0; i < 10'000; ++i) text += ",123456";
  json(state, text + "]");
}
BENCHMARK(json_of_numbers);

void json_of_many_members(benchmark::State& state) {
  std::string text = "{\"\":0";
  for (int i = 0; i < 100'000; ++i) text += ",\"member" + std::to_string(i) + "\":0";
  json(state, text + "}");
}
BENCHMARK(json_of_many_members)->Unit(benchmark::kMillisecond);

void request(benchmark::State& state) {
  RequestReader reader;
  std::string_view body = kBody;
  for (auto _ : state) {
    benchmark::DoNotOptimize(body);
    const auto request = reader.read_json(body);
    if (!request) state.SkipWithError("refused");
    benchmark::DoNotOptimize(request);
  }
  count_bytes(state, body.size());
}
BENCHMARK(request);

}  // namespace
}  // namespace tollgate::graphql

BENCHMARK_MAIN();
