// Chunked bodies: any bytes give the same data, end and error however they are split, and framing
// made anew from the data decodes to that data again.
#include <algorithm>

#include "proxy/http1/chunked.h"
#include "tests/fuzz/http1_checks.h"

namespace tollgate::http1 {
namespace {

using Event = ChunkedDecoder::Event;

struct Outcome {
  Event last = Event::kNeedMore;
  std::string data;
  std::size_t consumed = 0;
  std::string trailers;
  std::string_view error;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Sizes of pieces from a small generator: the split is a function of `seed` alone.
class Pieces {
 public:
  explicit Pieces(std::uint32_t seed) : state_(seed) {}
  std::size_t next() {
    state_ = state_ * 1664525U + 1013904223U;
    return 1 + (state_ >> 24) % 23;
  }

 private:
  std::uint32_t state_;
};

bool is_over(Event event) { return event == Event::kEnd || event == Event::kError; }

// Hands `piece` to the decoder until it asks for more.
void feed(ChunkedDecoder& decoder, std::string_view piece, Outcome& outcome) {
  for (;;) {
    const ChunkedDecoder::Step step = decoder.next(piece);
    require(step.consumed <= piece.size(), "no more is consumed than was given");
    require_within(step.data, piece.substr(0, step.consumed));
    require((step.event == Event::kData) == !step.data.empty(), "data comes with kData alone");
    require(step.event != Event::kNeedMore || step.consumed == piece.size(),
            "more is asked for only when all is consumed");
    outcome.last = step.event;
    outcome.consumed += step.consumed;
    outcome.data += step.data;
    piece.remove_prefix(step.consumed);
    if (step.event != Event::kData) return;
  }
}

template <typename NextSize>
Outcome decode(std::string_view input, NextSize next_size) {
  ChunkedDecoder decoder;
  Outcome outcome;
  while (outcome.consumed < input.size() && !is_over(outcome.last)) {
    feed(decoder, input.substr(outcome.consumed, next_size()), outcome);
  }
  outcome.trailers = decoder.trailers();
  outcome.error = decoder.error();
  require((outcome.last == Event::kError) == !outcome.error.empty(), "an error has words");
  return outcome;
}

std::string encode(std::string_view data, Pieces pieces) {
  std::string coded;
  char size_line[32];
  while (!data.empty()) {
    const std::string_view chunk = data.substr(0, pieces.next());
    std::snprintf(size_line, sizeof size_line, "%zx\r\n", chunk.size());
    coded.append(size_line).append(chunk).append("\r\n");
    data.remove_prefix(chunk.size());
  }
  return coded + "0\r\n\r\n";
}

}  // namespace
}  // namespace tollgate::http1

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tollgate::http1;
  const std::string_view input = as_text(data, size);
  const Outcome whole = decode(input, [&] { return input.size(); });
  const auto seed = static_cast<std::uint32_t>(size + (size > 0 ? data[size - 1] * 257U : 0U));
  Pieces pieces(seed);
  require(decode(input, [&] { return pieces.next(); }) == whole, "splits change nothing");
  require(decode(input, [] { return std::size_t{1}; }) == whole, "single bytes change nothing");
  require(whole.trailers.empty() || whole.trailers.ends_with("\r\n"), "trailers are whole lines");
  require(whole.trailers.size() <= ChunkedDecoder::kMaxTrailerBytes, "trailers are bounded");

  const std::string coded = encode(whole.data, Pieces(seed));
  const Outcome again = decode(coded, [&] { return coded.size(); });
  require(again.last == Event::kEnd && again.data == whole.data, "what is coded is decoded");
  return 0;
}
