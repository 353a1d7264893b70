// "Did you mean ...?", for names that are nearly right.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

// "; did you mean ...?" with the nearest of the names, or nothing where none is near.
[[nodiscard]] std::string suggestion(std::string_view wrong, const std::vector<std::string>& names);

}  // namespace tollgate
