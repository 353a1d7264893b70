// See access_log.h. Workers queue, one thread of the log's own writes.
#include "proxy/access_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <future>
#include <mutex>
#include <optional>
#include <thread>

#include "proxy/clock.h"
#include "proxy/socket.h"

namespace tollgate {
namespace {

constexpr std::size_t kMostQueued = 4U << 20;
constexpr std::size_t kMostKept = 64U << 10;  // of a buffer, once a burst is over
constexpr std::chrono::seconds kComplainEvery{60};
// In which a writer that is told to give up does so, unless it hangs inside a write.
constexpr std::chrono::milliseconds kGivingUpTakes{500};

class NoLog final : public AccessLog {
 public:
  bool enabled() const override { return false; }
  void write(std::string_view) override {}
  tl::expected<void, std::string> reopen() override { return {}; }
  std::uint64_t lost_lines() const override { return 0; }
};

// Not blocking, so that a FIFO without a reader is an error and not a wait.
tl::expected<Fd, std::string> open_file(const std::string& path) {
  Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0640));
  if (fd.valid()) return fd;
  if (errno == ENXIO) {
    return tl::unexpected(fmt::format(
        "the access log {} cannot be opened: nobody reads from it; start its reader first", path));
  }
  return tl::unexpected(fmt::format("the access log {} cannot be opened: {}", path,
                                    std::strerror(errno)));  // NOLINT(concurrency-mt-unsafe)
}

// A descriptor of its own, with the flags that standard output has: they are shared with whoever
// else writes there, and not ours to change.
tl::expected<Fd, std::string> open_standard_output() {
  Fd fd(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  // Where there was none, main has put one that takes nothing.
  if (fd.valid() && (fcntl(fd.get(), F_GETFL) & O_ACCMODE) != O_RDONLY) return fd;
  return tl::unexpected(std::string(
      "the access log cannot be written to standard output, which is closed; name a file"));
}

// As much as poll(2) promises room for: a pipe takes that without blocking, even where it is not
// set to. Whole lines where they fit, so that others who write to the pipe do not cut them.
std::string_view portion_of(std::string_view lines) {
  const std::string_view portion = lines.substr(0, PIPE_BUF);
  const std::size_t last_end = portion.rfind('\n');
  return last_end == portion.npos ? portion : portion.substr(0, last_end + 1);
}

// What the log and its writer's thread share: a thread that hangs in a write (a terminal on hold, a
// dead network file system) is left behind, with its half of this.
class Writer {
 public:
  enum class Phase {
    kOpen,
    kClosing,   // ends once all is written
    kGivingUp,  // ends now
  };

  explicit Writer(Fd fd) : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { use(std::move(fd)); }

  void queue(std::string_view lines) {
    bool wake = false;
    {
      const std::lock_guard lock(mu_);
      if (queue_.size() + lines.size() > kMostQueued) return lose(lines);
      queue_.append(lines);
      wake = sleeping_;
      sleeping_ = false;
    }
    if (wake) eventfd_write(wake_.get(), 1);
  }

  void rotate_to(Fd fresh) {
    const std::lock_guard lock(mu_);
    fresh_ = std::move(fresh);
  }

  void enter(Phase phase) {
    {
      const std::lock_guard lock(mu_);
      phase_ = phase;
    }
    eventfd_write(wake_.get(), 1);
  }

  std::uint64_t lost_lines() const { return lost_.load(); }

  void run() {
    while (take_lines()) {
      for (rest_ = lines_; !rest_.empty();) {
        if (!wait_for_room()) return lose_all();
        write_some();
      }
      if (lines_.capacity() > kMostKept) std::string().swap(lines_);
    }
  }

 private:
  void use(Fd fd) {
    fd_ = std::move(fd);
    struct stat about {};
    is_file_ = fstat(fd_.get(), &about) == 0 && S_ISREG(about.st_mode);
    cut_ = false;
  }

  // Waits for lines. False: there are none, and no more will come.
  bool take_lines() {
    while (true) {
      {
        const std::lock_guard lock(mu_);
        sleeping_ = queue_.empty() && phase_ == Phase::kOpen;
        if (!sleeping_) break;
      }
      pollfd wake{wake_.get(), POLLIN, 0};
      poll(&wake, 1, -1);
      take_wake();
    }
    const std::lock_guard lock(mu_);
    lines_.clear();
    lines_.swap(queue_);
    if (fresh_.valid()) use(std::move(fresh_));
    if (cut_ && !lines_.empty()) lines_.insert(0, 1, '\n');
    return !lines_.empty();
  }

  // False: told to give up.
  bool wait_for_room() {
    while (true) {
      {
        const std::lock_guard lock(mu_);
        if (phase_ == Phase::kGivingUp) return false;
      }
      pollfd ends[] = {{fd_.get(), POLLOUT, 0}, {wake_.get(), POLLIN, 0}};
      poll(ends, 2, -1);
      if (ends[1].revents != 0) take_wake();
      if (ends[0].revents != 0) return true;
    }
  }

  void take_wake() {
    eventfd_t ignored = 0;
    eventfd_read(wake_.get(), &ignored);
  }

  void write_some() {
    const std::string_view portion = is_file_ ? rest_ : portion_of(rest_);
    const ssize_t written = ::write(fd_.get(), portion.data(), portion.size());
    if (written > 0) {
      cut_ = portion[static_cast<std::size_t>(written) - 1] != '\n';
      rest_.remove_prefix(static_cast<std::size_t>(written));
    } else if (written < 0 && errno != EINTR && errno != EAGAIN) {
      const int error = errno;
      lose(rest_);
      rest_ = {};
      complain(error);
    }
  }

  // A line end at the front is that of a line that went before.
  void lose(std::string_view lines) {
    const auto ends = std::count(lines.begin(), lines.end(), '\n');
    lost_ += static_cast<std::uint64_t>(ends) - (lines.starts_with('\n') ? 1 : 0);
  }

  void lose_all() {
    lose(rest_);
    const std::lock_guard lock(mu_);
    lose(queue_);
    queue_.clear();
  }

  void complain(int error) {
    {
      // Who was left behind finds the program's own log gone.
      const std::lock_guard lock(mu_);
      if (phase_ == Phase::kGivingUp) return;
    }
    const auto now = system_clock().now().steady;
    if (complained_at_ && now - *complained_at_ < kComplainEvery) return;
    complained_at_ = now;
    spdlog::error("the access log cannot be written: {}; {} lines are lost so far",
                  std::strerror(error), lost_.load());  // NOLINT(concurrency-mt-unsafe)
  }

  const Fd wake_;  // counts up when the writer is to look again
  std::atomic<std::uint64_t> lost_{0};

  // the writer's thread only
  Fd fd_;
  bool is_file_ = false;  // its writes are never short of room, but of disk
  bool cut_ = false;      // what was written last is not a whole line
  std::string lines_;
  std::string_view rest_;  // of lines_, not written yet
  std::optional<std::chrono::steady_clock::time_point> complained_at_;

  // guarded by mu_
  std::mutex mu_;
  std::string queue_;
  Fd fresh_;
  bool sleeping_ = false;
  Phase phase_ = Phase::kOpen;
};

class FileLog final : public AccessLog {
 public:
  FileLog(std::string path, Fd fd, std::chrono::milliseconds last_wait)
      : path_(std::move(path)),
        last_wait_(last_wait),
        writer_(std::make_shared<Writer>(std::move(fd))) {
    std::promise<void> ended;
    ended_ = ended.get_future();
    thread_ = std::thread([writer = writer_, ended = std::move(ended)]() mutable {
      writer->run();
      ended.set_value();
    });
  }

  ~FileLog() override {
    writer_->enter(Writer::Phase::kClosing);
    if (!has_ended_within(last_wait_)) {
      writer_->enter(Writer::Phase::kGivingUp);
      if (!has_ended_within(kGivingUpTakes)) {
        spdlog::error("the access log hangs in a write; lines that waited for it are lost");
        thread_.detach();
        return;
      }
      spdlog::error("the access log takes no more lines; {} are lost in all", lost_lines());
    }
    thread_.join();
  }

  bool enabled() const override { return true; }
  void write(std::string_view lines) override { writer_->queue(lines); }
  tl::expected<void, std::string> reopen() override {
    if (path_.empty()) return {};
    auto fd = open_file(path_);
    if (!fd) return tl::unexpected(fd.error());
    writer_->rotate_to(std::move(*fd));
    return {};
  }
  std::uint64_t lost_lines() const override { return writer_->lost_lines(); }

 private:
  bool has_ended_within(std::chrono::milliseconds wait) const {
    return ended_.wait_for(wait) == std::future_status::ready;
  }

  const std::string path_;  // empty: standard output, which is never opened anew
  const std::chrono::milliseconds last_wait_;
  const std::shared_ptr<Writer> writer_;
  std::future<void> ended_;
  std::thread thread_;
};

}  // namespace

tl::expected<std::unique_ptr<AccessLog>, std::string> AccessLog::open(
    const std::string& path, std::chrono::milliseconds last_wait) {
  if (path == "off") return std::make_unique<NoLog>();
  auto fd = path == "stdout" ? open_standard_output() : open_file(path);
  if (!fd) return tl::unexpected(fd.error());
  return std::make_unique<FileLog>(path == "stdout" ? "" : path, std::move(*fd), last_wait);
}

}  // namespace tollgate
