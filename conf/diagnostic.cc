#include "conf/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace tollgate {
namespace {

// What stands in a file must not speak to the terminal.
std::string without_controls(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string Diagnostic::text() const {
  std::string out = file;
  if (line > 0) out += fmt::format(":{}", line);
  if (line > 0 && column > 0) out += fmt::format(":{}", column);
  if (!out.empty()) out += ": ";
  if (!path.empty()) out += path + ": ";
  return without_controls(out + message);
}

Diagnostics in_order(Diagnostics diagnostics, std::size_t left_out) {
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [](const Diagnostic& a, const Diagnostic& b) {
                     return std::pair(a.line, a.column) < std::pair(b.line, b.column);
                   });
  if (diagnostics.size() > kMaxDiagnostics) {
    left_out += diagnostics.size() - kMaxDiagnostics;
    diagnostics.resize(kMaxDiagnostics);
  }
  if (left_out > 0) {
    diagnostics.push_back({diagnostics.empty() ? "" : diagnostics.front().file, 0, 0, "",
                           fmt::format("and {} more; mend these first", left_out)});
  }
  return diagnostics;
}

Diagnostics at_settings(Diagnostics diagnostics, const std::vector<NamedFile>& named,
                        const Diagnostics& settings) {
  std::map<std::pair<std::string_view, std::string_view>, const Diagnostic*> places;
  for (const Diagnostic& each : settings) places[{each.file, each.path}] = &each;
  for (Diagnostic& each : diagnostics) {
    if (each.line != 0) continue;
    if (const auto place = places.find({each.file, each.path}); place != places.end()) {
      each.line = place->second->line;
      each.column = place->second->column;
    }
    if (!each.path.empty()) continue;
    const auto found = std::find_if(named.begin(), named.end(), [&](const NamedFile& candidate) {
      return candidate.file == each.file;
    });
    if (found == named.end()) continue;
    std::string message = fmt::format("{}: {}", each.file, each.message);
    each = found->setting;
    each.message = std::move(message);
  }
  return diagnostics;
}

}  // namespace tollgate
