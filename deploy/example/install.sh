#!/usr/bin/env bash
# Installs the example's npm packages exactly as locked; at once where they are there already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-fund --no-audit
