// See key_name.h. Any thread.
#include "conf/key_name.h"

#include <algorithm>

namespace tollgate {
namespace {

bool consists_of(std::string_view text, std::string_view marks) {
  return std::all_of(text.begin(), text.end(), [marks](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

}  // namespace

bool is_key_name(std::string_view text) {
  return !text.empty() && text.size() <= 128 && consists_of(text, "-_.@:/");
}

bool is_key_prefix(std::string_view text) { return text.size() <= 64 && consists_of(text, "-_."); }

}  // namespace tollgate
