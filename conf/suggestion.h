// "Did you mean ...?", for names that are nearly right.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

// "; did you mean ...?" with the nearest of the names, or nothing where none is near.
[[nodiscard]] std::string suggestion(std::string_view wrong, const std::vector<std::string>& names);
// The same, but where none is near, "; known are ..." with all of them, unless they are many.
[[nodiscard]] std::string suggestion_or_names(std::string_view wrong,
                                              const std::vector<std::string>& names);

// Of more, nobody finds the one that was meant.
inline constexpr std::size_t kMostNames = 12;

}  // namespace tollgate
