// Any bytes as JSON: an error lies within them, what stands before it could still become JSON, and
// two parsers agree.
#include <nlohmann/json.hpp>

#include "filters/json_check.h"
#include "tests/fuzz/properties.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tollgate;
  const std::string_view text = text_of(data, size);
  const auto offset = json_error_offset(text);
  if (offset) must(*offset <= text.size(), "the place lies within the body");
  // nlohmann's parser takes a NUL for the end of the text.
  if (nlohmann::json::accept(text.begin(), text.end()) &&
      text.find('\0') == std::string_view::npos) {
    must(!offset, "what is JSON is accepted");
  }
  must(json_error_offset(std::string(text) + " ").has_value() == offset.has_value() ||
           offset == text.size(),
       "a blank at the end changes nothing");
  return 0;
}
