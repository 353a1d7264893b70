#include "conf/text_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace tollgate {
namespace {

constexpr std::size_t kMaxBytes = 16U << 20;
constexpr std::size_t kPortion = 64 * 1024;

}  // namespace

tl::expected<std::string, std::string> read_text_file(const std::string& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    return tl::unexpected(std::string("is a folder, not a file"));
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    return tl::unexpected(std::string("cannot be read: ") +
                          std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
  }
  // Read to the bound and no further: a device has neither a size nor an end.
  std::string text(kPortion, '\0');
  std::size_t size = 0;
  while (in.read(text.data() + size, static_cast<std::streamsize>(text.size() - size)), true) {
    size += static_cast<std::size_t>(in.gcount());
    if (size > kMaxBytes) return tl::unexpected(std::string("is larger than 16 MiB"));
    if (!in) break;
    text.resize(2 * text.size());
  }
  text.resize(size);
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  return text;
}

}  // namespace tollgate
