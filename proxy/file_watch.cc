// See file_watch.h. Control thread.
#include "proxy/file_watch.h"

#include <event2/event.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "proxy/socket.h"

namespace tollgate {
namespace {

constexpr timeval kQuiet{0, 50'000};
constexpr timeval kNet{10, 0};
constexpr int kMostPostponed = 10;  // × kQuiet: a folder that never rests is looked at all the same
constexpr std::uint32_t kEvents =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB;

std::string contents_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class FileWatchImpl final : public FileWatch {
 public:
  FileWatchImpl(event_base* base, std::function<void()> changed)
      : changed_(std::move(changed)),
        inotify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
        quiet_(event_new(
            base, -1, 0,
            [](evutil_socket_t, short, void* self) {
              static_cast<FileWatchImpl*>(self)->compare();
            },
            this)),
        net_(event_new(
            base, -1, EV_PERSIST,
            [](evutil_socket_t, short, void* self) {
              static_cast<FileWatchImpl*>(self)->compare();
            },
            this)) {
    event_add(net_, &kNet);
    if (!inotify_.valid()) return;  // out of instances: the net alone then
    readable_ = event_new(
        base, inotify_.get(), EV_READ | EV_PERSIST,
        [](evutil_socket_t, short, void* self) { static_cast<FileWatchImpl*>(self)->stirred(); },
        this);
    event_add(readable_, nullptr);
  }
  ~FileWatchImpl() override {
    event_free(quiet_);
    event_free(net_);
    if (readable_ != nullptr) event_free(readable_);
  }

  void watch(std::vector<std::string> files) override {
    files_ = std::move(files);
    seen_ = read_all();
    watch_folders();
  }

 private:
  // The folders that hold the files, and those that their links lead through.
  void watch_folders() {
    std::set<std::string> folders;
    for (const std::string& file : files_) {
      std::filesystem::path path = std::filesystem::absolute(file);
      for (int links = 0; links < 8; ++links) {
        folders.insert(path.parent_path().string());
        std::error_code error;
        const auto target = std::filesystem::read_symlink(path, error);
        if (error) break;
        path = target.is_absolute() ? target : path.parent_path() / target;
      }
    }
    for (const std::string& folder : folders) {
      inotify_add_watch(inotify_.get(), folder.c_str(), kEvents);
    }
  }

  void stirred() {
    char events[4096];
    while (read(inotify_.get(), events, sizeof events) > 0) {
    }
    if (postponed_++ < kMostPostponed) event_add(quiet_, &kQuiet);
  }

  void compare() {
    postponed_ = 0;
    std::vector<std::string> now = read_all();
    if (now == seen_) return;
    seen_ = std::move(now);
    watch_folders();
    changed_();
  }

  std::vector<std::string> read_all() const {
    std::vector<std::string> contents;
    for (const std::string& file : files_) contents.push_back(contents_of(file));
    return contents;
  }

  const std::function<void()> changed_;
  Fd inotify_;
  event* readable_ = nullptr;
  event* quiet_;
  event* net_;
  std::vector<std::string> files_;
  std::vector<std::string> seen_;  // their contents
  int postponed_ = 0;
};

}  // namespace

std::unique_ptr<FileWatch> FileWatch::start(event_base* base, std::vector<std::string> files,
                                            std::function<void()> changed) {
  auto watch = std::make_unique<FileWatchImpl>(base, std::move(changed));
  watch->watch(std::move(files));
  return watch;
}

}  // namespace tollgate
