// See file_watch.h. Control thread.
#include "proxy/file_watch.h"

#include <event2/event.h>
#include <openssl/evp.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <set>

#include "conf/text_file.h"
#include "proxy/socket.h"

namespace tollgate {
namespace {

constexpr timeval kQuiet{0, 50'000};
constexpr timeval kLatest{0, 300'000};  // a folder that never rests is looked at all the same
constexpr timeval kSettled{0, 100'000};
constexpr timeval kNet{10, 0};
constexpr std::uint32_t kEvents =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB;

class FileWatchImpl final : public FileWatch {
 public:
  FileWatchImpl(event_base* base, std::function<void()> changed)
      : changed_(std::move(changed)),
        inotify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
        quiet_(timer(base, 0)),
        latest_(timer(base, 0)),
        second_look_(timer(base, 0)),
        net_(timer(base, EV_PERSIST)) {
    event_add(net_, &kNet);
    if (!inotify_.valid()) return;  // out of instances: the net alone then
    readable_ = event_new(
        base, inotify_.get(), EV_READ | EV_PERSIST,
        [](evutil_socket_t, short, void* self) { static_cast<FileWatchImpl*>(self)->stirred(); },
        this);
    event_add(readable_, nullptr);
  }
  ~FileWatchImpl() override {
    for (event* each : {quiet_, latest_, second_look_, net_}) event_free(each);
    if (readable_ != nullptr) event_free(readable_);
  }

  void watch(std::vector<SeenFile> files) override {
    seen_ = std::move(files);
    watch_folders();
    // What happened before the folders were watched is told by nobody else.
    event_add(quiet_, &kQuiet);
  }

 private:
  event* timer(event_base* base, short flags) {
    return event_new(
        base, -1, flags,
        [](evutil_socket_t, short, void* self) { static_cast<FileWatchImpl*>(self)->compare(); },
        this);
  }

  // The folders that hold the files, and those that their links lead through.
  void watch_folders() {
    std::set<std::string> folders;
    for (const SeenFile& file : seen_) {
      std::error_code error;
      // Without a working folder there is none.
      std::filesystem::path path = std::filesystem::absolute(file.name, error);
      for (int links = 0; links < 8 && !error; ++links) {
        folders.insert(path.parent_path().string());
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
    if (between_looks_) return;
    event_add(quiet_, &kQuiet);
    if (event_pending(latest_, EV_TIMEOUT, nullptr) == 0) event_add(latest_, &kLatest);
  }

  // A file that is written in place is half written for a while: what two looks in a row find alike
  // is taken.
  void compare() {
    if (event_pending(second_look_, EV_TIMEOUT, nullptr) != 0)
      return;  // the net, between two looks
    event_del(quiet_);
    event_del(latest_);
    std::vector<SeenFile> now;
    for (const SeenFile& file : seen_) now.push_back(look_at_file(file.name));
    const bool settled = between_looks_ && now == last_look_;
    last_look_ = now;
    between_looks_ = now != seen_ && !settled;
    if (between_looks_) event_add(second_look_, &kSettled);
    if (!settled || now == seen_) return;
    seen_ = std::move(now);
    watch_folders();
    changed_();
  }

  const std::function<void()> changed_;
  Fd inotify_;
  event* readable_ = nullptr;
  event* quiet_;
  event* latest_;
  event* second_look_;
  event* net_;
  std::vector<SeenFile> seen_;
  std::vector<SeenFile> last_look_;
  bool between_looks_ = false;  // the last one found a change, which the next is to find alike
};

}  // namespace

SeenFile look_at_file(std::string name) {
  const auto contents = read_text_file(name);
  if (!contents) return {std::move(name), ""};
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(contents->data(), contents->size(), digest.data(), &length, EVP_sha256(), nullptr);
  return {std::move(name), std::string(digest.begin(), digest.begin() + length)};
}

std::unique_ptr<FileWatch> FileWatch::start(event_base* base, std::vector<SeenFile> files,
                                            std::function<void()> changed) {
  auto watch = std::make_unique<FileWatchImpl>(base, std::move(changed));
  watch->watch(std::move(files));
  return watch;
}

}  // namespace tollgate
