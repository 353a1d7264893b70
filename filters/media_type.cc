// See media_type.h.
#include "filters/media_type.h"

#include <algorithm>

#include "filters/field_text.h"
#include "filters/request.h"

namespace tollgate {
namespace {

std::string_view type_of(std::string_view value) {
  return trimmed(value.substr(0, value.find(';')));
}

// "0.5" as 500; what is no quality counts as 1.
int quality_of(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view each = trimmed(parameters.substr(0, parameters.find(';')));
    parameters.remove_prefix(std::min(parameters.size(), parameters.find(';')));
    if (!parameters.empty()) parameters.remove_prefix(1);
    if (each.size() < 3 || (each[0] != 'q' && each[0] != 'Q') || each[1] != '=') continue;
    if (each[2] != '0') return 1000;
    int quality = 0;
    int scale = 100;
    for (const char c : each.substr(std::min<std::size_t>(4, each.size()))) {
      if (c < '0' || c > '9' || scale == 0) break;
      quality += (c - '0') * scale;
      scale /= 10;
    }
    return quality;
  }
  return 1000;
}

}  // namespace

bool is_media_type(std::string_view content_type, std::string_view type) {
  return equals_ignoring_case(type_of(content_type), type);
}

bool is_json(std::string_view content_type) {
  const std::string_view type = type_of(content_type);
  if (equals_ignoring_case(type, "application/json") || equals_ignoring_case(type, "text/json")) {
    return true;
  }
  return type.size() > 5 && equals_ignoring_case(type.substr(type.size() - 5), "+json");
}

int named_quality(std::string_view accept, std::string_view type) {
  int best = -1;
  while (!accept.empty()) {
    const std::size_t end = std::min(accept.find(','), accept.size());
    const std::string_view each = accept.substr(0, end);
    accept.remove_prefix(std::min(end + 1, accept.size()));
    if (!is_media_type(each, type)) continue;
    const std::size_t parameters = each.find(';');
    best = std::max(best, parameters == std::string_view::npos
                              ? 1000
                              : quality_of(each.substr(parameters + 1)));
  }
  return best;
}

}  // namespace tollgate
