#!/usr/bin/env bash
# Runs every fuzz target in turn, each for SECONDS; exits 1 if one found something.
#
#   tests/fuzz/run.sh [SECONDS [TARGET]...]     60 seconds, all targets
#
# Inputs that reach new code are kept in build/fuzz/corpus, beside the corpus of the project, which is never written to.
# What a target trips over is kept in build/fuzz/findings: put it into tests/fuzz/corpus/TARGET, where it is a test.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

seconds=${1:-60}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { sed -n '2,4s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2 && exit 2; }
shift || true
deploy/setup.sh fuzz
export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER-$(command -v ccache || true)}
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz

if [ $# -eq 0 ]; then
  for source in tests/fuzz/*_fuzz.cc; do set -- "$@" "$(basename "$source" .cc)"; done
fi
mkdir -p build/fuzz/findings
failed=()
for target in "$@"; do
  kept=build/fuzz/corpus/$target
  own=tests/fuzz/corpus/$target
  log=build/fuzz/$target.log
  mkdir -p "$kept"
  dictionary=()
  [ ! -e "tests/fuzz/${target%%_*}.dict" ] || dictionary=("-dict=tests/fuzz/${target%%_*}.dict")
  printf '%-28s %ss ... ' "$target" "$seconds"
  if "build/fuzz/tests/fuzz/$target" "$kept" "$own" "${dictionary[@]}" "-max_total_time=$seconds" -timeout=10 \
    -rss_limit_mb=2048 -print_final_stats=1 "-artifact_prefix=build/fuzz/findings/$target-" >"$log" 2>&1; then
    awk '/number_of_executed_units/ {n = $2} END {printf "nothing found in %d runs\n", n}' "$log"
  else
    printf 'FOUND SOMETHING, see %s\n' "$log"
    tail -n 20 "$log"
    failed+=("$target")
  fi
done
[ ${#failed[@]} -eq 0 ] || { echo "tests/fuzz/run.sh: findings of ${failed[*]} are in build/fuzz/findings." >&2 && exit 1; }
