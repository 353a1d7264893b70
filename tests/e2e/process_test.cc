// The program as a process: what it makes of the descriptors that it is given, and how it ends.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "tests/support/conversation.h"

namespace tollgate {
namespace {

// A pipe to which the program writes.
class Pipe {
 public:
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
    reader_ = Fd(ends[0]);
    writer_ = Fd(ends[1]);
  }
  [[nodiscard]] int writer() const { return writer_.get(); }
  [[nodiscard]] bool read_until(const std::string& token) {
    for (std::string text; text.find(token) == std::string::npos;) {
      pollfd readable{reader_.get(), POLLIN, 0};
      std::array<char, 4096> bytes{};
      if (poll(&readable, 1, 10'000) != 1) return false;
      const ssize_t got = read(reader_.get(), bytes.data(), bytes.size());
      if (got <= 0) return false;
      text.append(bytes.data(), static_cast<std::size_t>(got));
    }
    return true;
  }
  void fill() const {
    fcntl(writer_.get(), F_SETFL, O_NONBLOCK);
    while (write(writer_.get(), "x", 1) == 1) {
    }
    fcntl(writer_.get(), F_SETFL, 0);
  }

 private:
  Fd reader_;
  Fd writer_;
};

// The program with this folder's configuration, `prepare` having seen to its descriptors.
template <typename Prepare>
pid_t start(const TempFolder& folder, Prepare prepare) {
  const std::string config = folder.file("t.yaml");
  const pid_t process = fork();
  if (process != 0) return process;
  prepare();
  execl(TOLLGATE_PROGRAM, "tollgate", "run", "-c", config.c_str(), nullptr);
  _exit(127);
}

// Its exit status; it is killed where it does not end.
int end_of(pid_t process) {
  const Fd handle(static_cast<int>(syscall(SYS_pidfd_open, process, 0)));
  pollfd ended{handle.get(), POLLIN, 0};
  EXPECT_EQ(poll(&ended, 1, 20'000), 1) << "it still runs";
  kill(process, SIGKILL);
  int status = -1;
  waitpid(process, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class Process : public testing::Test {
 protected:
  void configure(const std::string& more = "") {
    folder_.write("t.yaml", "listen: [{address: \"unix:" + folder_.file("socket") +
                                "\"}]\nadmin: {address: \"127.0.0.1:0\"}\n" +
                                "apis:\n  - {name: a, base: /, upstream: {url: \"http://h\"}}\n" +
                                more);
  }
  void expect_to_serve_and_end(pid_t process) const {
    Peer client = Peer::connect_unix(folder_.file("socket"));
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read_message().status(), 401);
    kill(process, SIGTERM);
    EXPECT_EQ(end_of(process), 0);
  }
  pid_t start_with_standard_error_alone() const {
    return start(folder_, [&] {
      dup2(output_.writer(), STDERR_FILENO);
      close(STDIN_FILENO);
      close(STDOUT_FILENO);
    });
  }

  TempFolder folder_;
  Pipe output_;
};

TEST_F(Process, ends_although_nobody_reads_what_it_writes) {
  configure();
  const pid_t process = start(folder_, [&] {
    dup2(output_.writer(), STDOUT_FILENO);
    dup2(output_.writer(), STDERR_FILENO);
  });
  ASSERT_TRUE(output_.read_until("is ready"));
  output_.fill();
  expect_to_serve_and_end(process);
}

TEST_F(Process, what_it_is_not_given_of_the_standard_descriptors_is_nothing_else) {
  configure("access_log: {path: access.log}\n");
  const pid_t process = start_with_standard_error_alone();
  ASSERT_TRUE(output_.read_until("is ready"));
  const std::string descriptors = "/proc/" + std::to_string(process) + "/fd/";
  EXPECT_EQ(std::filesystem::read_symlink(descriptors + "0"), "/dev/null");
  EXPECT_EQ(std::filesystem::read_symlink(descriptors + "1"), "/dev/null");
  expect_to_serve_and_end(process);
}

TEST_F(Process, does_not_start_where_its_access_log_would_be_lost) {
  configure("access_log: {path: stdout}\n");
  const pid_t process = start_with_standard_error_alone();
  EXPECT_TRUE(output_.read_until("standard output, which is closed; name a file"));
  EXPECT_EQ(end_of(process), 1);
}

}  // namespace
}  // namespace tollgate
