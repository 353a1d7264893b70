// See windows_file.h.
#include "proxy/windows_file.h"

#include <spdlog/spdlog.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <thread>

#include "conf/keys_editor.h"
#include "conf/text_file.h"
#include "filters/windows/window_snapshot.h"

namespace tollgate {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 30;

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

}  // namespace

tl::expected<std::optional<std::size_t>, Unread> restore_windows(const std::string& file,
                                                                 MemoryWindows& windows,
                                                                 const Instant& now) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return std::nullopt;
  const auto bytes = read_regular_file(file, kMostBytes);
  if (!bytes) return tl::unexpected(Unread{file + " " + bytes.error(), Unread::File::kForeign});
  if (bytes->empty()) return std::nullopt;
  const auto records = read_window_snapshot(*bytes, {now, boot_id()});
  if (!records) {
    return tl::unexpected(Unread{file + " " + records.error(), is_window_snapshot(*bytes)
                                                                   ? Unread::File::kOwn
                                                                   : Unread::File::kForeign});
  }
  for (const ScopeRecord& record : *records) windows.restore(record, now.steady);
  return records->size();
}

struct WindowsFile::State {
  const std::string file;

  // guarded by mu
  std::mutex mu;
  std::condition_variable changed;
  std::optional<std::string> waiting;
  Writes writes;
  bool ending = false;
  bool ended = false;

  explicit State(std::string path) : file(std::move(path)) {}
  void write_all();
};

// The writer's thread.
void WindowsFile::State::write_all() {
  bool failed = false;
  std::unique_lock lock(mu);
  while (!ending || waiting) {
    if (!waiting) {
      changed.wait(lock);
      continue;
    }
    const std::string bytes = std::move(*waiting);
    waiting.reset();
    lock.unlock();
    const auto written = write_file_atomically(file, bytes);
    if (!written && !failed) spdlog::error("windows are not saved: {}", written.error());
    if (written && failed) spdlog::info("windows are saved again");
    failed = !written;
    lock.lock();
    ++(written ? writes.succeeded : writes.failed);
  }
  ended = true;
  changed.notify_all();
}

WindowsFile::WindowsFile(std::string file) : state_(std::make_shared<State>(std::move(file))) {
  std::thread([state = state_] { state->write_all(); }).detach();
}

WindowsFile::~WindowsFile() {
  std::unique_lock lock(state_->mu);
  state_->ending = true;
  state_->changed.notify_all();
  state_->changed.wait_for(lock, std::chrono::seconds(2), [&] { return state_->ended; });
}

WindowsFile::Writes WindowsFile::writes() const {
  const std::lock_guard lock(state_->mu);
  return state_->writes;
}

void WindowsFile::save(MemoryWindows& windows, const Instant& now) {
  WindowSnapshotWriter writer({now, boot_id()});
  windows.visit(now.steady, [&](const ScopeRecord& record) { writer.add(record); });
  std::string bytes = std::move(writer).finish();
  const std::lock_guard lock(state_->mu);
  state_->waiting = std::move(bytes);
  state_->changed.notify_all();
}

}  // namespace tollgate
