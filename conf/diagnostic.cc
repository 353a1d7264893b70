#include "conf/diagnostic.h"

#include <fmt/format.h>

namespace tollgate {

std::string Diagnostic::text() const {
  std::string out = file;
  if (line > 0) out += fmt::format(":{}", line);
  if (line > 0 && column > 0) out += fmt::format(":{}", column);
  if (!out.empty()) out += ": ";
  if (!path.empty()) out += path + ": ";
  return out + message;
}

}  // namespace tollgate
