// Request heads: any bytes, in any pieces, under small limits.
#include <cctype>

#include "tests/fuzz/http1_checks.h"

namespace tollgate::http1 {
namespace {

constexpr HeadLimits kLimits{.max_bytes = 1024, .max_fields = 12};

// Percent-decodes once more than anyone should, without the parser's own tables.
std::string decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    require(i + 2 < text.size(), "a percent-encoding is whole");
    const std::string digits(text.substr(i + 1, 2));
    require(std::isxdigit(static_cast<unsigned char>(digits[0])) != 0 &&
                std::isxdigit(static_cast<unsigned char>(digits[1])) != 0,
            "a percent-encoding is hexadecimal");
    decoded.push_back(static_cast<char>(std::stoi(digits, nullptr, 16)));
    i += 2;
  }
  return decoded;
}

void require_safe_path(std::string_view path) {
  const std::string decoded = decode(path);
  for (const char c : decoded) {
    require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '\\', "a path is clean");
  }
  std::size_t slashes = 0;
  for (const char c : path) slashes += c == '/' ? 1 : 0;
  for (const char c : decoded) slashes -= c == '/' ? 1 : 0;
  require(slashes == 0, "decoding makes no new slash");
  for (std::size_t begin = 0; begin < decoded.size();) {
    const std::size_t end = std::min(decoded.find('/', begin), decoded.size());
    const std::string segment = decoded.substr(begin, end - begin);
    const std::string bare = segment.substr(0, segment.find(';'));
    require(bare != "." && bare != "..", "a path has no dot segment");
    begin = end + 1;
  }
}

void require_sound(const Request& request, std::string_view bytes) {
  require(request.head_bytes <= bytes.size() && request.head_bytes <= kLimits.max_bytes,
          "the head is within the input and the limit");
  const std::string_view head_text = bytes.substr(0, request.head_bytes);
  require(head_text.ends_with("\r\n\r\n"), "a head ends with an empty line");
  require_clean_fields(request.fields, head_text);
  const RequestHead& head = request.head;
  require_within(head.method_name, head_text);
  require_within(head.host, head_text);
  require(!head.method_name.empty() && !head.target.empty(), "a request has a method and a target");
  require(head.minor_version == 0 || !head.host.empty(), "HTTP/1.1 has a host");
  require(head.headers.size() == request.fields.size() && head.headers.size() <= kLimits.max_fields,
          "the fields are within the limit");
  require(request.framing != Framing::kUntilClose, "a request does not end with the connection");
  if (head.method == Method::kConnect) return;
  if (head.target != "*") require_within(head.target, head_text);
  if (head.target == "*") {
    require(head.method == Method::kOptions, "the target * belongs to OPTIONS");
    return;
  }
  require(head.path.front() == '/' && head.target.starts_with(head.path), "a target has a path");
  require(head.target.size() == head.path.size() ||
              head.target == std::string(head.path) + "?" + std::string(head.query),
          "a target is path and query");
  require_safe_path(head.path);
  (void)decode(head.query);
}

Parsed parse(std::string_view bytes) {
  static Request request;
  Parsed parsed{.progress = parse_request(bytes, kLimits, request), .head_bytes = 0};
  if (!parsed.progress) {
    const HeadError& error = parsed.progress.error();
    require(error.status == 0 || error.status == 400 || error.status == 431 || error.status == 505,
            "an error has a known status");
    require(!error.what.empty(), "an error has words");
  } else if (*parsed.progress == Progress::kComplete) {
    require_sound(request, bytes);
    parsed.head_bytes = request.head_bytes;
  }
  return parsed;
}

}  // namespace
}  // namespace tollgate::http1

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tollgate::http1;
  require_same_verdict_for_prefixes(as_text(data, size), parse);
  return 0;
}
