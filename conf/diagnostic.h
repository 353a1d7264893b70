// What is wrong in a file that the operator wrote, and where.
#pragma once

#include <string>
#include <vector>

namespace tollgate {

struct Diagnostic {
  std::string file;
  int line = 0;      // from 1; 0: the file as a whole
  int column = 0;    // from 1; 0: the line as a whole
  std::string path;  // "apis[0].upstream.url"; empty: the file as a whole
  std::string message;

  // "file:line:column: path: message", leaving out what is not known.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

using Diagnostics = std::vector<Diagnostic>;

}  // namespace tollgate
