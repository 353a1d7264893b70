// The program run to its end, as from a shell. For targets that define TOLLGATE_PROGRAM.
#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

namespace tollgate {

struct Ran {
  int status;
  std::string output;
};

enum class Take { kAll, kOutput, kErrors };

// `take`: of standard output and standard error.
inline Ran run(const std::string& arguments, Take take = Take::kAll) {
  const char* const streams[] = {" 2>&1", " 2>/dev/null", " 2>&1 >/dev/null"};
  const std::string command = std::string(TOLLGATE_PROGRAM) + " " + arguments;
  FILE* pipe = popen((command + streams[static_cast<std::size_t>(take)]).c_str(), "r");
  Ran ran{-1, ""};
  std::array<char, 4096> bytes{};
  while (const std::size_t got = fread(bytes.data(), 1, bytes.size(), pipe))
    ran.output.append(bytes.data(), got);
  const int ended = pclose(pipe);
  ran.status = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
  return ran;
}

}  // namespace tollgate
