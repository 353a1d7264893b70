// What is wrong in a file that the operator wrote, and where.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tollgate {

struct Diagnostic {
  std::string file;
  int line = 0;      // from 1; 0: the file as a whole
  int column = 0;    // from 1; 0: the line as a whole
  std::string path;  // "apis[0].upstream.url"; empty: the file as a whole
  std::string message;

  // "file:line:column: path: message", leaving out what is not known. Control characters are
  // shown as \x07.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

using Diagnostics = std::vector<Diagnostic>;

// A file that a setting names, and where that stands.
struct NamedFile {
  std::string file;
  Diagnostic setting;  // without a message
};

// Nobody reads more at a time.
inline constexpr std::size_t kMaxDiagnostics = 100;

// As somebody reads the file, from top to bottom. Of more than kMaxDiagnostics the first ones, and
// how many more there are, with `left_out` that were not even kept.
[[nodiscard]] Diagnostics in_order(Diagnostics diagnostics, std::size_t left_out = 0);

// What is wrong with a file as a whole is said where the setting stands that names it; what is
// wrong with a setting whose line is not known, in the line that `settings` have for its file and
// path.
[[nodiscard]] Diagnostics at_settings(Diagnostics diagnostics, const std::vector<NamedFile>& named,
                                      const Diagnostics& settings);

}  // namespace tollgate
