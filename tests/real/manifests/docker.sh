#!/usr/bin/env bash
# Stands in for docker: an image's folder has a Dockerfile, and what is pushed was built. BUILT is a file to remember that in.
set -euo pipefail
case $1 in
  build) test -f "${*: -1}/Dockerfile" && echo "$3" >>"$BUILT" ;;
  push) grep -qxF "$2" "$BUILT" ;;
  *) echo "docker.sh does not know: $*" >&2 && exit 1 ;;
esac
