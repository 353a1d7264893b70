// Request heads: request line, fields, and what they mean together. Strict: whatever two servers
// might read differently is refused. Used by every worker; no state.
#include "proxy/http1/characters.h"
#include "proxy/http1/fields.h"
#include "proxy/http1/message.h"
#include "proxy/http1/target.h"

namespace tollgate::http1 {
namespace {

using Result = tl::expected<Progress, HeadError>;

constexpr std::size_t kMaxBlankLines = 4;  // before a request line (RFC 9112, 2.2, asks for one)
constexpr std::size_t kMaxMethodBytes = 32;

tl::unexpected<HeadError> refuse(std::string_view what, int status = 400) {
  return tl::unexpected(HeadError{status, what});
}

Method find_method(std::string_view name) {
  struct Known {
    std::string_view name;
    Method method;
  };
  static constexpr Known kMethods[] = {
      {"GET", Method::kGet},         {"POST", Method::kPost},   {"HEAD", Method::kHead},
      {"PUT", Method::kPut},         {"PATCH", Method::kPatch}, {"DELETE", Method::kDelete},
      {"OPTIONS", Method::kOptions}, {"TRACE", Method::kTrace}, {"CONNECT", Method::kConnect},
  };
  for (const Known& known : kMethods) {
    if (name == known.name) return known.method;
  }
  return Method::kOther;
}

// Whether an Upgrade value asks for a protocol that may pass. HTTP itself (h2c and its kin) may
// not: its calls would go by unchecked.
bool is_passable_upgrade(std::string_view value) {
  bool any = false;
  while (!value.empty()) {
    const std::string_view protocol = take_list_element(value);
    const std::string_view name = protocol.substr(0, protocol.find('/'));
    for (const std::string_view http : {"h2c", "h2", "http"}) {
      if (equals_ignoring_case(name, http)) return false;
    }
    any |= !protocol.empty();
  }
  return any;
}

class RequestParser {
 public:
  RequestParser(std::string_view bytes, const HeadLimits& limits, Request& request)
      : bytes_(bytes), limits_(limits), request_(request) {}

  Result parse() {
    if (Result lines = skip_blank_lines(); lines != Progress::kComplete) return lines;
    if (Result line = read_request_line(); line != Progress::kComplete) return line;
    if (Result fields = read_fields(); fields != Progress::kComplete) return fields;
    return conclude();
  }

 private:
  Result skip_blank_lines() {
    for (std::size_t lines = 0; at_ < bytes_.size() && bytes_[at_] == '\r'; ++lines) {
      if (lines == kMaxBlankLines) return refuse("too many empty lines before the request line");
      if (at_ + 1 == bytes_.size()) return Progress::kIncomplete;
      if (bytes_[at_ + 1] != '\n') return refuse("a CR without LF");
      at_ += 2;
    }
    return Progress::kComplete;
  }

  // The method is judged as it arrives, the rest once the line is there.
  Result read_request_line() {
    const std::size_t begin = at_;
    std::size_t space = begin;
    while (space < bytes_.size() && is_in(bytes_[space], kToken)) {
      if (++space - begin > kMaxMethodBytes) return refuse("a method of more than 32 bytes");
    }
    if (space == bytes_.size()) return Progress::kIncomplete;
    if (bytes_[space] != ' ' || space == begin) {
      return refuse("a request line that does not begin with a method and a space");
    }
    const std::size_t end = bytes_.find('\n', space);
    if (end == std::string_view::npos) return Progress::kIncomplete;
    if (bytes_[end - 1] != '\r') return refuse("a line that ends without CR");
    at_ = end + 1;
    request_.head.method_name = bytes_.substr(begin, space - begin);
    request_.head.method = find_method(request_.head.method_name);
    return read_target_and_version(bytes_.substr(space + 1, end - 1 - (space + 1)));
  }

  Result read_target_and_version(std::string_view text) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) {
      if (text.empty()) return refuse("a request line without a target");
      return refuse("HTTP/0.9", 0);
    }
    if (auto version = read_version(text.substr(space + 1)); !version) return version;
    const auto target = parse_target(text.substr(0, space), request_.head.method);
    if (!target) return refuse(target.error());
    request_.head.target = target->target;
    request_.head.path = target->path;
    request_.head.query = target->query;
    authority_ = target->authority;
    return Progress::kComplete;
  }

  Result read_version(std::string_view text) {
    if (text == "HTTP/1.1" || text == "HTTP/1.0") {
      request_.head.minor_version = text.back() - '0';
      return Progress::kComplete;
    }
    const bool numbered =
        text.starts_with("HTTP/") && text.size() >= 6 && is_in(text[5], kDigit) &&
        (text.size() == 6 || (text.size() == 8 && text[6] == '.' && is_in(text[7], kDigit)));
    if (numbered && text[5] >= '2') return refuse("an HTTP version other than 1.0 and 1.1", 505);
    return refuse("a request line that does not end with one space and HTTP/1.1 or HTTP/1.0");
  }

  Result read_fields() {
    std::vector<Header>& fields = request_.fields;
    for (;;) {
      Header& header = fields.emplace_back();
      const auto kind = read_field_line(bytes_, at_, header);
      if (kind != Line::kField) {
        fields.pop_back();
        if (!kind) return refuse(kind.error());
        return *kind == Line::kLast ? Progress::kComplete : Progress::kIncomplete;
      }
      if (fields.size() > limits_.max_fields) {
        return refuse("more header fields than the limit", 431);
      }
      if (header.id == HeaderId::kOther && is_protected_twin(header.name)) {
        return refuse("a field name that differs from a protected one only by \"_\" or \".\"");
      }
      if (auto noted = note(header); !noted) return refuse(noted.error());
    }
  }

  Check note(const Header& header) {
    switch (header.id) {
      case HeaderId::kHost:
        return note_host(header.value);
      case HeaderId::kExpect:
        expects_continue_ |= equals_ignoring_case(header.value, "100-continue");
        return {};
      case HeaderId::kUpgrade:
        passable_upgrade_ = is_passable_upgrade(header.value) && !seen_upgrade_;
        seen_upgrade_ = true;
        return {};
      default:
        return fields_.add(header);
    }
  }

  Check note_host(std::string_view value) {
    if (seen_host_) return fault("two Host fields");
    if (!is_authority(value)) return fault("an invalid Host");
    seen_host_ = true;
    request_.head.host = value;
    return {};
  }

  Result conclude() {
    RequestHead& head = request_.head;
    if (auto finished = fields_.finish(head.minor_version); !finished) {
      return refuse(finished.error());
    }
    if (fields_.names_protected()) return refuse("a Connection field that names a protected field");
    if (!seen_host_ && head.minor_version > 0) return refuse("no Host field");
    if (!authority_.empty()) {
      if (seen_host_ && !equals_ignoring_case(authority_, head.host)) {
        return refuse("a Host field that differs from the request target's authority");
      }
      head.host = authority_;
    }
    fill_in();
    return Progress::kComplete;
  }

  // Every member but `head` and `fields`, which begin empty.
  void fill_in() {
    const bool is_1_1 = request_.head.minor_version > 0;
    request_.head.headers = request_.fields;
    request_.head_bytes = at_;
    request_.framing = fields_.chunked()      ? Framing::kChunked
                       : fields_.has_length() ? Framing::kLength
                                              : Framing::kNone;
    request_.content_length = fields_.length();
    request_.keep_alive = fields_.keep_alive(request_.head.minor_version) && !may_end_with_close();
    request_.expects_continue = is_1_1 && expects_continue_;
    request_.upgrade = is_1_1 && fields_.upgrade() && passable_upgrade_;
    request_.connection_names_others = fields_.names_others();
  }

  // HTTP/1.0 without a length: the client of a method that has a body may mean all bytes up to the
  // close.
  bool may_end_with_close() const {
    const RequestHead& head = request_.head;
    return head.minor_version == 0 && !fields_.has_length() && head.method != Method::kGet &&
           head.method != Method::kHead;
  }

  std::string_view bytes_;
  const HeadLimits& limits_;
  Request& request_;
  std::size_t at_ = 0;
  std::string_view authority_;  // of an absolute-form
  MessageFields fields_;
  bool seen_host_ = false;
  bool expects_continue_ = false;
  bool seen_upgrade_ = false;
  bool passable_upgrade_ = false;
};

}  // namespace

Result parse_request(std::string_view bytes, const HeadLimits& limits, Request& request) {
  request.head = RequestHead{};
  request.fields.clear();
  Result progress = RequestParser(bytes.substr(0, limits.max_bytes), limits, request).parse();
  if (progress == Progress::kIncomplete && bytes.size() > limits.max_bytes) {
    return refuse("a request head larger than the limit", 431);
  }
  return progress;
}

}  // namespace tollgate::http1
