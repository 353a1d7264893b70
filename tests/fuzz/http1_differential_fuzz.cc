// Whatever the codec accepts, llhttp in strict mode accepts too, and reads the same method, target,
// fields, framing and body from it. The known exceptions, where llhttp is the narrower or the laxer
// one:
//  - method tokens that llhttp does not know (Method::kOther), and PRI, which it takes for HTTP/2
//  - bodies behind CONNECT, and behind Upgrade without a body: llhttp stops at the end of the head
//  - 1xx, 204 and 304 with a length: llhttp is told that no body follows, as for HEAD
//  - blanks behind a field value: llhttp leaves them on, and refuses HTAB behind a length or a
//  coding
//  - chunk extensions with blanks or "\\", which llhttp 8.1 refuses, and those behind an unquoted
//  value, which it takes
//    for more digits of the chunk size
//  - framing fields in trailers: llhttp reads them as if they stood in the head, the codec drops
//  them
#include <llhttp.h>

#include "proxy/http1/chunked.h"
#include "tests/fuzz/http1_checks.h"

namespace tollgate::http1 {
namespace {

enum class Body : std::uint8_t { kAsFramed, kNone };

std::string_view trimmed_end(std::string_view text) {
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

// What llhttp reads from one message.
class Oracle {
 public:
  Oracle(llhttp_type_t type, Body body) : body_rule_(body) {
    llhttp_settings_init(&settings_);
    settings_.on_url = on<&Oracle::url_>;
    settings_.on_header_field = on<&Oracle::name_>;
    settings_.on_header_value = on<&Oracle::value_>;
    settings_.on_body = on<&Oracle::body_>;
    settings_.on_header_value_complete = [](llhttp_t* parser) { return self(parser).end_field(); };
    settings_.on_headers_complete = [](llhttp_t* parser) { return self(parser).end_head(); };
    settings_.on_message_complete = [](llhttp_t* parser) {
      self(parser).complete_ = true;
      return 0;
    };
    llhttp_init(&parser_, type, &settings_);
    parser_.data = this;
  }
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  void feed(std::string_view bytes) {
    error_ = llhttp_execute(&parser_, bytes.data(), bytes.size());
  }
  void finish() { error_ = llhttp_finish(&parser_); }

  [[nodiscard]] bool failed() const {
    return error_ != HPE_OK && error_ != HPE_PAUSED_UPGRADE && error_ != HPE_PAUSED_H2_UPGRADE;
  }
  // After the head only a trailer can bring these about.
  [[nodiscard]] bool refused_framing() const {
    return error_ == HPE_INVALID_CONTENT_LENGTH || error_ == HPE_UNEXPECTED_CONTENT_LENGTH ||
           error_ == HPE_INVALID_TRANSFER_ENCODING;
  }
  void require_unfailed() const {
    if (failed()) std::fprintf(stderr, "llhttp: %s\n", llhttp_get_error_reason(&parser_));
    require(!failed(), "llhttp accepts it too");
  }
  [[nodiscard]] const llhttp_t& parser() const { return parser_; }
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] const std::string& body() const { return body_; }
  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] bool head_complete() const { return head_complete_; }

  void require_same_fields(std::span<const Header> fields) const {
    require(fields.size() == fields_.size(), "llhttp counts the same fields");
    for (std::size_t i = 0; i < fields.size(); ++i) {
      require(fields[i].name == fields_[i].first, "llhttp reads the same name");
      require(fields[i].value == trimmed_end(fields_[i].second), "llhttp reads the same value");
    }
  }

 private:
  static Oracle& self(llhttp_t* parser) { return *static_cast<Oracle*>(parser->data); }

  template <std::string Oracle::*member>
  static int on(llhttp_t* parser, const char* at, std::size_t length) {
    (self(parser).*member).append(at, length);
    return 0;
  }

  int end_field() {
    if (!head_complete_) fields_.emplace_back(name_, value_);
    name_.clear();
    value_.clear();
    return 0;
  }
  int end_head() {
    head_complete_ = true;
    return body_rule_ == Body::kNone ? 1 : 0;
  }

  Body body_rule_;
  llhttp_settings_t settings_{};
  llhttp_t parser_{};
  llhttp_errno_t error_ = HPE_OK;
  std::string url_;
  std::string name_;
  std::string value_;
  std::string body_;
  std::vector<std::pair<std::string, std::string>> fields_;
  bool head_complete_ = false;
  bool complete_ = false;
};

bool has_tab_behind_value(std::string_view head) {
  return head.find("\t\r\n") != std::string_view::npos ||
         head.find("\t ") != std::string_view::npos;
}

// What the codec makes of the bytes behind a head.
struct Read {
  std::string data;
  std::size_t consumed = 0;
  bool complete = false;
  bool failed = false;
};

Read read_chunked(std::string_view bytes) {
  Read read;
  ChunkedDecoder decoder;
  for (;;) {
    const ChunkedDecoder::Step step = decoder.next(bytes.substr(read.consumed));
    read.consumed += step.consumed;
    read.data += step.data;
    if (step.event == ChunkedDecoder::Event::kData) continue;
    read.complete = step.event == ChunkedDecoder::Event::kEnd;
    read.failed = step.event == ChunkedDecoder::Event::kError;
    return read;
  }
}

Read read_body(Framing framing, std::uint64_t length, std::string_view bytes) {
  if (framing == Framing::kChunked) return read_chunked(bytes);
  Read read;
  if (framing == Framing::kLength) bytes = bytes.substr(0, length);
  if (framing == Framing::kNone) bytes = {};
  read.data = bytes;
  read.consumed = bytes.size();
  read.complete = framing != Framing::kLength || bytes.size() == length;
  return read;
}

// Wider than need be: the characters may stand in the data.
bool may_have_odd_extension(std::string_view body) {
  const std::size_t first = body.find(';');
  return first != std::string_view::npos &&
         (body.find_first_of(" \t\\") != std::string_view::npos || body.rfind(';') != first);
}

// `read` is what the codec took from the bytes `behind` the head without refusing any.
void require_same_body(Oracle& oracle, Framing framing, const Read& read, std::string_view behind) {
  if (framing == Framing::kChunked && may_have_odd_extension(behind)) return;
  oracle.feed(behind.substr(0, read.consumed));
  require(oracle.body() == read.data, "llhttp reads the same body");
  if (framing == Framing::kChunked && oracle.refused_framing()) return;
  // An unfinished trailer line is not judged yet.
  if (read.complete || framing != Framing::kChunked) oracle.require_unfailed();
  if (framing == Framing::kUntilClose) {
    oracle.finish();
    oracle.require_unfailed();
  }
  require(oracle.complete() == read.complete, "llhttp ends the message at the same byte");
}

void compare_request(std::string_view bytes) {
  Request request;
  if (parse_request(bytes, {}, request) != Progress::kComplete) return;
  if (request.head.method_name == "PRI") return;
  Oracle oracle(HTTP_REQUEST, Body::kAsFramed);
  const std::string_view head_text = bytes.substr(0, request.head_bytes);
  oracle.feed(head_text);
  if (oracle.failed() && request.head.method == Method::kOther) return;
  if (oracle.failed() && has_tab_behind_value(head_text)) return;
  oracle.require_unfailed();
  require(oracle.head_complete(), "llhttp ends the head at the same byte");

  const RequestHead& head = request.head;
  const auto method =
      static_cast<llhttp_method_t>(llhttp_get_method(const_cast<llhttp_t*>(&oracle.parser())));
  require(head.method_name == llhttp_method_name(method), "llhttp reads the same method");
  require(oracle.parser().http_minor == head.minor_version, "llhttp reads the same version");
  const bool in_absolute_form = oracle.url().front() != '/' && oracle.url() != head.target;
  if (in_absolute_form) {
    require(oracle.url().find(head.host) != std::string::npos, "an absolute-form has the host");
    require(head.target == "*" || head.target == "/" || oracle.url().ends_with(head.target),
            "an absolute-form ends with the target");
  } else {
    require(oracle.url() == head.target, "llhttp reads the same target");
  }
  oracle.require_same_fields(head.headers);
  if (head.method == Method::kConnect || oracle.parser().upgrade != 0) return;

  if (has_tab_behind_value(head_text)) return;
  const std::string_view behind = bytes.substr(request.head_bytes);
  const Read read = read_body(request.framing, request.content_length, behind);
  if (!read.failed) require_same_body(oracle, request.framing, read, behind);
}

void compare_response(std::string_view bytes, Method method) {
  Response response;
  if (parse_response(bytes, {}, method, response) != Progress::kComplete) return;
  Oracle oracle(HTTP_RESPONSE, response.framing == Framing::kNone ? Body::kNone : Body::kAsFramed);
  const std::string_view head_text = bytes.substr(0, response.head_bytes);
  oracle.feed(head_text);
  if (oracle.failed() && has_tab_behind_value(head_text)) return;
  oracle.require_unfailed();
  require(oracle.head_complete(), "llhttp ends the head at the same byte");
  require(oracle.parser().status_code == response.status, "llhttp reads the same status");
  require(oracle.parser().http_minor == response.minor_version, "llhttp reads the same version");
  oracle.require_same_fields(response.fields);
  if (response.framing == Framing::kNone || oracle.parser().upgrade != 0) return;

  if (has_tab_behind_value(head_text)) return;
  const std::string_view behind = bytes.substr(response.head_bytes);
  const Read read = read_body(response.framing, response.content_length, behind);
  if (!read.failed) require_same_body(oracle, response.framing, read, behind);
}

}  // namespace
}  // namespace tollgate::http1

// The first byte says whose message it is: "<" and ">" in the corpus are requests and responses,
// "H" answers to HEAD.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tollgate;
  using namespace tollgate::http1;
  if (size == 0) return 0;
  const std::string_view bytes = as_text(data + 1, size - 1);
  if (data[0] == '>') {
    compare_response(bytes, Method::kGet);
  } else if (data[0] == 'H') {
    compare_response(bytes, Method::kHead);
  } else {
    compare_request(bytes);
  }
  return 0;
}
