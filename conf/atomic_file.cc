// write_file_atomically; see keys_editor.h.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "conf/keys_editor.h"

namespace tollgate {
namespace {

std::string reason() { return std::strerror(errno); }  // NOLINT(concurrency-mt-unsafe)

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return fsync(fd) == 0;
}

// Who could read the file before can read it afterwards: its mode stays, and its owner where that
// matters.
bool takes_place_of(const struct stat& before, int fd) {
  struct stat now {};
  if (fstat(fd, &now) != 0) return false;
  const bool grouped = now.st_gid == before.st_gid || (before.st_mode & S_IRWXG) == 0;
  const bool owned = now.st_uid == before.st_uid && grouped;
  const bool all_read = (before.st_mode & S_IROTH) != 0;
  return (owned || fchown(fd, before.st_uid, before.st_gid) == 0 || all_read) &&
         fchmod(fd, before.st_mode & 07777) == 0;
}

}  // namespace

tl::expected<void, std::string> write_file_atomically(const std::string& file,
                                                      std::string_view text) {
  std::error_code error;
  const std::filesystem::path target = std::filesystem::weakly_canonical(file, error);
  const std::string path = error ? file : target.string();
  struct stat before {};
  const bool replaces = stat(path.c_str(), &before) == 0;
  if (replaces && !S_ISREG(before.st_mode)) {
    return tl::unexpected(fmt::format("{} is not written over: it is no regular file", file));
  }
  std::string fresh = path + ".XXXXXX";
  const int fd = mkstemp(fresh.data());
  if (fd < 0) {
    const bool read_only = errno == EROFS || errno == EACCES;
    return tl::unexpected(fmt::format(
        "{} cannot be written: {}{}", file, reason(),
        read_only ? " (a Kubernetes Secret is mounted read-only: edit the Secret itself)" : ""));
  }
  const bool written = write_all(fd, text) && (!replaces || takes_place_of(before, fd));
  const std::string why = reason();
  close(fd);
  if (!written || rename(fresh.c_str(), path.c_str()) != 0) {
    const std::string problem = written ? reason() : why;
    unlink(fresh.c_str());
    return tl::unexpected(fmt::format("{} cannot be written: {}", file, problem));
  }
  return {};
}

}  // namespace tollgate
