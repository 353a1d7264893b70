// The library's own writer says what is right.
#include "proxy/metrics_text.h"

#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <cmath>
#include <limits>

namespace tollgate {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

ClientMetric metric(std::vector<ClientMetric::Label> labels, double value) {
  ClientMetric made;
  made.label = std::move(labels);
  made.counter.value = value;
  made.gauge.value = value;
  return made;
}

void expect_as_library(const MetricFamily& family) {
  EXPECT_EQ(metrics_text({family}), prometheus::TextSerializer().Serialize({family}));
}

TEST(MetricsText, a_counter_and_a_gauge) {
  expect_as_library({"calls_total",
                     "Calls.",
                     MetricType::Counter,
                     {metric({}, 0), metric({{"api", "orders"}, {"key", "erp"}}, 7)}});
  expect_as_library({"open", "Open ones.", MetricType::Gauge, {metric({{"api", ""}}, -3)}});
  EXPECT_EQ(metrics_text({}), "");
}

TEST(MetricsText, what_a_label_may_not_hold_is_escaped) {
  expect_as_library({"x",
                     "X.",
                     MetricType::Gauge,
                     {metric({{"a", "\\"}, {"b", "\"quoted\""}, {"c", "\n\n"}, {"d", "ä"}}, 1)}});
}

// The library leaves this to its users.
TEST(MetricsText, a_help_stays_on_its_line) {
  EXPECT_EQ(metrics_text({{"x", "a \\ and\na \"line\"", MetricType::Gauge, {}}}),
            "# HELP x a \\\\ and\\na \"line\"\n# TYPE x gauge\n");
}

TEST(MetricsText, numbers_are_whole_or_as_exact_as_they_are) {
  for (const double value : {0.0, 1.0, -1.0, 0.5, 1e6, 4102444800.0, 1788023125.25,
                             9007199254740991.0, kInfinity, -kInfinity, std::nan("")}) {
    expect_as_library({"x", "X.", MetricType::Gauge, {metric({}, value)}});
  }
  for (const double value :
       {0.1, 1.0 / 3, 1e-9, 2.5e22, 1.7976931348623157e308, 2.2250738585072014e-308}) {
    const std::string text = metrics_text({{"x", "X.", MetricType::Gauge, {metric({}, value)}}});
    EXPECT_EQ(std::stod(text.substr(text.rfind(' '))), value) << text;
  }
}

TEST(MetricsText, a_histogram) {
  ClientMetric made = metric({{"api", "orders"}}, 0);
  made.histogram = {3, 0.75, {{1, 0.25}, {2, 0.5}, {3, kInfinity}}};
  ClientMetric bare;
  bare.histogram = {0, 0, {{0, 1}, {0, kInfinity}}};
  expect_as_library({"seconds", "Times.", MetricType::Histogram, {made, bare}});
}

}  // namespace
}  // namespace tollgate
