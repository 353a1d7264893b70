// Frames as a client of a WebSocket sends them (RFC 6455, 5.2).
#pragma once

#include <string>
#include <string_view>

namespace tollgate {

// `first` is the frame's first byte: 0x81 is a whole text message, 0x01 the beginning of one, 0x80
// the end of any.
inline std::string client_frame(std::string_view payload, unsigned first = 0x81) {
  static constexpr char kMask[] = {'\x11', '\x22', '\x00', '\x7f'};
  std::string frame(1, static_cast<char>(first));
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80U | payload.size());
  } else {
    const bool is_short = payload.size() <= 0xFFFF;
    frame += static_cast<char>(is_short ? 0xFE : 0xFF);
    for (int shift = is_short ? 8 : 56; shift >= 0; shift -= 8) {
      frame += static_cast<char>(payload.size() >> static_cast<unsigned>(shift));
    }
  }
  frame.append(kMask, 4);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(payload[i] ^ kMask[i % 4]);
  }
  return frame;
}

}  // namespace tollgate
