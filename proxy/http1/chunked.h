// The chunked transfer coding (RFC 9112, 7.1), decoded piece by piece in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tollgate::http1 {

class ChunkedDecoder {
 public:
  enum class Event : std::uint8_t {
    kNeedMore,  // everything given is consumed
    kData,      // `data` is body
    kEnd,       // the last chunk, its trailers and the final empty line are consumed
    kError,     // not chunked coding; final
  };
  struct Step {
    Event event = Event::kNeedMore;
    std::size_t consumed = 0;  // bytes of `input` that are done with
    std::string_view data;     // view into `input`, with kData
  };
  // Call again with what follows the consumed bytes until kNeedMore, kEnd or kError. A data piece
  // may be part of a chunk: framing that is sent on is made anew.
  [[nodiscard]] Step next(std::string_view input);

  // Trailer fields as received, whole lines with CRLF, checked for syntax; complete with kEnd.
  // Fields that frame, route, authenticate or name Tollgate's own are left out (RFC 9110, 6.5.1).
  [[nodiscard]] const std::string& trailers() const { return trailers_; }
  [[nodiscard]] std::string_view error() const { return error_; }  // a static phrase
  void reset();

  static constexpr std::size_t kMaxExtensionBytesPerLine = 256;
  static constexpr std::size_t kMaxExtensionBytes = 4096;  // per message
  static constexpr std::size_t kMaxTrailerBytes = 8192;

 private:
  enum class State : std::uint8_t;
  // Each gives the state that follows the byte.
  [[nodiscard]] State after(char c);
  [[nodiscard]] State after_size(char c);
  [[nodiscard]] State after_extension(char c);
  [[nodiscard]] State within_extension(char c) const;
  [[nodiscard]] State counted(State following);
  [[nodiscard]] State after_trailer(char c);
  [[nodiscard]] State after_trailer_line();
  [[nodiscard]] State fail(std::string_view what);

  State state_{};
  std::uint64_t left_ = 0;  // of the current chunk
  int size_digits_ = 0;     // of the current size line
  std::size_t line_extension_ = 0;
  std::size_t total_extension_ = 0;
  std::string line_;  // of the trailer section
  std::size_t trailer_bytes_ = 0;
  std::string trailers_;
  std::string_view error_;
};

}  // namespace tollgate::http1
