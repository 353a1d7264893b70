#!/usr/bin/env bash
# Makes what the Dockerfile begins with, debian:bookworm-slim, from Debian's packages alone: no image registry is asked. The same
# packages as the published image, and the documentation that "slim" leaves out. Prints the archive's path; a later call finds it
# there. Remove it to have a newer one. Needs root.
#
#   tests/real/image/base.sh
set -euo pipefail
folder=${XDG_CACHE_HOME:-$HOME/.cache}/tollgate
archive=$folder/debian-bookworm-$(dpkg --print-architecture).tar

if [ ! -s "$archive" ]; then
  # The mirrors that apt uses here. The image's own apt asks them too.
  # shellcheck disable=SC2016  # apt fills in its own names
  sources=$(apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) main' 'Created-By: Packages' 'Component: main' 'Origin: Debian' |
    grep -E ' bookworm(-updates|-security)? main$' | sort -u)
  mirror=$(awk '$3 == "bookworm" && !n++ {print $2}' <<<"$sources")
  [ -n "$mirror" ] || { echo "base.sh: apt has no mirror of Debian 12 (bookworm) here, so there are no packages to begin with." >&2 && exit 1; }

  mkdir -p "$folder"
  making=$(mktemp -d "$folder/making.XXXXXX")
  trap 'rm -rf "$making"' EXIT
  if ! debootstrap --variant=minbase bookworm "$making/debian" "$mirror" >"$making/log" 2>&1; then
    tail -n 20 "$making/log" >&2
    echo "base.sh: debootstrap failed. It needs root, mknod and chroot, and a file system that is not mounted nodev or noexec." >&2
    exit 1
  fi
  printf '%s\n' "$sources" >"$making/debian/etc/apt/sources.list"
  rm -rf "$making"/debian/var/cache/apt/archives/*.deb "$making"/debian/var/lib/apt/lists/* "$making"/debian/etc/{hostname,resolv.conf}
  tar -C "$making/debian" --numeric-owner -cf "$making/tar" .
  mv "$making/tar" "$archive"
fi
printf '%s\n' "$archive"
