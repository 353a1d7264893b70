#include "proxy/metrics.h"

#include <gtest/gtest.h>

#include <thread>

namespace tollgate {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class MetricsTest : public testing::Test {
 protected:
  CallRecord call(std::optional<Reason> reason = std::nullopt, int status = 200) {
    CallRecord record;
    record.api_id = orders_;
    record.key_id = erp_;
    record.began = std::chrono::system_clock::time_point(std::chrono::seconds(1795521600));
    record.reason = reason;
    record.status = status;
    record.bytes_in = 100;
    record.bytes_out = 200;
    record.duration = std::chrono::milliseconds(3);
    if (!reason) record.upstream_duration = std::chrono::milliseconds(2);
    record.added = std::chrono::microseconds(20);
    return record;
  }
  Metrics metrics_{"1.2.3", "abc"};
  ApiId orders_ = metrics_.api_id("orders");
  KeyId erp_ = metrics_.key_id("erp");
};

TEST_F(MetricsTest, calls_are_counted_by_api_key_and_outcome_over_all_workers) {
  WorkerMetrics& one = metrics_.add_worker();
  WorkerMetrics& two = metrics_.add_worker();
  one.count_call(call());
  two.count_call(call());
  two.count_call(call(Reason::kJsonInvalid, 400));
  const std::string text = metrics_.text({});
  EXPECT_TRUE(
      has(text, "tollgate_requests_total{api=\"orders\",key=\"erp\",outcome=\"forwarded\"} 2\n"))
      << text;
  EXPECT_TRUE(has(
      text, "tollgate_requests_total{api=\"orders\",key=\"erp\",outcome=\"json_invalid\"} 1\n"));
  EXPECT_TRUE(has(text, "tollgate_responses_total{api=\"orders\",code=\"200\"} 2\n"));
  EXPECT_TRUE(has(text, "tollgate_bytes_total{api=\"orders\",direction=\"in\"} 300\n"));
  EXPECT_TRUE(has(text, "tollgate_key_last_used_timestamp_seconds{key=\"erp\"} 1795521600\n"));
}

TEST_F(MetricsTest, durations_fall_into_their_buckets) {
  WorkerMetrics& worker = metrics_.add_worker();
  worker.count_call(call());
  const std::string text = metrics_.text({});
  EXPECT_TRUE(
      has(text, "tollgate_request_duration_seconds_bucket{api=\"orders\",le=\"0.0025\"} 0\n"))
      << text;
  EXPECT_TRUE(
      has(text, "tollgate_request_duration_seconds_bucket{api=\"orders\",le=\"0.005\"} 1\n"));
  EXPECT_TRUE(has(text, "tollgate_request_duration_seconds_sum{api=\"orders\"} 0.003\n"));
  EXPECT_TRUE(
      has(text, "tollgate_added_duration_seconds_bucket{api=\"orders\",le=\"2.5e-05\"} 1\n"));
  EXPECT_TRUE(has(text, "tollgate_upstream_duration_seconds_count{api=\"orders\"} 1\n"));
}

TEST_F(MetricsTest, bounds_connections_and_reloads_are_shown_from_the_start) {
  WorkerMetrics& worker = metrics_.add_worker();
  worker.count_bound(Bound::kHeaderTimeout);
  worker.add_client_connections(3);
  worker.add_client_connections(-1);
  worker.add_upstream_connections(orders_, UpstreamState::kBusy, 2);
  metrics_.count_reload(Metrics::ReloadResult::kFailure);
  metrics_.set_config_hash("cafe");
  const std::string text = metrics_.text({});
  EXPECT_TRUE(has(text, "tollgate_overload_total{bound=\"header_timeout\"} 1\n"));
  EXPECT_TRUE(has(text, "tollgate_overload_total{bound=\"connections\"} 0\n"));
  EXPECT_TRUE(has(text, "tollgate_client_connections 2\n"));
  EXPECT_TRUE(has(text, "tollgate_upstream_connections{api=\"orders\",state=\"busy\"} 2\n"));
  EXPECT_TRUE(has(text, "tollgate_config_reloads_total{result=\"failure\"} 1\n"));
  EXPECT_TRUE(has(text, "tollgate_config_last_reload_successful 0\n"));
  EXPECT_TRUE(has(text, "tollgate_config_info{hash=\"cafe\"} 1\n"));
  EXPECT_TRUE(has(text, "tollgate_build_info{version=\"1.2.3\",commit=\"abc\"} 1\n"));
  EXPECT_TRUE(has(text, "process_resident_memory_bytes "));
}

TEST_F(MetricsTest, a_name_keeps_its_number) {
  EXPECT_EQ(metrics_.api_id("orders"), orders_);
  EXPECT_NE(metrics_.api_id("other"), orders_);
  EXPECT_EQ(metrics_.api_id(""), 0U);
}

TEST_F(MetricsTest, use_is_found_by_the_number_of_a_name) {
  WorkerMetrics& worker = metrics_.add_worker();
  const KeyId unused = metrics_.key_id("unused");
  worker.count_call(call());
  worker.count_call(call(Reason::kJsonInvalid, 400));
  worker.count_connect_failure(orders_);
  const auto keys = metrics_.key_use();
  EXPECT_EQ(keys[erp_].forwarded, 1U);
  EXPECT_EQ(keys[erp_].refused, 1U);
  EXPECT_EQ(keys[erp_].last_used, 1795521600);
  EXPECT_EQ(keys[unused].last_used, 0);
  const auto apis = metrics_.api_use();
  EXPECT_EQ(apis[orders_].forwarded, 1U);
  EXPECT_EQ(apis[orders_].refused, 1U);
  EXPECT_EQ(apis[orders_].connect_failures, 1U);
}

TEST_F(MetricsTest, lost_lines_of_the_access_log_are_a_bound_that_was_hit) {
  metrics_.set_lost_log_lines(7);
  EXPECT_TRUE(has(metrics_.text({}), "tollgate_overload_total{bound=\"log_queue\"} 7\n"));
}

TEST_F(MetricsTest, may_be_scraped_while_workers_count) {
  WorkerMetrics& worker = metrics_.add_worker();
  std::thread counting([&] {
    for (KeyId key = 0; key < 2000; ++key) {
      CallRecord record = call();
      record.key_id = key % 100;
      worker.count_call(record);
    }
  });
  for (KeyId key = 0; key < 100; ++key) (void)metrics_.key_id("k" + std::to_string(key));
  for (int i = 0; i < 20; ++i) (void)metrics_.text({});
  counting.join();
  EXPECT_TRUE(
      has(metrics_.text({}), "tollgate_request_duration_seconds_count{api=\"orders\"} 2000\n"));
}

}  // namespace
}  // namespace tollgate
