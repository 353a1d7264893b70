// Response heads: any bytes, in any pieces, under small limits, as answers to GET and to HEAD.
#include "tests/fuzz/http1_checks.h"

namespace tollgate::http1 {
namespace {

constexpr HeadLimits kLimits{.max_bytes = 1024, .max_fields = 12};

void require_sound(const Response& response, Method method, std::string_view bytes) {
  require(response.head_bytes <= bytes.size() && response.head_bytes <= kLimits.max_bytes,
          "the head is within the input and the limit");
  const std::string_view head = bytes.substr(0, response.head_bytes);
  require(head.ends_with("\r\n\r\n"), "a head ends with an empty line");
  require_clean_fields(response.fields, head);
  require_within(response.reason_phrase, head);
  require(response.status >= 100 && response.status <= 599, "a status is in range");
  require(response.fields.size() <= kLimits.max_fields, "the fields are within the limit");
  const bool bodiless = method == Method::kHead || response.status < 200 ||
                        response.status == 204 || response.status == 304;
  require(bodiless == (response.framing == Framing::kNone), "HEAD, 1xx, 204 and 304 have no body");
  require(response.framing != Framing::kUntilClose || !response.keep_alive,
          "a body that ends with the connection is its last");
}

template <Method method>
Parsed parse(std::string_view bytes) {
  static Response response;
  Parsed parsed{.progress = parse_response(bytes, kLimits, method, response), .head_bytes = 0};
  if (!parsed.progress) {
    require(parsed.progress.error().status == 502, "an error is the upstream's");
    require(!parsed.progress.error().what.empty(), "an error has words");
  } else if (*parsed.progress == Progress::kComplete) {
    require_sound(response, method, bytes);
    parsed.head_bytes = response.head_bytes;
  }
  return parsed;
}

}  // namespace
}  // namespace tollgate::http1

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tollgate;
  using namespace tollgate::http1;
  require_same_verdict_for_prefixes(as_text(data, size), parse<Method::kGet>);
  require_same_verdict_for_prefixes(as_text(data, size), parse<Method::kHead>);
  return 0;
}
