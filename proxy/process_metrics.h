// The process_* metrics that every Prometheus client library shows, from /proc.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

namespace tollgate {

void append_process_metrics(std::vector<prometheus::MetricFamily>& families);

}  // namespace tollgate
