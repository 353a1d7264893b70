#!/usr/bin/env bash
# The figures of the README, on the release build: CPU per call beside a bare relay, nginx and HAProxy, and memory.
#
#   tests/bench/run.sh [cpu_per_call.py's options]
#
# Exits 1 above the bars: 1.20 × the bare relay, the better of nginx and HAProxy, 60 MiB with 10,000 idle connections.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
deploy/setup.sh bench
export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER-$(command -v ccache || true)}
export PATH=$PATH:/usr/sbin
cmake --preset release >/dev/null
cmake --build --preset release --target tollgate
program=build/release/tollgate

status=0
for method in GET POST; do
  printf '\n== %s ==\n' "$method"
  python3 -B tests/bench/cpu_per_call.py "$program" --method "$method" --max-vs-floor 1.20 --max-vs-best 1.00 "$@" || status=1
done
printf '\n== memory ==\n'
python3 -B tests/bench/idle_connections.py "$program" 10000 60 || status=1
exit "$status"
