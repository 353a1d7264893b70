// The file in which windows survive a restart. Written by a thread of its own, so that a slow disk
// keeps nobody waiting.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "filters/exchange.h"
#include "filters/windows/memory_windows.h"

namespace tollgate {

// Why a file is ignored. A foreign one is somebody else's and must not be written over.
struct Unread {
  std::string why;
  enum class File { kOwn, kForeign } file = File::kOwn;
};
// Reads the file into the store: of how many scopes; none: there is no such file, or nothing in it.
[[nodiscard]] tl::expected<std::optional<std::size_t>, Unread> restore_windows(
    const std::string& file, MemoryWindows& windows, const Instant& now);

// Control thread.
class WindowsFile {
 public:
  explicit WindowsFile(std::string file);
  ~WindowsFile();  // gives a write that is under way two seconds
  WindowsFile(const WindowsFile&) = delete;
  WindowsFile& operator=(const WindowsFile&) = delete;

  // Takes the windows as they are now, to be written by and by; replaces what still waits.
  void save(MemoryWindows& windows, const Instant& now);

  struct Writes {
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
  };
  [[nodiscard]] Writes writes() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // the writer's too, which may outlive this on a disk that hangs
};

}  // namespace tollgate
