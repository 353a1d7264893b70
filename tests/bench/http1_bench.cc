// What reading a head and a chunked body costs. Heads as curl and a Node client send them.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "proxy/http1/chunked.h"
#include "proxy/http1/message.h"

namespace tollgate::http1 {
namespace {

constexpr std::string_view kGet =
    "GET /integration/orders/1234567?fields=id,name,total&limit=50 HTTP/1.1\r\n"
    "Host: api.example.com\r\n"
    "User-Agent: curl/8.5.0\r\n"
    "Accept: application/json\r\n"
    "Accept-Encoding: gzip, br\r\n"
    "API-Authorization: acme_4f9D2kLmQ8xYt6RzWc1NbVhJ7sGp0E\r\n"
    "X-Request-Id: 0af7651916cd43dd8448eb211c80319c\r\n"
    "Connection: keep-alive\r\n"
    "\r\n";

constexpr std::string_view kPost =
    "POST /graphql HTTP/1.1\r\n"
    "Host: api.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0 "
    "Safari/537.36\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 912\r\n"
    "Accept: application/graphql-response+json, application/json;q=0.9, */*;q=0.1\r\n"
    "Cookie: session=eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6Ikpva"
    "G4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyLCJyb2xlcyI6WyJhZG1pbiIsInVzZXIiXSwidGVuYW50IjoiYWNtZSIsInNjb3B"
    "l"
    "IjoicmVhZDpvcmRlcnMgd3JpdGU6b3JkZXJzIHJlYWQ6Y3VzdG9tZXJzIn0."
    "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_"
    "adQssw5c; theme=dark; locale=en-GB; consent=all; _ga=GA1.2.1234567890.1234567890; "
    "basket=9f86d081"
    "884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\r\n"
    "API-Authorization: acme_4f9D2kLmQ8xYt6RzWc1NbVhJ7sGp0E\r\n"
    "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
    "\r\n";

constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: application/json; charset=utf-8\r\n"
    "Content-Length: 2048\r\n"
    "ETag: W/\"800-8kP1yQ\"\r\n"
    "Date: Tue, 24 Nov 2026 12:00:00 GMT\r\n"
    "Connection: keep-alive\r\n"
    "Keep-Alive: timeout=5\r\n"
    "\r\n";

void count_bytes(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
  state.counters["bytes"] = static_cast<double>(bytes);
}

void request_head(benchmark::State& state, std::string_view head) {
  Request request;
  const HeadLimits limits;
  for (auto _ : state) {
    benchmark::DoNotOptimize(head);
    if (parse_request(head, limits, request) != Progress::kComplete) state.SkipWithError("refused");
    benchmark::DoNotOptimize(request);
  }
  count_bytes(state, head.size());
}
BENCHMARK_CAPTURE(request_head, get, kGet);
BENCHMARK_CAPTURE(request_head, post, kPost);

void response_head(benchmark::State& state, std::string_view head) {
  Response response;
  const HeadLimits limits;
  for (auto _ : state) {
    benchmark::DoNotOptimize(head);
    if (parse_response(head, limits, Method::kGet, response) != Progress::kComplete) {
      state.SkipWithError("refused");
    }
    benchmark::DoNotOptimize(response);
  }
  count_bytes(state, head.size());
}
BENCHMARK_CAPTURE(response_head, json, kAnswer);

void chunked_body(benchmark::State& state) {
  std::string body;
  for (int i = 0; i < 4; ++i) body += "1000\r\n" + std::string(4096, 'x') + "\r\n";
  body += "0\r\n\r\n";
  ChunkedDecoder decoder;
  for (auto _ : state) {
    decoder.reset();
    std::string_view rest = body;
    ChunkedDecoder::Step step;
    while ((step = decoder.next(rest)).event == ChunkedDecoder::Event::kData) {
      rest.remove_prefix(step.consumed);
    }
    if (step.event != ChunkedDecoder::Event::kEnd) state.SkipWithError("refused");
  }
  count_bytes(state, body.size());
}
BENCHMARK(chunked_body);

}  // namespace
}  // namespace tollgate::http1

BENCHMARK_MAIN();
