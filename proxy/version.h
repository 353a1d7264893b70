// What was built; set by CMake.
#pragma once

namespace tollgate {

extern const char* const kVersion;  // "0.1.0"
extern const char* const kCommit;   // short hash, or "unknown"

}  // namespace tollgate
