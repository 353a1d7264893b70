// Field lines, read the same way in requests, responses and trailers, and what the fields that
// frame a message say. No state outside the values passed in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <tl/expected.hpp>

#include "filters/request.h"
#include "proxy/http1/message.h"

namespace tollgate::http1 {

// Errors are static phrases for HeadError::what.
using Check = tl::expected<void, std::string_view>;
[[nodiscard]] inline tl::unexpected<std::string_view> fault(std::string_view what) {
  return tl::unexpected<std::string_view>(what);
}

enum class Line : std::uint8_t {
  kField,
  kLast,  // the empty line
  kIncomplete,
};

struct FieldLine {
  Header header;
  bool has_twin_marks = false;  // "_" or "." in the name
};

// Reads one line at `at`, and moves `at` behind its CRLF unless it is incomplete. RFC 9112, 5,
// without its leniencies.
[[nodiscard]] tl::expected<Line, std::string_view> read_field_line(std::string_view bytes,
                                                                   std::size_t& at, Header& header);

// What Content-Length, Transfer-Encoding and Connection of one message say together.
class MessageFields {
 public:
  // Takes note of `header` if it is one of the three.
  [[nodiscard]] Check add(const Header& header);
  // After the last: what no single field shows.
  [[nodiscard]] Check finish(int minor_version) const;

  [[nodiscard]] bool has_length() const { return has_length_; }
  [[nodiscard]] std::uint64_t length() const { return length_; }
  [[nodiscard]] bool chunked() const { return chunked_; }
  [[nodiscard]] bool upgrade() const { return upgrade_; }
  [[nodiscard]] bool names_others() const { return names_others_; }
  [[nodiscard]] bool names_protected() const { return names_protected_; }
  [[nodiscard]] bool names_framing() const { return names_framing_; }
  // HTTP/1.1 keeps the connection unless told to close it, HTTP/1.0 only when asked to.
  [[nodiscard]] bool keep_alive(int minor_version) const {
    return !close_ && (minor_version > 0 || keep_alive_);
  }

 private:
  [[nodiscard]] Check add_length(std::string_view value);
  [[nodiscard]] Check add_coding(std::string_view value);
  [[nodiscard]] Check add_connection(std::string_view value);
  void add_connection_option(std::string_view option);

  std::uint64_t length_ = 0;
  bool has_length_ = false;
  bool chunked_ = false;
  bool close_ = false;
  bool keep_alive_ = false;
  bool upgrade_ = false;
  bool names_others_ = false;     // not hop-by-hop by itself
  bool names_protected_ = false;  // see is_protected_from_connection
  bool names_framing_ = false;    // Content-Length or Transfer-Encoding
};

// Takes the first element of a comma-separated list off `list`, trimmed; it may be empty.
[[nodiscard]] std::string_view take_list_element(std::string_view& list);

}  // namespace tollgate::http1
