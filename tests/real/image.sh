#!/usr/bin/env bash
# The image of Dockerfile, built without a daemon, a registry or a runtime: what it holds, how it runs, and whether a second build of
# the same files makes the same layer. Takes minutes, as the program is built twice: not part of tests/run.sh.
#
#   tests/real/image.sh
#
# Needs root (or sudo) with mounts, chroot and namespaces for mounts and network. Debian's part of the first stage is kept in
# ${XDG_CACHE_HOME:-~/.cache}/tollgate.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

fail() {
  printf 'image.sh: %s\n' "$*" >&2
  exit 1
}

if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || fail "building an image needs root. Run as root, or install sudo."
  exec sudo --preserve-env=HOME,XDG_CACHE_HOME,TOLLGATE_SKIP_SETUP "tests/real/image.sh" "$@"
fi
deploy/setup.sh image
refused=$(unshare --mount --net --propagation private sh -c 'mount -t tmpfs none /mnt && ip link set lo up' 2>&1) ||
  fail "this environment allows no mounts and no network of the test's own, so the image cannot be run: $refused"
refused=$(chroot / true 2>&1) || fail "this environment allows no chroot, so the image can be neither built nor run: $refused"
commit=$(git rev-parse --short HEAD) || fail "the second build takes the files that git has, and this is no repository."

work=$(mktemp -d /var/tmp/tollgate-image.XXXXXX)
mkdir "$work/tmp"
export TMPDIR=$work/tmp # buildah's own, so that nothing of it is left after an interrupt
store=(buildah --root "$work/storage" --runroot "$work/run")
# shellcheck disable=SC2317  # the trap calls it
clean() {
  "${store[@]}" rm --all >/dev/null 2>&1 || true
  umount "$work/storage/overlay" 2>/dev/null || true
  rm -rf --one-file-system "$work"
}
trap clean EXIT

say() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }

# build NAME CONTEXT [COMMAND]...: COMMAND is what buildah runs within.
build() {
  "${@:3}" "${store[@]}" build --isolation chroot --format docker --layers=false --pull=never \
    --build-arg "COMMIT=$commit" --tag "$1" "$2" >"$work/$1.log" 2>&1 ||
    { tail -n 40 "$work/$1.log" >&2 && fail "the image could not be built."; }
}

# Prints where the files of a container of the image are.
files_of() {
  "${store[@]}" mount "$("${store[@]}" from --pull-never "$1")"
}

say "Debian's part of the first stage"
archive=$(tests/real/image/base.sh)
container=$("${store[@]}" from scratch)
"${store[@]}" add --quiet "$container" "$archive" / >/dev/null
"${store[@]}" commit --quiet "$container" docker.io/library/debian:bookworm-slim >/dev/null

# Copied now, so that an edit in the minutes that follow is no difference.
mkdir "$work/context"
git ls-files -z --cached --others --exclude-standard | tar --null --files-from - --ignore-failed-read -c | tar -xm -C "$work/context"

say "first build: from the folder as it is, packages from apt"
build first .

say "what it holds"
"${store[@]}" inspect --type image first >"$work/config.json"
first=$(files_of first)
IMAGE_ROOT=$first IMAGE_CONFIG=$work/config.json tests/real/image/contents.py
tests/real/image/contents.py --list "$first" >"$work/first.list"

say "how it runs"
IMAGE_ROOT=$first IMAGE_CONFIG=$work/config.json IMAGE_COMMIT=$commit \
  unshare --mount --net --propagation private tests/real/image/life.py

# The base of the second build has the packages already, so that it needs no network, and gets none.
say "second build: from the files that git has, in another folder, at another time, without a network"
"${store[@]}" copy --quiet "$container" deploy/setup.sh /setup.sh >/dev/null
"${store[@]}" run --isolation chroot "$container" -- /setup.sh build >"$work/packages.log" 2>&1 ||
  { tail -n 40 "$work/packages.log" >&2 && fail "the packages could not be installed."; }
"${store[@]}" commit --quiet "$container" docker.io/library/debian:bookworm-slim >/dev/null
build second "$work/context" unshare --net

layer() { "${store[@]}" inspect --type image --format '{{.OCIv1.RootFS.DiffIDs}}' "$1"; }
if [ "$(layer first)" != "$(layer second)" ]; then
  tests/real/image/contents.py --list "$(files_of second)" >"$work/second.list"
  diff "$work/first.list" "$work/second.list" >&2 || true
  fail "two builds of the same files differ: $(layer first) and $(layer second)."
fi
say "both builds have the layer $(layer first)"
