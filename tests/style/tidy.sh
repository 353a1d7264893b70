#!/usr/bin/env bash
# clang-tidy over the program's sources with the project's .clang-tidy; too slow for every run of the tests.
#
#   tests/style/tidy.sh [FILE]...     all of conf, filters and proxy if none is named
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

command -v clang-tidy >/dev/null || { echo "tidy.sh: install the package clang-tidy first." >&2 && exit 2; }
cmake --preset dev >/dev/null
if [ $# -eq 0 ]; then
  mapfile -t files < <(find conf filters proxy -name '*.cc' | sort)
else
  files=("$@")
fi
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" clang-tidy --quiet -p build/dev
