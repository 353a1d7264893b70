// See metrics_text.h.
#include "proxy/metrics_text.h"

#include <fmt/format.h>

#include <cassert>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace tollgate {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr char kNoQuote = '\\';  // escaped in any case
void append_escaped(std::string& text, std::string_view value, char quote) {
  for (const char c : value) {
    if (c == '\\' || c == '\n' || c == quote) text += '\\';
    text += c == '\n' ? 'n' : c;
  }
}

// Most are counts, which are written many times faster as such.
void append_number(std::string& text, double number) {
  constexpr double kExact = 1LL << 53;
  if (std::abs(number) < kExact && number == std::trunc(number)) {
    const fmt::format_int whole(static_cast<std::int64_t>(number));
    text.append(whole.data(), whole.size());
  } else if (std::isinf(number)) {
    text += number > 0 ? "+Inf" : "-Inf";
  } else if (std::isnan(number)) {
    text += "Nan";
  } else {
    fmt::format_to(std::back_inserter(text), "{}", number);
  }
}

// The name and the labels of one series; `bound` is that of a histogram's bucket, else null.
void append_series(std::string& text, std::string_view name, std::string_view suffix,
                   const ClientMetric& metric, const double* bound = nullptr) {
  text += name;
  text += suffix;
  char before = '{';
  const auto begin_label = [&](std::string_view label) {
    text += before;
    text += label;
    text += "=\"";
    before = ',';
  };
  for (const ClientMetric::Label& label : metric.label) {
    begin_label(label.name);
    append_escaped(text, label.value, '"');
    text += '"';
  }
  if (bound != nullptr) {
    begin_label("le");
    append_number(text, *bound);
    text += '"';
  }
  text += before == ',' ? "} " : " ";
}

void append_line(std::string& text, double value) {
  append_number(text, value);
  text += '\n';
}

void append_histogram(std::string& text, std::string_view name, const ClientMetric& metric) {
  const ClientMetric::Histogram& histogram = metric.histogram;
  append_series(text, name, "_count", metric);
  append_line(text, static_cast<double>(histogram.sample_count));
  append_series(text, name, "_sum", metric);
  append_line(text, histogram.sample_sum);
  for (const ClientMetric::Bucket& bucket : histogram.bucket) {
    append_series(text, name, "_bucket", metric, &bucket.upper_bound);
    append_line(text, static_cast<double>(bucket.cumulative_count));
  }
}

std::string_view word_of(MetricType type) {
  if (type == MetricType::Counter) return "counter";
  if (type == MetricType::Gauge) return "gauge";
  assert(type == MetricType::Histogram);
  return "histogram";
}

void append_family(std::string& text, const MetricFamily& family) {
  text += "# HELP " + family.name + ' ';
  append_escaped(text, family.help, kNoQuote);
  fmt::format_to(std::back_inserter(text), "\n# TYPE {} {}\n", family.name, word_of(family.type));
  for (const ClientMetric& metric : family.metric) {
    if (family.type == MetricType::Histogram) {
      append_histogram(text, family.name, metric);
      continue;
    }
    append_series(text, family.name, "", metric);
    append_line(text,
                family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value);
  }
}

}  // namespace

std::string metrics_text(const std::vector<MetricFamily>& families) {
  std::string text;
  for (const MetricFamily& family : families) append_family(text, family);
  return text;
}

}  // namespace tollgate
