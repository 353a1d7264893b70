// Any bytes in any member: one line, valid UTF-8, valid JSON that reads back.
#include <nlohmann/json.hpp>

#include "proxy/access_log.h"
#include "tests/fuzz/properties.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tollgate;
  const std::string_view text = text_of(data, size);
  const std::size_t third = size / 3;
  CallRecord call;
  call.method = text.substr(0, third);
  call.path = text.substr(third, third);
  call.user_agent = text.substr(2 * third);
  call.request_id = text;
  call.status = size > 0 ? data[0] * 3 : 0;
  call.duration = std::chrono::nanoseconds(size * 1'000'003);
  std::string line;
  append_log_line(line, call);
  must(line.ends_with('\n') && line.find('\n') == line.size() - 1, "one line");
  const auto json = nlohmann::json::parse(line, nullptr, false);
  must(!json.is_discarded(), "a line is JSON");
  must(json["status"] == call.status, "the status reads back");
  bool plain = call.user_agent.size() <= 256;
  for (const char c : call.user_agent) plain = plain && static_cast<unsigned char>(c) < 0x80;
  if (call.user_agent.empty()) {
    must(json["user_agent"].is_null(), "what is absent is null");
  } else if (plain) {
    must(json["user_agent"] == call.user_agent, "what is ASCII reads back as it was");
  }
  for (const char* hidden : {"\xe2\x80\xa8", "\xe2\x80\xa9", "\xc2\x85", "\xc2\x9b"}) {
    must(line.find(hidden) == line.npos, "nothing in it acts as a line end or a command");
  }
  return 0;
}
