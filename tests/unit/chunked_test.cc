// Chunked bodies, decoded in one go and in pieces. What is refused is told by
// tests/cases/http1/chunked.txt.
#include "proxy/http1/chunked.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace tollgate::http1 {
namespace {

struct Outcome {
  ChunkedDecoder::Event last = ChunkedDecoder::Event::kNeedMore;
  std::string data;
  std::size_t consumed = 0;
};

// Feeds pieces of `piece` bytes until the decoder is done or the input is used up.
Outcome decode(ChunkedDecoder& decoder, std::string_view input, std::size_t piece) {
  Outcome outcome;
  while (outcome.consumed < input.size()) {
    std::string_view rest = input.substr(outcome.consumed, piece);
    while (!rest.empty()) {
      const ChunkedDecoder::Step step = decoder.next(rest);
      outcome.last = step.event;
      outcome.consumed += step.consumed;
      outcome.data += step.data;
      rest.remove_prefix(step.consumed);
      if (step.event == ChunkedDecoder::Event::kEnd) return outcome;
      if (step.event == ChunkedDecoder::Event::kError) return outcome;
    }
  }
  return outcome;
}

constexpr std::string_view kBody =
    "5\r\nhello\r\n"
    "1;a=b;c=\"d;\\\"\"\r\n \r\n"
    "00A\r\n0123456789\r\n"
    "0\r\n"
    "X-Checksum: 1\r\nContent-Length: 3\r\ngrpc-status: 0\r\n"
    "\r\n";

TEST(Chunked, a_body_is_the_same_however_it_is_split) {
  for (std::size_t piece = 1; piece <= kBody.size() + 1; ++piece) {
    ChunkedDecoder decoder;
    const Outcome outcome = decode(decoder, kBody, piece);
    EXPECT_EQ(outcome.last, ChunkedDecoder::Event::kEnd) << decoder.error();
    EXPECT_EQ(outcome.data, "hello 0123456789");
    EXPECT_EQ(outcome.consumed, kBody.size());
  }
}

TEST(Chunked, trailers_are_kept_but_for_those_that_frame_route_or_authenticate) {
  ChunkedDecoder decoder;
  (void)decode(decoder, kBody, kBody.size());
  EXPECT_EQ(decoder.trailers(), "X-Checksum: 1\r\ngrpc-status: 0\r\n");
}

TEST(Chunked, what_follows_the_end_is_left_alone) {
  ChunkedDecoder decoder;
  const ChunkedDecoder::Step step = decoder.next("0\r\n\r\nGET /");
  EXPECT_EQ(step.event, ChunkedDecoder::Event::kEnd);
  EXPECT_EQ(step.consumed, 5U);
  EXPECT_EQ(decoder.next("GET /").event, ChunkedDecoder::Event::kEnd);
  EXPECT_EQ(decoder.next("GET /").consumed, 0U);
}

TEST(Chunked, an_error_is_final) {
  ChunkedDecoder decoder;
  EXPECT_EQ(decoder.next("x").event, ChunkedDecoder::Event::kError);
  EXPECT_EQ(decoder.error(), "a chunk size that is not a hexadecimal number");
  EXPECT_EQ(decoder.next("0\r\n\r\n").event, ChunkedDecoder::Event::kError);
}

TEST(Chunked, after_a_reset_a_decoder_reads_the_next_body) {
  ChunkedDecoder decoder;
  (void)decode(decoder, kBody, kBody.size());
  decoder.reset();
  const Outcome outcome = decode(decoder, "2\r\nok\r\n0\r\n\r\n", 3);
  EXPECT_EQ(outcome.last, ChunkedDecoder::Event::kEnd);
  EXPECT_EQ(outcome.data, "ok");
  EXPECT_EQ(decoder.trailers(), "");
}

TEST(Chunked, extensions_have_a_limit_over_all_chunks) {
  const std::string chunk = "1;" + std::string(255, 'a') + "\r\nx\r\n";
  std::string input;
  for (int i = 0; i < 16; ++i) input += chunk;
  ChunkedDecoder within;
  EXPECT_EQ(decode(within, input, input.size()).last, ChunkedDecoder::Event::kNeedMore);
  ChunkedDecoder beyond;
  EXPECT_EQ(decode(beyond, input + "1;", 7).last, ChunkedDecoder::Event::kError);
  EXPECT_EQ(beyond.error(), "chunk extensions that are too long");
}

}  // namespace
}  // namespace tollgate::http1
