// The chunked coding as a byte-driven state machine; bodies pass through in whole pieces. One
// decoder belongs to one message on one worker. What it reports does not depend on how the bytes
// are split.
#include "proxy/http1/chunked.h"

#include <algorithm>

#include "proxy/http1/characters.h"
#include "proxy/http1/field_names.h"
#include "proxy/http1/fields.h"

namespace tollgate::http1 {
namespace {

constexpr int kMaxSizeDigits = 16;                                      // leading zeros included
constexpr std::uint64_t kMaxChunkBytes = (std::uint64_t{1} << 52) - 1;  // exact in a double, too

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

enum class ChunkedDecoder::State : std::uint8_t {
  kSize,
  kExtension,  // after ";": blanks, then a name
  kExtensionName,
  kExtensionEquals,  // after "=": blanks, then a value
  kExtensionToken,
  kExtensionQuoted,
  kExtensionEscaped,  // after "\" within quotes
  kExtensionDone,     // after a closing quote
  kSizeLf,
  kData,
  kDataCr,
  kDataLf,
  kTrailer,
  kEnd,
  kError,
};

void ChunkedDecoder::reset() { *this = ChunkedDecoder(); }

ChunkedDecoder::Step ChunkedDecoder::next(std::string_view input) {
  std::size_t at = 0;
  while (at < input.size() && state_ != State::kEnd && state_ != State::kError) {
    if (state_ == State::kData) {
      const auto length =
          static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - at));
      left_ -= length;
      if (left_ == 0) state_ = State::kDataCr;
      return {Event::kData, at + length, input.substr(at, length)};
    }
    state_ = after(input[at++]);
  }
  if (state_ == State::kEnd) return {Event::kEnd, at, {}};
  if (state_ == State::kError) return {Event::kError, at, {}};
  return {Event::kNeedMore, at, {}};
}

ChunkedDecoder::State ChunkedDecoder::fail(std::string_view what) {
  error_ = what;
  return State::kError;
}

ChunkedDecoder::State ChunkedDecoder::after(char c) {
  switch (state_) {
    case State::kSize:
      return after_size(c);
    case State::kSizeLf:
      if (c != '\n') return fail("a chunk size line that ends without LF");
      return left_ > 0 ? State::kData : State::kTrailer;
    case State::kDataCr:
      return c == '\r' ? State::kDataLf : fail("chunk data that is not followed by CRLF");
    case State::kDataLf:
      if (c != '\n') return fail("chunk data that is not followed by CRLF");
      size_digits_ = 0;
      line_extension_ = 0;
      return State::kSize;
    case State::kTrailer:
      return after_trailer(c);
    case State::kData:
    case State::kEnd:
    case State::kError:
      return state_;
    default:
      return after_extension(c);
  }
}

ChunkedDecoder::State ChunkedDecoder::after_size(char c) {
  if (is_in(c, kHexDigit)) {
    if (++size_digits_ > kMaxSizeDigits) return fail("a chunk size of more than 16 digits");
    left_ = left_ * 16 + hex_value(c);
    return left_ <= kMaxChunkBytes ? State::kSize : fail("a chunk size that is too large");
  }
  if (size_digits_ > 0 && c == '\r') return State::kSizeLf;
  if (size_digits_ > 0 && c == ';') return counted(State::kExtension);
  return fail("a chunk size that is not a hexadecimal number");
}

// One more byte of extension, if there may be one.
ChunkedDecoder::State ChunkedDecoder::counted(State following) {
  ++line_extension_;
  ++total_extension_;
  if (line_extension_ > kMaxExtensionBytesPerLine || total_extension_ > kMaxExtensionBytes) {
    return fail("chunk extensions that are too long");
  }
  return following != State::kError ? following : fail("a malformed chunk extension");
}

// RFC 9112, 7.1.1; blanks only after ";" and "=". A line never ends within quotes.
ChunkedDecoder::State ChunkedDecoder::after_extension(char c) {
  const bool may_end = state_ == State::kExtensionName || state_ == State::kExtensionToken ||
                       state_ == State::kExtensionDone;
  if (may_end && c == '\r') return State::kSizeLf;
  return counted(may_end && c == ';' ? State::kExtension : within_extension(c));
}

ChunkedDecoder::State ChunkedDecoder::within_extension(char c) const {
  switch (state_) {
    case State::kExtension:
      if (is_blank(c)) return state_;
      return is_in(c, kToken) ? State::kExtensionName : State::kError;
    case State::kExtensionName:
      if (c == '=') return State::kExtensionEquals;
      return is_in(c, kToken) ? state_ : State::kError;
    case State::kExtensionEquals:
      if (is_blank(c)) return state_;
      if (c == '"') return State::kExtensionQuoted;
      return is_in(c, kToken) ? State::kExtensionToken : State::kError;
    case State::kExtensionToken:
      return is_in(c, kToken) ? state_ : State::kError;
    case State::kExtensionQuoted:
      if (c == '"') return State::kExtensionDone;
      if (c == '\\') return State::kExtensionEscaped;
      return is_field_value_char(c) ? state_ : State::kError;
    case State::kExtensionEscaped:
      return is_field_value_char(c) ? State::kExtensionQuoted : State::kError;
    default:
      return State::kError;
  }
}

// Collects one line at a time. CR and LF are judged as they arrive, so that a sender cannot keep a
// broken end open.
ChunkedDecoder::State ChunkedDecoder::after_trailer(char c) {
  if (++trailer_bytes_ > kMaxTrailerBytes) return fail("trailers that are too long");
  const bool after_cr = !line_.empty() && line_.back() == '\r';
  if (after_cr != (c == '\n')) {
    return fail(after_cr ? "a CR without LF" : "a line that ends without CR");
  }
  line_.push_back(c);
  return c == '\n' ? after_trailer_line() : State::kTrailer;
}

ChunkedDecoder::State ChunkedDecoder::after_trailer_line() {
  Header field;
  std::size_t at = 0;
  const auto kind = read_field_line(line_, at, field);
  if (!kind) return fail(kind.error());
  if (kind == Line::kLast) return State::kEnd;
  if (!is_forbidden_in_trailer(field.name)) trailers_ += line_;
  line_.clear();
  return State::kTrailer;
}

}  // namespace tollgate::http1
