#!/usr/bin/env bash
# Load with reloads every second and connections cut at random, on the release build; see soak.py.
#
#   tests/real/soak.sh [SECONDS]     60 if nothing is said
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
deploy/setup.sh test
export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER-$(command -v ccache || true)}
cmake --preset release >/dev/null
cmake --build --preset release --target tollgate
exec python3 -B tests/real/soak.py build/release/tollgate "${1:-60}"
