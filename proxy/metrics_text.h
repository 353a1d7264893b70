// Metrics as Prometheus reads them: text format 0.0.4. The library's own writer takes four times as
// long, which a scrape of many keys would be mostly made of.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

namespace tollgate {

// Of counters, gauges and histograms, whose last bound is infinity. Families come with their help,
// and labels in the order that they have.
[[nodiscard]] std::string metrics_text(const std::vector<prometheus::MetricFamily>& families);

}  // namespace tollgate
