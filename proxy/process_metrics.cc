// See process_metrics.h. Runs on the control thread.
#include "proxy/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace tollgate {
namespace {

void append(std::vector<prometheus::MetricFamily>& families, const char* name, const char* help,
            prometheus::MetricType type, double value) {
  prometheus::ClientMetric metric;
  metric.gauge.value = value;
  metric.counter.value = value;
  families.push_back({name, help, type, {metric}});
}

// Fields of /proc/self/stat from number 3 on (proc(5)); the name before them may hold anything.
std::vector<double> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream rest(line.substr(name_end + 3));  // behind the state
  std::vector<double> fields(3, 0);
  for (double value = 0; rest >> value;) fields.push_back(value);
  return fields;
}

double boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  }
  return 0;
}

double open_descriptors() {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator each("/proc/self/fd", error), end; each != end;
       each.increment(error)) {
    ++count;
  }
  return count;
}

}  // namespace

void append_process_metrics(std::vector<prometheus::MetricFamily>& families) {
  using prometheus::MetricType;
  const std::vector<double> stat = stat_fields();
  if (stat.size() <= 23) return;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  append(families, "process_cpu_seconds_total", "CPU time of the process, user and system.",
         MetricType::Counter, (stat[13] + stat[14]) / ticks);
  append(families, "process_start_time_seconds", "When the process started, in Unix time.",
         MetricType::Gauge, boot_time() + stat[21] / ticks);
  append(families, "process_virtual_memory_bytes", "Virtual memory of the process.",
         MetricType::Gauge, stat[22]);
  append(families, "process_resident_memory_bytes", "Resident memory of the process.",
         MetricType::Gauge, stat[23] * page);
  append(families, "process_open_fds", "Open file descriptors.", MetricType::Gauge,
         open_descriptors());
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  append(families, "process_max_fds", "Most file descriptors that the process may open.",
         MetricType::Gauge, static_cast<double>(limit.rlim_cur));
}

}  // namespace tollgate
