// See frames.h.
#include "proxy/websocket/frames.h"

#include <algorithm>

namespace tollgate::websocket {
namespace {

constexpr std::uint8_t kContinuation = 0;
constexpr std::uint8_t kText = 1;
constexpr std::uint8_t kBinary = 2;
constexpr std::uint8_t kClose = 8;
constexpr std::uint8_t kPong = 10;

constexpr unsigned kLength16 = 126;  // 16 bits of length follow
constexpr unsigned kLength64 = 127;  // 64 bits
constexpr std::size_t kMostControlBytes = 125;

// Frames of little payload: their heads may be more than what they carry, up to this.
constexpr std::size_t kHeadsBytes = 4096;
// Above, memory is given back after a message.
constexpr std::size_t kKeptBytes = std::size_t{16} * 1024;

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

// Of a head that begins with these two bytes.
std::size_t head_size(unsigned second) {
  const unsigned length = second & 0x7FU;
  const std::size_t extended = length == kLength64 ? 8 : length == kLength16 ? 2 : 0;
  return 2 + extended + ((second & 0x80U) != 0 ? 4 : 0);
}

FrameHead decode(std::string_view bytes) {
  FrameHead head;
  head.last = (byte_at(bytes, 0) & 0x80U) != 0;
  head.reserved = (byte_at(bytes, 0) & 0x70U) != 0;
  head.opcode = static_cast<std::uint8_t>(byte_at(bytes, 0) & 0x0FU);
  head.masked = (byte_at(bytes, 1) & 0x80U) != 0;
  head.length = byte_at(bytes, 1) & 0x7FU;
  const std::size_t extended = head.length == kLength64 ? 8 : head.length == kLength16 ? 2 : 0;
  if (extended > 0) {
    head.length = 0;
    for (std::size_t i = 0; i < extended; ++i) {
      head.length = head.length << 8U | byte_at(bytes, 2 + i);
    }
    head.shortest = extended == 2 ? head.length >= kLength16 : head.length > 0xFFFF;
  }
  if (head.masked) bytes.copy(head.mask.data(), 4, 2 + extended);
  return head;
}

void append_head(std::string& out, std::uint8_t opcode, std::size_t length) {
  out.push_back(static_cast<char>(0x80U | opcode));
  if (length < kLength16) {
    out.push_back(static_cast<char>(length));
    return;
  }
  const bool is_short = length <= 0xFFFF;
  out.push_back(static_cast<char>(is_short ? kLength16 : kLength64));
  for (int shift = is_short ? 8 : 56; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(length >> static_cast<unsigned>(shift)));
  }
}

}  // namespace

// ---- frames

FrameReader::Step FrameReader::next(std::string_view input) {
  if (left_ > 0) {
    const std::size_t taken = std::min<std::uint64_t>(left_, input.size());
    left_ -= taken;
    return {Event::kPayload, taken, left_ == 0};
  }
  if (complete_) size_ = 0;
  complete_ = false;
  std::size_t consumed = 0;
  while (size_ < 2 || size_ < head_size(static_cast<unsigned char>(bytes_[1]))) {
    if (consumed == input.size()) return {Event::kNeedMore, consumed, false};
    bytes_[size_++] = input[consumed++];
  }
  complete_ = true;
  head_ = decode(head_bytes());
  left_ = head_.length;
  return {Event::kHead, consumed, left_ == 0};
}

// ---- messages of a client

ClientMessages::Step ClientMessages::next(std::string_view input) {
  forget();
  std::size_t consumed = 0;
  while (true) {
    const FrameReader::Step step = reader_.next(input.substr(consumed));
    const std::string_view bytes = input.substr(consumed, step.consumed);
    consumed += step.consumed;
    if (step.event == FrameReader::Event::kHead) {
      fault_ = find_fault(reader_.head());
      if (fault_.code != 0) return {Event::kFault, consumed};
      begin_frame();
    } else if (step.event == FrameReader::Event::kPayload) {
      take_payload(bytes);
    }
    if (!step.ends_frame) {
      if (consumed == input.size()) return {Event::kNeedMore, consumed};
      continue;
    }
    if (in_control_) {
      in_control_ = false;
      closed_ = reader_.head().opcode == kClose;
      return {Event::kControl, consumed};
    }
    if (!reader_.head().last) continue;
    in_message_ = false;
    return {Event::kMessage, consumed};
  }
}

// Its code is 0 where there is none.
Fault ClientMessages::find_fault(const FrameHead& head) const {
  if (closed_) return {kProtocolError, "A frame follows a Close."};
  if (!head.masked) return {kProtocolError, "A client's frames must be masked."};
  if (head.reserved) return {kProtocolError, "A frame has a reserved bit, without an extension."};
  if (!head.shortest) return {kProtocolError, "A frame's length is longer than need be."};
  if (head.is_control()) {
    if (head.opcode > kPong) return {kProtocolError, "A frame has an unknown opcode."};
    if (head.last && head.length <= kMostControlBytes) return {};
    return {kProtocolError, "A control frame is fragmented or longer than 125 bytes."};
  }
  if (head.opcode > kBinary) return {kProtocolError, "A frame has an unknown opcode."};
  if (in_message_ != (head.opcode == kContinuation)) {
    return {kProtocolError, in_message_ ? "A message begins within another."
                                        : "A frame continues a message that has not begun."};
  }
  if (is_too_big(head.length)) return {kTooBig, "The message is larger than what is taken."};
  return {};
}

bool ClientMessages::is_too_big(std::uint64_t further) const {
  if (most_ == 0) return false;
  return further > most_ || text_.size() + further > most_ ||
         frames_.size() > 2 * text_.size() + kHeadsBytes;
}

void ClientMessages::begin_frame() {
  unmasked_ = 0;
  in_control_ = reader_.head().is_control();
  (in_control_ ? control_ : frames_).append(reader_.head_bytes());
  if (!in_control_) in_message_ = true;
}

void ClientMessages::take_payload(std::string_view bytes) {
  if (in_control_) {
    control_.append(bytes);
    return;
  }
  frames_.append(bytes);
  const std::array<char, 4> mask = reader_.head().mask;
  const std::size_t begin = text_.size();
  text_.append(bytes);
  for (std::size_t i = begin; i < text_.size(); ++i) text_[i] ^= mask[unmasked_++ % 4];
}

// What was handed out last.
void ClientMessages::forget() {
  if (!in_control_) control_.clear();
  if (in_message_) return;
  for (std::string* each : {&frames_, &text_}) {
    if (each->capacity() > kKeptBytes) *each = {};
    each->clear();
  }
}

// ---- messages of an upstream

std::size_t MessageEnds::follow(std::string_view bytes) {
  std::size_t first = between_messages() ? 0 : kNone;
  for (std::size_t at = 0; at < bytes.size();) {
    const FrameReader::Step step = reader_.next(bytes.substr(at));
    at += step.consumed;
    in_frame_ = !step.ends_frame;
    if (in_frame_) continue;
    const FrameHead& head = reader_.head();
    if (!head.is_control()) in_message_ = !head.last;
    closed_ = closed_ || head.opcode == kClose;
    if (first == kNone && between_messages()) first = at;
  }
  return first;
}

void append_text_frame(std::string& out, std::string_view text) {
  append_head(out, kText, text.size());
  out.append(text);
}

void append_close_frame(std::string& out, std::uint16_t code, std::string_view reason) {
  append_head(out, kClose, reason.size() + 2);
  out.push_back(static_cast<char>(code >> 8U));
  out.push_back(static_cast<char>(code & 0xFFU));
  out.append(reason);
}

}  // namespace tollgate::websocket
