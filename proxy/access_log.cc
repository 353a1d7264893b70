// See access_log.h. Workers queue, one thread of the log's own writes.
#include "proxy/access_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>

#include "proxy/clock.h"
#include "proxy/socket.h"

namespace tollgate {
namespace {

constexpr std::size_t kMostQueued = 4U << 20;
constexpr std::chrono::seconds kComplainEvery{60};

class NoLog final : public AccessLog {
 public:
  bool enabled() const override { return false; }
  bool write(std::string_view) override { return true; }
  tl::expected<void, std::string> reopen() override { return {}; }
  std::uint64_t lost_lines() const override { return 0; }
};

tl::expected<Fd, std::string> open_file(const std::string& path) {
  Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  if (fd.valid()) return fd;
  return tl::unexpected(fmt::format("the access log {} cannot be opened: {}", path,
                                    std::strerror(errno)));  // NOLINT(concurrency-mt-unsafe)
}

class FileLog final : public AccessLog {
 public:
  FileLog(std::string path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {
    writer_ = std::thread([this] { run(); });
  }
  ~FileLog() override {
    {
      const std::lock_guard lock(mu_);
      stopping_ = true;
    }
    queued_.notify_one();
    writer_.join();
  }

  bool enabled() const override { return true; }

  bool write(std::string_view lines) override {
    bool wake = false;
    {
      const std::lock_guard lock(mu_);
      if (queue_.size() + lines.size() > kMostQueued) {
        lost_ += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
        return false;
      }
      queue_.append(lines);
      wake = sleeping_;
      sleeping_ = false;
    }
    if (wake) queued_.notify_one();
    return true;
  }

  tl::expected<void, std::string> reopen() override {
    if (path_.empty()) return {};
    auto fd = open_file(path_);
    if (!fd) return tl::unexpected(fd.error());
    const std::lock_guard lock(mu_);
    fresh_ = std::move(*fd);
    return {};
  }

  std::uint64_t lost_lines() const override { return lost_.load(); }

 private:
  void run() {
    std::string lines;
    while (true) {
      {
        std::unique_lock lock(mu_);
        sleeping_ = queue_.empty();
        queued_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        sleeping_ = false;
        if (queue_.empty()) return;
        lines.clear();
        lines.swap(queue_);
        if (fresh_.valid()) fd_ = std::move(fresh_);
      }
      write_all(lines);
    }
  }

  void write_all(std::string_view lines) {
    while (!lines.empty()) {
      const ssize_t written = ::write(fd_.get(), lines.data(), lines.size());
      if (written >= 0) {
        lines.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno != EINTR) {
        return complain(lines, errno);
      }
    }
  }

  void complain(std::string_view lines, int error) {
    const auto lost = static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
    lost_ += lost;
    const auto now = system_clock().now().steady;
    if (complained_at_ && now - *complained_at_ < kComplainEvery) return;
    complained_at_ = now;
    spdlog::error("the access log cannot be written: {}; {} lines are lost so far",
                  std::strerror(error), lost_.load());  // NOLINT(concurrency-mt-unsafe)
  }

  const std::string path_;  // empty: standard output, which is never opened anew
  std::atomic<std::uint64_t> lost_{0};

  // the writer's thread only
  Fd fd_;
  std::optional<std::chrono::steady_clock::time_point> complained_at_;

  // guarded by mu_
  std::mutex mu_;
  std::condition_variable queued_;
  std::string queue_;
  Fd fresh_;
  bool sleeping_ = false;
  bool stopping_ = false;

  std::thread writer_;
};

}  // namespace

tl::expected<std::unique_ptr<AccessLog>, std::string> AccessLog::open(const std::string& path) {
  if (path == "off") return std::make_unique<NoLog>();
  if (path == "stdout") return std::make_unique<FileLog>("", Fd(dup(STDOUT_FILENO)));
  auto fd = open_file(path);
  if (!fd) return tl::unexpected(fd.error());
  return std::make_unique<FileLog>(path, std::move(*fd));
}

}  // namespace tollgate
