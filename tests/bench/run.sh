#!/usr/bin/env bash
# The figures of the README, on the release build: CPU per call beside a bare relay, nginx and HAProxy, pricing beside
# graphql-js, windows, a scrape, and memory.
#
#   tests/bench/run.sh [cpu_per_call.py's options]
#
# Exits 1 above the bars: 1.20 × the bare relay and the better of nginx and HAProxy, for calls of a GraphQL API, which are priced
# and charged in six windows, 1.30 × and 0.85 ×; by TLS the better of both; 1/8 and 1/40 of graphql-js; 60 MiB with 10,000 idle connections; 150 ns for
# six windows, and twice that on two cores with one key; 20 ms for a scrape with 1,000 keys.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
deploy/setup.sh bench
export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER-$(command -v ccache || true)}
export PATH=$PATH:/usr/sbin
deploy/example/install.sh >/dev/null
cmake --preset release -DTOLLGATE_TESTS=ON >/dev/null
cmake --build --preset release --target tollgate graphql_bench windows_bench
program=build/release/tollgate

status=0
for method in GET POST; do
  printf '\n== %s ==\n' "$method"
  python3 -B tests/bench/cpu_per_call.py "$program" --method "$method" --max-vs-floor 1.20 --max-vs-best 1.00 "$@" || status=1
done
printf '\n== POST to a GraphQL API, each call priced ==\n'
python3 -B tests/bench/cpu_per_call.py "$program" --schema deploy/example/schema.graphql --max-vs-floor 1.30 --max-vs-best 0.85 "$@" ||
  status=1
for connections in kept new; do
  printf '\n== GET by TLS on %s connections ==\n' "$connections"
  python3 -B tests/bench/cpu_per_call.py "$program" --method GET --tls "$connections" --max-vs-best 1.00 "$@" || status=1
done
printf '\n== pricing a GraphQL query ==\n'
python3 -B tests/bench/graphql.py build/release/tests/graphql_bench deploy/example/schema.graphql deploy/example || status=1
printf '\n== windows ==\n'
python3 -B tests/bench/windows.py build/release/tests/windows_bench || status=1
printf '\n== metrics ==\n'
python3 -B tests/bench/scrape.py "$program" --max-ms 20 || status=1
printf '\n== memory ==\n'
python3 -B tests/bench/idle_connections.py "$program" 10000 60 || status=1
exit "$status"
