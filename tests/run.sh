#!/usr/bin/env bash
# All tests, from a bare Debian 12: installs packages, builds, runs unit, cases, e2e, fuzz corpora, real and style.
#
#   tests/run.sh [dev|tsan|coverage]     dev (ASan and UBSan) if nothing is said
#
# Exits non-zero if any test fails, or if none ran. One test: ctest --preset dev -R NAME
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=${1:-dev}
case $preset in
  dev | tsan | coverage) ;;
  *) echo "tests/run.sh: there is no preset \"$preset\" with tests. There are dev, tsan and coverage." >&2 && exit 2 ;;
esac

deploy/setup.sh test
deploy/example/install.sh
tests/real/install.sh

export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER-$(command -v ccache || true)}
cmake --preset "$preset"
cmake --build --preset "$preset"
ctest --preset "$preset" --parallel "$(nproc)" --no-tests=error
