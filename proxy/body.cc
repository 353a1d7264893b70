// See body.h.
#include "proxy/body.h"

#include <algorithm>
#include <charconv>

namespace tollgate {

void BodyReader::begin(http1::Framing framing, std::uint64_t content_length) {
  framing_ = framing;
  left_ = content_length;
  received_ = 0;
  done_ = framing == http1::Framing::kNone ||
          (framing == http1::Framing::kLength && content_length == 0);
  if (framing == http1::Framing::kChunked) chunked_.reset();
}

BodyReader::Step BodyReader::next(std::string_view input) {
  if (done_) return {Event::kEnd, 0, {}};
  if (framing_ == http1::Framing::kChunked) {
    const http1::ChunkedDecoder::Step step = chunked_.next(input);
    received_ += step.data.size();
    done_ = step.event == http1::ChunkedDecoder::Event::kEnd;
    return {static_cast<Event>(step.event), step.consumed, step.data};
  }
  if (input.empty()) return {Event::kNeedMore, 0, {}};
  std::string_view data = input;
  if (framing_ == http1::Framing::kLength) {
    data = input.substr(0, std::min<std::uint64_t>(left_, input.size()));
    left_ -= data.size();
    done_ = left_ == 0;
  }
  received_ += data.size();
  return {Event::kData, data.size(), data};
}

static_assert(static_cast<int>(BodyReader::Event::kNeedMore) ==
              static_cast<int>(http1::ChunkedDecoder::Event::kNeedMore));
static_assert(static_cast<int>(BodyReader::Event::kError) ==
              static_cast<int>(http1::ChunkedDecoder::Event::kError));

ChunkHead::ChunkHead(std::size_t bytes) {
  char* end = std::to_chars(text_, text_ + sizeof text_ - 2, bytes, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  length_ = static_cast<std::size_t>(end - text_);
}

}  // namespace tollgate
