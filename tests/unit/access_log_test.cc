#include "proxy/access_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "proxy/recent_refusals.h"
#include "proxy/socket.h"
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
            R"("operation":null,"operation_name":null,"complexity":null,"mutations":null,)"
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

TEST(LogLine, what_some_readers_take_for_a_line_end_or_a_command_is_escaped) {
  CallRecord call = record();
  call.user_agent = "a\xe2\x80\xa8 b\xe2\x80\xa9 c\xc2\x85 d\xc2\x9b e\xc2\xa0";
  const std::string line = line_of(call);
  EXPECT_NE(line.find(R"("a\u2028 b\u2029 c\u0085 d\u009b e)"
                      "\xc2\xa0\""),
            std::string::npos)
      << line;
  EXPECT_EQ(nlohmann::json::parse(line)["user_agent"], call.user_agent);
}

TEST(LogLine, what_is_absent_is_null) {
  const auto json = nlohmann::json::parse(line_of(CallRecord{}));
  for (const char* name : {"client", "api", "key", "method", "path", "reason", "upstream_ms",
                           "trace_id", "user_agent"}) {
    EXPECT_TRUE(json.at(name).is_null()) << name;
  }
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
    for (int i = 0; i < 1000; ++i) (*log)->write("line\n");
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
    (*log)->write("new\n");
  }
  EXPECT_EQ(folder.read("access.log"), "new\n");
}

TEST(AccessLog, a_full_disk_loses_lines_and_nothing_else) {
  std::uint64_t lost = 0;
  auto log = AccessLog::open("/dev/full");
  ASSERT_TRUE(log);
  (*log)->write("one\ntwo\n");
  for (int tries = 0; tries < 10'000'000 && lost == 0; ++tries) lost = (*log)->lost_lines();
  EXPECT_EQ(lost, 2U);
}

// More than a pipe holds, in lines of 100 bytes.
std::string many_lines(std::size_t lines) {
  std::string text;
  for (std::size_t i = 0; i < lines; ++i) text += std::string(99, 'x') + "\n";
  return text;
}

// Standard output is a pipe for as long as this lives.
class StandardOutputIsAPipe {
 public:
  explicit StandardOutputIsAPipe(int flags) {
    int ends[2];
    if (pipe2(ends, flags | O_CLOEXEC) != 0) std::abort();
    reader_ = Fd(ends[0]);
    const Fd writer(ends[1]);
    kept_ = Fd(dup(STDOUT_FILENO));
    spdlog::set_level(spdlog::level::off);  // in a test it goes to standard output, too
    dup2(writer.get(), STDOUT_FILENO);
  }
  ~StandardOutputIsAPipe() {
    dup2(kept_.get(), STDOUT_FILENO);
    spdlog::set_level(spdlog::level::info);
  }
  // What is there, once there is something; empty where nothing comes within 10 s.
  std::string read_some() const {
    pollfd readable{reader_.get(), POLLIN, 0};
    if (poll(&readable, 1, 10'000) != 1) return "";
    std::string text(1U << 16, '\0');
    const ssize_t got = read(reader_.get(), text.data(), text.size());
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }

 private:
  Fd reader_;
  Fd kept_;
};

TEST(AccessLog, standard_output_that_nobody_reads_does_not_hold_the_end) {
  const StandardOutputIsAPipe output(0);
  {
    auto log = AccessLog::open("stdout", std::chrono::milliseconds(10));
    ASSERT_TRUE(log);
    (*log)->write(many_lines(10'000));
  }
  const std::string read = output.read_some();
  EXPECT_GT(read.size(), 4096U);
  EXPECT_EQ(read.size() % 100, 0U) << "what was written are whole lines";
}

TEST(AccessLog, standard_output_that_does_not_block_gets_every_line_once_it_is_read) {
  const StandardOutputIsAPipe output(O_NONBLOCK);
  auto log = AccessLog::open("stdout");
  ASSERT_TRUE(log);
  (*log)->write(many_lines(10'000));
  std::size_t read = 0;
  for (std::string some = "-"; read < 1'000'000 && !some.empty(); read += some.size()) {
    some = output.read_some();
  }
  EXPECT_EQ(read, 1'000'000U);
  EXPECT_EQ((*log)->lost_lines(), 0U);
}

TEST(AccessLog, a_fifo_without_a_reader_is_an_error_and_one_with_a_reader_is_served) {
  const TempFolder folder;
  const std::string path = folder.file("fifo");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const auto refused = AccessLog::open(path);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().find("nobody reads from it"), std::string::npos) << refused.error();
  const Fd reader(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  {
    auto log = AccessLog::open(path);
    ASSERT_TRUE(log);
    (*log)->write("served\n");
  }
  char text[16] = {};
  EXPECT_EQ(read(reader.get(), text, sizeof text), 7);
}

TEST(AccessLog, a_line_that_a_full_disk_cut_does_not_swallow_the_next_one) {
  const TempFolder folder;
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  {
    auto log = AccessLog::open(folder.file("access.log"));
    ASSERT_TRUE(log);
    const rlimit full{150, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &full);
    (*log)->write(many_lines(3));
    for (int tries = 0; tries < 10'000'000 && (*log)->lost_lines() == 0; ++tries) {
    }
    EXPECT_EQ((*log)->lost_lines(), 2U);
    setrlimit(RLIMIT_FSIZE, &before);
    (*log)->write("next\n");
  }
  signal(SIGXFSZ, handler);
  EXPECT_EQ(folder.read("access.log"),
            std::string(99, 'x') + "\n" + std::string(50, 'x') + "\nnext\n");
}

TEST(AccessLog, lines_that_find_the_queue_full_are_counted) {
  const StandardOutputIsAPipe output(0);
  auto log = AccessLog::open("stdout", std::chrono::milliseconds(10));
  ASSERT_TRUE(log);
  const std::string half = many_lines(20'000);  // of the 4 MiB of the queue
  for (int i = 0; i < 5; ++i) (*log)->write(half);
  EXPECT_GE((*log)->lost_lines(), 20'000U);
  EXPECT_EQ((*log)->lost_lines() % 20'000, 0U);
}

TEST(AccessLog, what_is_off_takes_everything_and_keeps_nothing) {
  auto log = AccessLog::open("off");
  ASSERT_TRUE(log);
  EXPECT_FALSE((*log)->enabled());
  (*log)->write("x\n");
  const auto missing = AccessLog::open("/nowhere/access.log");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().find("/nowhere/access.log cannot be opened"), std::string::npos);
}

TEST(RecentRefusals, keep_the_last_ones_and_cut_long_texts) {
  RecentRefusals refusals;
  const std::string path(1000, 'p');
  for (int i = 0; i < 100; ++i) {
    CallRecord call = record();
    const std::string id = std::to_string(i);
    call.request_id = id;
    call.path = path;
    call.method = path;
    call.reason = Reason::kKeyUnknown;
    refusals.add(call);
  }
  const auto list = refusals.latest_first();
  ASSERT_EQ(list.size(), RecentRefusals::kMost);
  EXPECT_EQ(list.front().request_id, "99");
  EXPECT_EQ(list.front().path.size(), RecentRefusals::kMostText);
  EXPECT_EQ(list.front().method.size(), RecentRefusals::kMostText);
}

}  // namespace
}  // namespace tollgate
