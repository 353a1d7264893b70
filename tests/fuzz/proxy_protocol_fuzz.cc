// Any bytes at the head of a connection: a header is found with the same end however the bytes come
// in, what follows changes nothing, and nothing is read beyond what is there.
#include "proxy/proxy_protocol.h"

#include <algorithm>
#include <string>

#include "tests/fuzz/properties.h"

namespace tollgate {
namespace {

void check(std::string_view bytes) {
  const auto whole = parse_proxy_header(bytes);
  bool over = false;
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    // A copy of its own, so that a sanitizer sees a byte too far.
    const std::string part(bytes.substr(0, length));
    const auto parsed = parse_proxy_header(part);
    const bool incomplete = parsed && !*parsed;
    must(!(over && incomplete), "what was decided stays decided");
    if (incomplete) {
      must(length < kMostProxyHeaderBytes, "a header has an end");
      continue;
    }
    over = true;
    must(parsed.has_value() == whole.has_value(), "more bytes change no verdict");
    if (!parsed) continue;
    must((*parsed)->bytes == (*whole)->bytes, "more bytes change no length");
    must((*parsed)->client == (*whole)->client, "more bytes change no client");
    must((*parsed)->bytes <= length, "a header is as long as what is there");
  }
}

}  // namespace
}  // namespace tollgate

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The parser looks at the first bytes alone; every beginning of them is tried.
  tollgate::check(tollgate::text_of(data, std::min<std::size_t>(size, 5000)));
  return 0;
}
