#!/usr/bin/env bash
# Installs from Debian 12 what Tollgate's work needs. Quick and silent where everything is there already.
#
#   deploy/setup.sh [GROUP]...
#
# build       compiler and libraries: the program alone
# quickstart  build, and what deploy/quickstart.sh runs beside it
# test        quickstart, and what tests/run.sh needs (the default)
# fuzz        build, and what tests/fuzz/run.sh needs
# bench       test, and what tests/bench/run.sh compares with
# image       build, and what tests/real/image.sh makes and runs the image with
# all         all of these
#
# Needs root, or sudo. TOLLGATE_SKIP_SETUP=1 leaves the system alone: for other systems, where you see to the packages.
set -euo pipefail

build=(g++ cmake ninja-build pkg-config git ca-certificates
  libevent-dev libssl-dev libyaml-cpp-dev libsimdjson-dev nlohmann-json3-dev libcli11-dev
  libfmt-dev libspdlog-dev libexpected-dev
  # prometheus-cpp's CMake file looks for all of its parts, used or not
  prometheus-cpp-dev libcurl4-openssl-dev zlib1g-dev)
quickstart=(curl nodejs npm)
test=(libgtest-dev libgmock-dev clang-format shellcheck python3 openssl prometheus prometheus-alertmanager wrk
  slowhttptest buildah iproute2 util-linux
  # the C sources of llhttp, which Node is made with
  node-llhttp)
fuzz=(clang libclang-rt-14-dev node-llhttp)
bench=(libbenchmark-dev nginx-light haproxy util-linux)
image=(buildah debootstrap iproute2 util-linux python3 openssl)

fail() {
  printf 'setup.sh: %s\n' "$*" >&2
  exit 1
}

[ "${TOLLGATE_SKIP_SETUP:-}" = 1 ] && exit 0
[ $# -gt 0 ] || set -- test
wanted=("${build[@]}")
for group in "$@"; do
  case $group in
    build) ;;
    quickstart) wanted+=("${quickstart[@]}") ;;
    test) wanted+=("${quickstart[@]}" "${test[@]}") ;;
    fuzz) wanted+=("${fuzz[@]}") ;;
    bench) wanted+=("${quickstart[@]}" "${test[@]}" "${bench[@]}") ;;
    image) wanted+=("${image[@]}") ;;
    all) wanted+=("${quickstart[@]}" "${test[@]}" "${fuzz[@]}" "${bench[@]}" "${image[@]}") ;;
    *) fail "there is no group \"$group\". The groups are build, quickstart, test, fuzz, bench, image and all." ;;
  esac
done

# A Node of one's own (18 or later, with npm) is used as it is: Debian's npm does not install beside it.
own_node() {
  command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' 2>/dev/null
}

installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
if command -v dpkg-query >/dev/null; then
  for package in "${wanted[@]}"; do
    case $package in nodejs | npm) own_node && continue ;; esac
    installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || exit 0
fi

system=$(. /etc/os-release 2>/dev/null && printf '%s %s' "${ID:-unknown}" "${VERSION_ID:-}") || system=unknown
[ "$system" = "debian 12" ] || fail "this system is \"$system\", and the packages here are those of Debian 12 (bookworm).
Install the like of these yourself, then say so with TOLLGATE_SKIP_SETUP=1: ${wanted[*]}"

as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || fail "installing packages needs root. Run as root, or install sudo. Missing: ${missing[*]}"
  as_root=(sudo)
fi

# The servers among the packages are run by the tests themselves: none is to start as a service here.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi

apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" </dev/null
}
printf 'Installing: %s\n' "${missing[*]}"
apt update || fail "apt-get update failed. Is the network there, and are the package sources right?"
apt install -y --no-install-recommends "${missing[@]}" ||
  fail "apt-get could not install everything. Missing were: ${missing[*]}"
