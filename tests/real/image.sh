#!/usr/bin/env bash
# The image of Dockerfile, built without a daemon, a registry or a runtime: what it holds, how it runs, and whether a second build of
# the same files makes the same layer. Takes up to half an hour, as the program is built twice.
#
#   tests/real/image.sh
#   tests/real/image.sh PROGRAM     seconds: of Dockerfile the last stage alone, with a program that is built already. For
#                                   tests/run.sh: exits 77 where this environment cannot run an image
#
# Needs root (or sudo) with mounts, chroot and namespaces for mounts and network. Debian's part of the first stage is kept in
# ${XDG_CACHE_HOME:-~/.cache}/tollgate.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
program=${1:-}

fail() {
  printf 'image.sh: %s\n' "$*" >&2
  exit 1
}
cannot() {
  printf 'image.sh: %s\n' "$*" >&2
  exit $((${#program} > 0 ? 77 : 1))
}

if [ "$(id -u)" != 0 ]; then
  [ -z "$program" ] || sudo --non-interactive true 2>/dev/null || cannot "building an image needs root, and sudo asks for a password."
  command -v sudo >/dev/null || fail "building an image needs root. Run as root, or install sudo."
  exec sudo --preserve-env=HOME,XDG_CACHE_HOME,TOLLGATE_SKIP_SETUP,IMAGE_MOST_MIB "tests/real/image.sh" "$@"
fi
[ -n "$program" ] || deploy/setup.sh image
command -v buildah >/dev/null || cannot "buildah is not installed (deploy/setup.sh image does it)."
refused=$(unshare --mount --net --propagation private sh -c 'mount -t tmpfs none /mnt && ip link set lo up' 2>&1) ||
  cannot "this environment allows no mounts and no network of the test's own, so the image cannot be run: $refused"
refused=$(chroot / true 2>&1) || cannot "this environment allows no chroot, so the image can be neither built nor run: $refused"

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

# check_image NAME COMMIT: COMMIT is what its program was built from.
check_image() {
  say "what it holds"
  "${store[@]}" inspect --type image "$1" >"$work/config.json"
  root=$(files_of "$1")
  IMAGE_ROOT=$root IMAGE_CONFIG=$work/config.json tests/real/image/contents.py
  tests/real/image/contents.py --list "$root" >"$work/$1.list"

  say "how it runs"
  IMAGE_ROOT=$root IMAGE_CONFIG=$work/config.json IMAGE_COMMIT=$2 \
    unshare --mount --net --propagation private tests/real/image/life.py
}

if [ -n "$program" ]; then
  say "the last stage, with $program"
  mkdir "$work/context"
  deploy/image_root.sh "$program" "$work/context/image"
  sed -n '/^FROM scratch/,$ s|^COPY --from=build /image /|COPY image /|p; t; /^FROM scratch/,$ p' Dockerfile >"$work/context/Dockerfile"
  commit=$("$program" version | sed 's/.*(\(.*\)).*/\1/')
  build short "$work/context"
  check_image short "$commit"
  exit 0
fi

commit=$(git rev-parse --short HEAD) || fail "the second build takes the files that git has, and this is no repository."
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

check_image first "$commit"

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
