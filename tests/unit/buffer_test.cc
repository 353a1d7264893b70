#include "proxy/buffer.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace tollgate {
namespace {

TEST(Buffer, gives_back_in_order_what_was_appended_whatever_the_pieces) {
  BufferPool pool;
  Buffer buffer(pool);
  std::mt19937 random(7);
  std::string model;
  for (int i = 0; i < 2000; ++i) {
    const std::string piece(random() % 3000, static_cast<char>('a' + i % 26));
    buffer.append(piece);
    model += piece;
    const std::size_t taken = random() % (model.size() + 1);
    buffer.consume(taken);
    model.erase(0, taken);
    ASSERT_EQ(buffer.view(), model);
  }
}

TEST(Buffer, consuming_never_moves_the_rest) {
  BufferPool pool;
  Buffer buffer(pool);
  buffer.append("headbody");
  const char* body = buffer.view().data() + 4;
  buffer.consume(4);
  EXPECT_EQ(buffer.view().data(), body);
}

TEST(Buffer, an_empty_buffer_holds_no_block) {
  BufferPool pool;
  Buffer first(pool);
  first.append("x");
  const char* block = first.view().data();
  first.consume(1);
  Buffer second(pool);
  second.append("y");
  EXPECT_EQ(second.view().data(), block);
}

}  // namespace
}  // namespace tollgate
