#!/usr/bin/env bash
# Installs the npm packages of the real clients exactly as locked; at once where they are there already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-fund --no-audit
