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

}  // namespace

tl::expected<void, std::string> write_file_atomically(const std::string& file,
                                                      std::string_view text) {
  std::error_code error;
  const std::filesystem::path target = std::filesystem::weakly_canonical(file, error);
  const std::string path = error ? file : target.string();
  struct stat before {};
  const mode_t mode = stat(path.c_str(), &before) == 0 ? before.st_mode & 07777 : 0600;
  std::string fresh = path + ".XXXXXX";
  const int fd = mkstemp(fresh.data());
  if (fd < 0) {
    const bool read_only = errno == EROFS || errno == EACCES;
    return tl::unexpected(fmt::format(
        "{} cannot be written: {}{}", file, reason(),
        read_only ? " (a Kubernetes Secret is mounted read-only: edit the Secret itself)" : ""));
  }
  const bool written = write_all(fd, text) && fchmod(fd, mode) == 0;
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
