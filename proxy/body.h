// A message body while it passes: where it ends, and how it is framed anew for the other side. No
// I/O. Worker thread only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/http1/chunked.h"
#include "proxy/http1/message.h"

namespace tollgate {

// Finds the body's data in what arrives, by any framing.
class BodyReader {
 public:
  void begin(http1::Framing framing, std::uint64_t content_length);

  enum class Event : std::uint8_t { kNeedMore, kData, kEnd, kError };
  struct Step {
    Event event;
    std::size_t consumed;
    std::string_view data;
  };
  // As ChunkedDecoder::next. With kUntilClose there is no kEnd: the connection's end is the body's.
  [[nodiscard]] Step next(std::string_view input);

  [[nodiscard]] bool done() const { return done_; }
  [[nodiscard]] std::uint64_t received() const { return received_; }  // data bytes so far
  // Bytes that the body still has at least; for reading no further than its end. Length framing
  // only, else 0.
  [[nodiscard]] std::uint64_t left() const {
    return framing_ == http1::Framing::kLength ? left_ : 0;
  }
  [[nodiscard]] http1::Framing framing() const { return framing_; }
  [[nodiscard]] const std::string& trailers() const { return chunked_.trailers(); }
  [[nodiscard]] std::string_view error() const { return chunked_.error(); }

 private:
  http1::Framing framing_ = http1::Framing::kNone;
  bool done_ = true;
  std::uint64_t left_ = 0;
  std::uint64_t received_ = 0;
  http1::ChunkedDecoder chunked_;
};

// How the body goes on.
enum class BodyOutput : std::uint8_t {
  kAsIs,  // length or until close: the data itself
  kChunked,
};

// How the body goes upstream.
struct OutgoingBody {
  http1::Framing framing = http1::Framing::kNone;
  std::uint64_t content_length = 0;
};

// The size line of one chunk, as RFC 9112 section 7.1 has it.
class ChunkHead {
 public:
  explicit ChunkHead(std::size_t bytes);
  [[nodiscard]] std::string_view view() const { return {text_, length_}; }

 private:
  char text_[20];
  std::size_t length_;
};

}  // namespace tollgate
