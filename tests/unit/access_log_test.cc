#include "proxy/access_log.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "proxy/recent_refusals.h"
#include "tests/support/temp_folder.h"

namespace tollgate {
namespace {

CallRecord record() {
  CallRecord call;
  call.api = "orders";
  call.key = "erp";
  call.began = std::chrono::system_clock::time_point(std::chrono::milliseconds(1795521600123));
  call.request_id = "id-1";
  call.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  call.peer = *IpAddress::parse("192.0.2.1");
  call.client = call.peer;
  call.method = "GET";
  call.path = "/orders";
  call.user_agent = "curl/8";
  call.status = 200;
  call.bytes_in = 12;
  call.bytes_out = 34;
  call.duration = std::chrono::microseconds(1234);
  call.upstream_duration = std::chrono::microseconds(1001);
  return call;
}

std::string line_of(const CallRecord& call) {
  std::string line;
  append_log_line(line, call);
  return line;
}

TEST(LogLine, has_its_members_in_order) {
  EXPECT_EQ(line_of(record()),
            R"({"time":"2026-11-24T12:00:00.123Z","request_id":"id-1","client":"192.0.2.1",)"
            R"("api":"orders","key":"erp",)"
            R"("method":"GET","path":"/orders","status":200,"reason":null,"bytes_in":12,)"
            R"("bytes_out":34,"duration_ms":1.234,"upstream_ms":1.001,)"
            R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","user_agent":"curl/8"})"
            "\n");
}

TEST(LogLine, says_why_a_call_was_refused_and_what_was_hidden) {
  CallRecord call = record();
  call.reason = Reason::kNoApi;
  call.concealed = Reason::kKeyUnknown;
  call.upstream_duration.reset();
  const auto json = nlohmann::json::parse(line_of(call));
  EXPECT_EQ(json["reason"], "no_api");
  EXPECT_EQ(json["concealed"], "key_unknown");
  EXPECT_TRUE(json["upstream_ms"].is_null());
}

TEST(LogLine, shows_the_peer_where_it_is_not_the_client) {
  CallRecord call = record();
  call.client = *IpAddress::parse("203.0.113.7");
  EXPECT_EQ(nlohmann::json::parse(line_of(call))["peer"], "192.0.2.1");
  call.client.reset();
  const auto unknown = nlohmann::json::parse(line_of(call));
  EXPECT_TRUE(unknown["client"].is_null());
  EXPECT_EQ(unknown["peer"], "192.0.2.1");
}

TEST(LogLine, nothing_from_the_wire_breaks_out_of_it) {
  CallRecord call = record();
  const std::string hostile =
      std::string("a\"b\\c\n\r\t\x01\x7f") + '\0' + "\xff\xc3\xa9\xed\xa0\x80";
  call.user_agent = hostile;
  const std::string line = line_of(call);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const auto json = nlohmann::json::parse(line);
  const std::string read = json["user_agent"];
  EXPECT_TRUE(
      read.starts_with(std::string("a\"b\\c\n\r\t\x01\x7f") + '\0' + "\xef\xbf\xbd\xc3\xa9"));
}

TEST(LogLine, long_texts_are_cut) {
  CallRecord call = record();
  const std::string path(5000, 'x');
  call.path = path;
  EXPECT_EQ(nlohmann::json::parse(line_of(call))["path"].get<std::string>().size(), 1024U + 3);
}

TEST(AccessLog, every_line_is_in_the_file_once_the_log_is_closed) {
  const TempFolder folder;
  {
    auto log = AccessLog::open(folder.file("access.log"));
    ASSERT_TRUE(log);
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE((*log)->write("line\n"));
  }
  EXPECT_EQ(folder.read("access.log").size(), 5000U);
}

TEST(AccessLog, after_rotation_lines_go_to_the_new_file) {
  const TempFolder folder;
  {
    auto log = AccessLog::open(folder.file("access.log"));
    ASSERT_TRUE(log);
    std::filesystem::rename(folder.file("access.log"), folder.file("access.log.1"));
    ASSERT_TRUE((*log)->reopen());
    ASSERT_TRUE((*log)->write("new\n"));
  }
  EXPECT_EQ(folder.read("access.log"), "new\n");
}

TEST(AccessLog, a_full_disk_loses_lines_and_nothing_else) {
  std::uint64_t lost = 0;
  auto log = AccessLog::open("/dev/full");
  ASSERT_TRUE(log);
  ASSERT_TRUE((*log)->write("one\ntwo\n"));
  for (int tries = 0; tries < 10'000'000 && lost == 0; ++tries) lost = (*log)->lost_lines();
  EXPECT_EQ(lost, 2U);
}

TEST(AccessLog, what_is_off_takes_everything_and_keeps_nothing) {
  auto log = AccessLog::open("off");
  ASSERT_TRUE(log);
  EXPECT_FALSE((*log)->enabled());
  EXPECT_TRUE((*log)->write("x\n"));
  const auto missing = AccessLog::open("/nowhere/access.log");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().find("/nowhere/access.log cannot be opened"), std::string::npos);
}

TEST(RecentRefusals, keep_the_last_ones_and_cut_long_paths) {
  RecentRefusals refusals;
  const std::string path(1000, 'p');
  for (int i = 0; i < 100; ++i) {
    CallRecord call = record();
    const std::string id = std::to_string(i);
    call.request_id = id;
    call.path = path;
    call.reason = Reason::kKeyUnknown;
    refusals.add(call);
  }
  const auto list = refusals.latest_first();
  ASSERT_EQ(list.size(), RecentRefusals::kMost);
  EXPECT_EQ(list.front().request_id, "99");
  EXPECT_EQ(list.front().path.size(), RecentRefusals::kMostText);
}

}  // namespace
}  // namespace tollgate
