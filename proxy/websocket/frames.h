// WebSocket frames (RFC 6455, section 5): where they begin and end, and the messages that they
// carry. Bytes in, values out, no I/O. Worker thread only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tollgate::websocket {

struct FrameHead {
  bool last = false;      // of its message
  bool reserved = false;  // a bit is set that has a meaning only with an extension
  std::uint8_t opcode = 0;
  bool masked = false;
  bool shortest = true;  // its length is written as briefly as it can be
  std::uint64_t length = 0;
  std::array<char, 4> mask{};

  [[nodiscard]] bool is_control() const { return (opcode & 8U) != 0; }
};

// Finds the frames in one direction, however their bytes fall.
class FrameReader {
 public:
  enum class Event : std::uint8_t { kNeedMore, kHead, kPayload };
  struct Step {
    Event event;
    std::size_t consumed;
    bool ends_frame;
  };
  // Takes from the front of `input`: what completes a head (kHead), or what is here of a payload
  // (kPayload, all of it payload). kNeedMore: all of it, and a head is not complete yet.
  [[nodiscard]] Step next(std::string_view input);

  // Of the last kHead.
  [[nodiscard]] const FrameHead& head() const { return head_; }
  [[nodiscard]] std::string_view head_bytes() const { return {bytes_.data(), size_}; }

 private:
  static constexpr std::size_t kMostHeadBytes = 14;

  FrameHead head_;
  std::array<char, kMostHeadBytes> bytes_{};
  std::size_t size_ = 0;    // of bytes_
  bool complete_ = false;   // they are a whole head
  std::uint64_t left_ = 0;  // of the payload
};

// What a connection ends with: a status code of a Close frame, and the words for it.
struct Fault {
  std::uint16_t code;
  std::string_view what;  // static
};
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kProtocolError = 1002;
inline constexpr std::uint16_t kTooBig = 1009;
inline constexpr std::uint16_t kTryAgainLater = 1013;

// The messages of a client, each whole before any of it goes on. Control frames may stand between
// the frames of a message (5.4) and overtake it.
class ClientMessages {
 public:
  // `most`: bytes of a message; 0: no bound.
  explicit ClientMessages(std::uint64_t most) : most_(most) {}

  enum class Event : std::uint8_t { kNeedMore, kControl, kMessage, kFault };
  struct Step {
    Event event;
    std::size_t consumed;
  };
  // Takes from the front of `input`. After kFault no more.
  [[nodiscard]] Step next(std::string_view input);

  // Until the next call of next. As received: of the control frame, or of the message.
  [[nodiscard]] std::string_view frames() const { return control_.empty() ? frames_ : control_; }
  // kMessage: what it says, text or not.
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] const Fault& fault() const { return fault_; }
  // Bytes that are kept of a message that is not whole.
  [[nodiscard]] std::size_t held() const { return in_message_ ? frames_.size() + text_.size() : 0; }

 private:
  [[nodiscard]] Fault find_fault(const FrameHead& head) const;
  void begin_frame();
  void take_payload(std::string_view bytes);
  [[nodiscard]] bool is_too_big(std::uint64_t further) const;
  void forget();

  const std::uint64_t most_;
  FrameReader reader_;
  std::string frames_;
  std::string text_;
  std::string control_;
  std::size_t unmasked_ = 0;  // bytes of the frame's payload so far
  bool in_control_ = false;   // a control frame has begun and is not whole
  bool in_message_ = false;   // it has begun and is not whole
  bool closed_ = false;       // a Close frame was its last word
  Fault fault_{};
};

// Where the messages of an upstream end, while they pass as they come.
class MessageEnds {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  // Follows `bytes`, and says behind how many of them a message of ours could stand first.
  [[nodiscard]] std::size_t follow(std::string_view bytes);
  // A message of ours could stand here.
  [[nodiscard]] bool between_messages() const { return !in_frame_ && !in_message_; }
  // There was a Close frame: no message may follow, nor ours.
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  FrameReader reader_;
  bool in_frame_ = false;
  bool in_message_ = false;
  bool closed_ = false;
};

// As a server writes them.
void append_text_frame(std::string& out, std::string_view text);
// `reason` is UTF-8 of at most 123 bytes.
void append_close_frame(std::string& out, std::uint16_t code, std::string_view reason);

}  // namespace tollgate::websocket
