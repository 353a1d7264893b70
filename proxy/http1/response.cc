// Response heads: status line, fields, and how the body is framed. As strict as for requests:
// whatever an upstream sends that two readers might take differently is an error. Used by every
// worker; no state.
#include <algorithm>

#include "proxy/http1/characters.h"
#include "proxy/http1/fields.h"
#include "proxy/http1/message.h"

namespace tollgate::http1 {
namespace {

using Result = tl::expected<Progress, HeadError>;

constexpr int kBadGateway = 502;
constexpr std::string_view kVersionStart = "HTTP/1.";
constexpr std::size_t kStatusEnd = 12;  // "HTTP/1.1 200"

tl::unexpected<HeadError> refuse(std::string_view what) {
  return tl::unexpected(HeadError{kBadGateway, what});
}

class ResponseParser {
 public:
  ResponseParser(std::string_view bytes, const HeadLimits& limits, Response& response)
      : bytes_(bytes), limits_(limits), response_(response) {}

  Result parse(Method request_method) {
    if (Result line = read_status_line(); line != Progress::kComplete) return line;
    if (Result fields = read_fields(); fields != Progress::kComplete) return fields;
    return conclude(request_method);
  }

 private:
  // The version is judged as it arrives, the rest once the line is there.
  Result read_status_line() {
    if (!kVersionStart.starts_with(bytes_.substr(0, kVersionStart.size()))) {
      return refuse("an answer that does not begin with an HTTP/1 status line");
    }
    const std::size_t end = bytes_.find('\n');
    if (end == std::string_view::npos) return Progress::kIncomplete;
    if (end == 0 || bytes_[end - 1] != '\r') return refuse("a line that ends without CR");
    at_ = end + 1;
    return read_status(bytes_.substr(0, end - 1));
  }

  Result read_status(std::string_view line) {
    const auto digits = line.substr(0, kStatusEnd).substr(std::min<std::size_t>(9, line.size()));
    const char minor = line.size() < kStatusEnd ? '\0' : line[kVersionStart.size()];
    if ((minor != '0' && minor != '1') || line[8] != ' ' ||
        !std::ranges::all_of(digits, [](char c) { return is_in(c, kDigit); }) ||
        (line.size() > kStatusEnd && line[kStatusEnd] != ' ')) {
      return refuse("a malformed status line");
    }
    response_.minor_version = minor - '0';
    response_.status = 0;
    for (const char c : digits) response_.status = response_.status * 10 + (c - '0');
    if (response_.status < 100 || response_.status > 599) {
      return refuse("a status code outside 100 to 599");
    }
    response_.reason_phrase = line.substr(std::min(kStatusEnd + 1, line.size()));
    if (!std::ranges::all_of(response_.reason_phrase, is_field_value_char)) {
      return refuse("a control character in the status line");
    }
    return Progress::kComplete;
  }

  Result read_fields() {
    std::vector<Header>& fields = response_.fields;
    for (;;) {
      Header& header = fields.emplace_back();
      const auto kind = read_field_line(bytes_, at_, header);
      if (kind != Line::kField) {
        fields.pop_back();
        if (!kind) return refuse(kind.error());
        return *kind == Line::kLast ? Progress::kComplete : Progress::kIncomplete;
      }
      if (fields.size() > limits_.max_fields) return refuse("more header fields than the limit");
      if (auto added = fields_.add(header); !added) return refuse(added.error());
    }
  }

  Result conclude(Method request_method) {
    if (auto finished = fields_.finish(response_.minor_version); !finished) {
      return refuse(finished.error());
    }
    response_.head_bytes = at_;
    response_.framing = framing(request_method);
    response_.content_length = fields_.length();
    response_.has_content_length = fields_.has_length();
    response_.keep_alive =
        fields_.keep_alive(response_.minor_version) && response_.framing != Framing::kUntilClose;
    response_.connection_names_others = fields_.names_others();
    return Progress::kComplete;
  }

  // RFC 9112, 6.3.
  Framing framing(Method request_method) const {
    const int status = response_.status;
    if (request_method == Method::kHead || status < 200 || status == 204 || status == 304) {
      return Framing::kNone;
    }
    if (fields_.chunked()) return Framing::kChunked;
    return fields_.has_length() ? Framing::kLength : Framing::kUntilClose;
  }

  std::string_view bytes_;
  const HeadLimits& limits_;
  Response& response_;
  std::size_t at_ = 0;
  MessageFields fields_;
};

}  // namespace

Result parse_response(std::string_view bytes, const HeadLimits& limits, Method request_method,
                      Response& response) {
  response.fields.clear();
  Result progress =
      ResponseParser(bytes.substr(0, limits.max_bytes), limits, response).parse(request_method);
  if (progress == Progress::kIncomplete && bytes.size() > limits.max_bytes) {
    return refuse("a response head larger than the limit");
  }
  return progress;
}

}  // namespace tollgate::http1
