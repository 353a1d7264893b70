#include "proxy/cpu_quota.h"

#include <gtest/gtest.h>

namespace tollgate {
namespace {

TEST(CpuQuota, is_rounded_up_to_whole_processors) {
  EXPECT_EQ(cpus_in_quota("150000 100000"), 2U);
  EXPECT_EQ(cpus_in_quota("50000 100000"), 1U);
  EXPECT_EQ(cpus_in_quota("400000 100000"), 4U);
}

TEST(CpuQuota, is_absent_where_the_group_has_none) {
  EXPECT_EQ(cpus_in_quota("max 100000"), 0U);
  EXPECT_EQ(cpus_in_quota("-1 100000"), 0U);
  EXPECT_EQ(cpus_in_quota(""), 0U);
}

TEST(CpuQuota, gives_at_least_one_worker) { EXPECT_GE(workers_for_cpu_quota(), 1U); }

}  // namespace
}  // namespace tollgate
