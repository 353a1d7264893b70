#include "conf/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace tollgate {
namespace {

constexpr std::size_t kMaxTextBytes = 16U << 20;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  const int fd_;
};

tl::unexpected<std::string> unreadable(int error) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  return tl::unexpected(fmt::format("cannot be read: {}", std::strerror(error)));
}

}  // namespace

tl::expected<std::string, std::string> read_regular_file(const std::string& file,
                                                         std::size_t most) {
  // A pipe that nobody writes to holds up nobody here.
  const Descriptor in(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat about {};
  if (in.get() < 0 || fstat(in.get(), &about) != 0) return unreadable(errno);
  if (S_ISDIR(about.st_mode)) return tl::unexpected(std::string("is a folder, not a file"));
  if (!S_ISREG(about.st_mode)) {
    return tl::unexpected(
        std::string("is a pipe or a device: what it holds can be read only from a file"));
  }
  const auto too_large = [most] {
    return tl::unexpected(fmt::format("is larger than {} MiB", most >> 20));
  };
  if (static_cast<std::size_t>(about.st_size) > most) return too_large();
  // It may grow meanwhile, and files of /proc say that they are empty.
  std::string bytes(static_cast<std::size_t>(about.st_size) + 1, '\0');
  std::size_t size = 0;
  for (;;) {
    const ssize_t got = read(in.get(), bytes.data() + size, bytes.size() - size);
    if (got < 0) return unreadable(errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (size > most) return too_large();
    if (size == bytes.size()) bytes.resize(2 * size);
  }
  bytes.resize(size);
  return bytes;
}

tl::expected<std::string, std::string> read_text_file(const std::string& file) {
  auto text = read_regular_file(file, kMaxTextBytes);
  if (text && text->starts_with("\xef\xbb\xbf")) text->erase(0, 3);
  return text;
}

}  // namespace tollgate
