#include "conf/text_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace tollgate {
namespace {

constexpr std::uintmax_t kMaxBytes = 16U << 20;

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
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (!error && size > kMaxBytes) {
    return tl::unexpected(std::string("is larger than 16 MiB"));
  }
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  return text;
}

}  // namespace tollgate
