#include "proxy/websocket/frames.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/websocket.h"

namespace tollgate::websocket {
namespace {

using Event = ClientMessages::Event;

// What is read of `bytes`, which come in pieces of `piece`: "message abc", "control 4" with the
// bytes of its frame, "fault 1002".
std::vector<std::string> read(const std::string& bytes, std::size_t piece,
                              std::uint64_t most = 1000) {
  ClientMessages messages(most);
  std::vector<std::string> seen;
  std::string passed;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    std::string_view input = std::string_view(bytes).substr(at, piece);
    while (true) {
      const ClientMessages::Step step = messages.next(input);
      input.remove_prefix(step.consumed);
      if (step.event == Event::kNeedMore) break;
      if (step.event == Event::kFault) {
        seen.push_back("fault " + std::to_string(messages.fault().code));
        return seen;
      }
      EXPECT_EQ(messages.held(), step.event == Event::kMessage ? 0 : messages.held());
      passed += messages.frames();
      seen.push_back(step.event == Event::kMessage
                         ? "message " + std::string(messages.text())
                         : "control " + std::to_string(messages.frames().size()));
    }
  }
  EXPECT_EQ(passed.size() + messages.held() / 2, bytes.size()) << "nothing is lost";
  return seen;
}

// The same however the bytes come.
std::vector<std::string> seen(const std::string& bytes, std::uint64_t most = 1000) {
  const auto whole = read(bytes, bytes.size(), most);
  for (std::size_t piece = 1; piece < bytes.size(); piece = piece * 2 + 1) {
    EXPECT_EQ(read(bytes, piece, most), whole) << "in pieces of " << piece;
  }
  return whole;
}

using Seen = std::vector<std::string>;

TEST(WebSocketFrames, messages_are_unmasked) {
  EXPECT_EQ(seen(client_frame("hello") + client_frame("", 0x82) + client_frame("x")),
            (Seen{"message hello", "message ", "message x"}));
}

TEST(WebSocketFrames, every_way_to_write_a_length) {
  for (const std::size_t size : {125, 126, 65'535, 65'536}) {
    EXPECT_EQ(seen(client_frame(std::string(size, 'a')), 100'000),
              Seen{"message " + std::string(size, 'a')});
  }
}

TEST(WebSocketFrames, fragments_are_one_message_and_control_frames_overtake_it) {
  EXPECT_EQ(seen(client_frame("a", 0x01) + client_frame("ping", 0x89) + client_frame("b", 0x00) +
                 client_frame("c", 0x80)),
            (Seen{"control 10", "message abc"}));
}

TEST(WebSocketFrames, what_no_client_may_send) {
  const std::string fragment = client_frame("a", 0x01);
  std::string unmasked = client_frame("a");
  unmasked[1] = 1;
  for (const std::string& wrong : {
           unmasked, client_frame("a", 0xC1),                 // RSV1: compressed
           client_frame("a", 0x83),                           // opcodes that nothing defines
           client_frame("a", 0x8B), client_frame("a", 0x80),  // the end of nothing
           fragment + client_frame("a", 0x81),                // a message within a message
           client_frame("a", 0x09),                           // a ping in parts
           client_frame(std::string(126, 'a'), 0x89)          // a long one
       }) {
    EXPECT_EQ(seen(wrong).back(), "fault 1002");
  }
}

TEST(WebSocketFrames, a_length_is_written_as_briefly_as_can_be) {
  EXPECT_EQ(seen(std::string("\x81\xFE\x00\x01mask", 8)), Seen{"fault 1002"});
  EXPECT_EQ(seen(std::string("\x81\xFF\x00\x00\x00\x00\x00\x00\xFF\xFFmask", 14)),
            Seen{"fault 1002"});
}

TEST(WebSocketFrames, a_message_has_a_bound_however_it_is_cut) {
  EXPECT_EQ(seen(client_frame("12345"), 5), Seen{"message 12345"});
  EXPECT_EQ(seen(client_frame("123456"), 5), Seen{"fault 1009"});
  EXPECT_EQ(seen(client_frame("123", 0x01) + client_frame("456", 0x80), 5), Seen{"fault 1009"});
  EXPECT_EQ(seen(std::string("\x81\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFmask", 14), 5),
            Seen{"fault 1009"});
  std::string empty_frames = client_frame("", 0x01);
  for (int i = 0; i < 2000; ++i) empty_frames += client_frame("", 0x00);
  EXPECT_EQ(seen(empty_frames), Seen{"fault 1009"});
}

TEST(WebSocketFrames, what_is_kept_of_a_message_is_counted_until_it_is_whole) {
  ClientMessages messages(0);
  const std::string frame = client_frame("12345678");
  EXPECT_EQ(messages.next(std::string_view(frame).substr(0, 10)).event, Event::kNeedMore);
  EXPECT_EQ(messages.held(), 14);  // ten of the frame, four of the text
  EXPECT_EQ(messages.next(std::string_view(frame).substr(10)).event, Event::kMessage);
  EXPECT_EQ(messages.held(), 0);
}

std::string server_frame(const std::string& payload, unsigned first = 0x81) {
  return std::string(1, static_cast<char>(first)) + static_cast<char>(payload.size()) + payload;
}

TEST(WebSocketFrames, ours_may_stand_between_the_messages_of_an_upstream) {
  MessageEnds ends;
  EXPECT_TRUE(ends.between_messages());
  EXPECT_EQ(ends.follow(server_frame("whole")), 0);
  EXPECT_TRUE(ends.between_messages());
  EXPECT_EQ(ends.follow(server_frame("begun", 0x01)), 0);
  EXPECT_FALSE(ends.between_messages());
  EXPECT_EQ(ends.follow(server_frame("ping", 0x89)), MessageEnds::kNone);
  EXPECT_FALSE(ends.between_messages());
  EXPECT_EQ(ends.follow(server_frame("end", 0x80) + server_frame("next").substr(0, 3)), 5);
  EXPECT_FALSE(ends.between_messages());
  EXPECT_EQ(ends.follow(server_frame("next").substr(3)), 3);
  EXPECT_TRUE(ends.between_messages());
}

TEST(WebSocketFrames, frames_of_a_server) {
  std::string out;
  append_text_frame(out, "hi");
  EXPECT_EQ(out, "\x81\x02hi");
  out.clear();
  append_text_frame(out, std::string(300, 'a'));
  EXPECT_EQ(out, std::string("\x81\x7E\x01\x2C", 4) + std::string(300, 'a'));
  out.clear();
  append_text_frame(out, std::string(70'000, 'a'));
  EXPECT_EQ(out.substr(0, 10), std::string("\x81\x7F\0\0\0\0\0\x01\x11\x70", 10));
  out.clear();
  append_close_frame(out, 4400, "why");
  EXPECT_EQ(out, "\x88\x05\x11\x30why");
}

}  // namespace
}  // namespace tollgate::websocket
