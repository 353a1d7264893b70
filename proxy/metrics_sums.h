// All workers' counters, summed for one scrape. Control thread.
#pragma once

#include <prometheus/client_metric.h>

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

#include "proxy/worker_metrics.h"

namespace tollgate {

using Labels = std::vector<prometheus::ClientMetric::Label>;

// The sum over the workers of one API's histogram.
template <std::size_t N>
struct HistogramSum {
  std::array<std::uint64_t, N + 1> counts{};
  double sum = 0;

  void add(const Histogram<N>& histogram) {
    for (std::size_t i = 0; i <= N; ++i) counts[i] += histogram.count(i);
    sum += static_cast<double>(histogram.sum());
  }
  // `unit`: so many of the histogram's are one of the metric's.
  [[nodiscard]] prometheus::ClientMetric metric(const typename Histogram<N>::Bounds& bounds,
                                                double unit, Labels labels) const {
    prometheus::ClientMetric metric;
    metric.label = std::move(labels);
    std::uint64_t total = 0;
    for (std::size_t i = 0; i <= N; ++i) {
      total += counts[i];
      const double bound =
          i < N ? static_cast<double>(bounds[i]) / unit : std::numeric_limits<double>::infinity();
      metric.histogram.bucket.push_back({total, bound});
    }
    metric.histogram.sample_count = total;
    metric.histogram.sample_sum = sum / unit;
    return metric;
  }
};

struct ApiSum {
  HistogramSum<15> request_duration;
  HistogramSum<15> upstream_duration;
  HistogramSum<12> added_duration;
  HistogramSum<12> query_complexity;
  std::map<int, std::uint64_t> responses;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t connect_failures = 0;
  std::int64_t upstream_idle = 0;
  std::int64_t upstream_busy = 0;

  void add(const ApiCounters& row) {
    request_duration.add(row.request_duration);
    upstream_duration.add(row.upstream_duration);
    added_duration.add(row.added_duration);
    query_complexity.add(row.query_complexity);
    for (std::size_t code = 100; code < row.responses.size(); ++code) {
      if (const auto count = row.responses[code].get()) responses[static_cast<int>(code)] += count;
    }
    bytes_in += row.bytes_in.get();
    bytes_out += row.bytes_out.get();
    connect_failures += row.connect_failures.get();
    upstream_idle += row.upstream_idle.load(std::memory_order_relaxed);
    upstream_busy += row.upstream_busy.load(std::memory_order_relaxed);
  }
};

struct KeySum {
  std::array<std::uint64_t, kOutcomeCount> outcomes{};
  std::uint64_t last_used_ms = 0;

  // For any of the reasons; the last outcome is Tollgate's own answer.
  [[nodiscard]] std::uint64_t refused() const {
    return std::accumulate(outcomes.begin() + 1, outcomes.end() - 1, std::uint64_t{0});
  }
};

// Of calls to one API that found no room: whose, in which window, and whether they were refused.
struct ExceededKey {
  ApiId api = 0;
  const Scope* scope = nullptr;
  Measure measure = Measure::kRequests;
  std::chrono::nanoseconds length{};
  bool enforced = false;
  friend auto operator<=>(const ExceededKey&, const ExceededKey&) = default;
};

// All workers' counters, summed.
struct Sums {
  std::map<ApiId, ApiSum> apis;
  std::map<std::pair<ApiId, KeyId>, KeySum> keys;
  std::map<std::pair<ApiId, const Scope*>, Amounts> charged;
  std::map<ExceededKey, std::uint64_t> exceeded;
  std::array<std::uint64_t, kBoundCount> bounds{};
  std::array<std::uint64_t, kHandshakeCount> handshakes{};
  std::int64_t client_connections = 0;
};

}  // namespace tollgate
