// Any bytes as the frames of a WebSocket: read the same however they come in, nothing lost and
// nothing kept beyond the bound, in both directions. The first byte says how large the pieces are.
#include "proxy/websocket/frames.h"

#include <algorithm>
#include <string>

#include "tests/fuzz/properties.h"

namespace tollgate::websocket {
namespace {

constexpr std::uint64_t kMost = 200;

struct Seen {
  std::string messages;  // "M" or "C", length, text or frames
  std::string passed;
  std::string after;  // a fault, or what is held at the end
};

Seen read(std::string_view bytes, std::size_t piece) {
  using Event = ClientMessages::Event;
  ClientMessages messages(kMost);
  Seen seen;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    // A copy of its own, so that a sanitizer sees a byte too far.
    const std::string part(bytes.substr(at, piece));
    std::string_view input = part;
    while (true) {
      const ClientMessages::Step step = messages.next(input);
      must(step.consumed <= input.size(), "no more is taken than there is");
      input.remove_prefix(step.consumed);
      if (step.event == Event::kNeedMore) break;
      if (step.event == Event::kFault) {
        must(messages.fault().code >= 1000 && !messages.fault().what.empty(), "a fault says why");
        seen.after = messages.fault().what;
        return seen;
      }
      const bool message = step.event == Event::kMessage;
      const std::string_view what = message ? messages.text() : messages.frames();
      must(!message || what.size() <= kMost, "a message keeps to its bound");
      seen.messages += (message ? "M" : "C") + std::to_string(what.size()) + ":";
      seen.messages += what;
      seen.passed += messages.frames();
    }
    must(input.empty(), "all is taken");
    must(messages.held() <= 4 * kMost + 8192, "what is held keeps to its bound");
  }
  seen.after = std::to_string(messages.held());
  return seen;
}

// Whether a message of ours could stand behind all of them.
bool ends_between(std::string_view bytes, std::size_t piece) {
  MessageEnds ends;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const std::string part(bytes.substr(at, piece));
    const bool between = ends.between_messages();
    const std::size_t end = ends.follow(part);
    must(!between || end == 0, "between messages is an end");
    must(end == MessageEnds::kNone || end <= part.size(), "an end lies within the bytes");
  }
  return ends.between_messages();
}

void check(std::size_t piece, std::string_view bytes) {
  const Seen whole = read(bytes, std::max<std::size_t>(1, bytes.size()));
  const Seen parts = read(bytes, piece);
  must(whole.messages == parts.messages, "the same messages however they come in");
  must(whole.passed == parts.passed, "the same bytes pass");
  must(whole.after == parts.after, "the same end");
  must(whole.passed.size() <= bytes.size(), "nothing is made up");
  const std::size_t all = std::max<std::size_t>(1, bytes.size());
  must(ends_between(bytes, all) == ends_between(bytes, piece), "the same ends");
}

}  // namespace
}  // namespace tollgate::websocket

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  tollgate::websocket::check(1 + data[0], tollgate::text_of(data + 1, size - 1));
  return 0;
}
