#include "proxy/body.h"

#include <gtest/gtest.h>

#include <string>

namespace tollgate {
namespace {

std::string read_all(BodyReader& reader, std::string_view& input) {
  std::string data;
  while (true) {
    const BodyReader::Step step = reader.next(input);
    input.remove_prefix(step.consumed);
    data += step.data;
    if (step.event != BodyReader::Event::kData) return data;
  }
}

TEST(BodyReader, a_body_of_known_length_ends_there_and_leaves_the_next_call_alone) {
  BodyReader reader;
  reader.begin(http1::Framing::kLength, 5);
  std::string_view first = "he";
  EXPECT_EQ(read_all(reader, first), "he");
  EXPECT_EQ(reader.left(), 3U);
  EXPECT_FALSE(reader.done());
  std::string_view second = "lloGET /";
  EXPECT_EQ(read_all(reader, second), "llo");
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(second, "GET /");
  EXPECT_EQ(reader.received(), 5U);
}

TEST(BodyReader, a_chunked_body_ends_with_its_last_chunk) {
  BodyReader reader;
  reader.begin(http1::Framing::kChunked, 0);
  std::string_view input = "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nGET /";
  EXPECT_EQ(read_all(reader, input), "abcde");
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(input, "GET /");
}

TEST(BodyReader, no_body_is_done_at_once) {
  BodyReader reader;
  reader.begin(http1::Framing::kNone, 0);
  EXPECT_TRUE(reader.done());
  reader.begin(http1::Framing::kLength, 0);
  EXPECT_TRUE(reader.done());
}

TEST(BodyReader, a_body_until_close_never_ends_by_itself) {
  BodyReader reader;
  reader.begin(http1::Framing::kUntilClose, 0);
  std::string_view input = "anything";
  EXPECT_EQ(read_all(reader, input), "anything");
  EXPECT_FALSE(reader.done());
}

TEST(ChunkHead, is_the_size_in_hexadecimal) {
  EXPECT_EQ(ChunkHead(26).view(), "1a\r\n");
  EXPECT_EQ(ChunkHead(0x10000).view(), "10000\r\n");
}

}  // namespace
}  // namespace tollgate
