#!/usr/bin/env bash
# Lays out the root folder of an image that holds one program and what it needs to run, and nothing else but "sleep": a preStop
# hook of Kubernetes has no other way to wait.
#
#   deploy/image_root.sh PROGRAM FOLDER
set -euo pipefail
[ $# -eq 2 ] || { sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2 && exit 2; }
program=$1
root=$2

mkdir -p "$root"/{etc/ssl/certs,etc/tollgate,usr/bin,usr/lib,tmp}
chmod 1777 "$root/tmp"
install -m 755 -s "$program" "$root/usr/bin/tollgate"
install -m 755 /usr/bin/sleep "$root/usr/bin/sleep"

# The libraries that these load, each where the loader looks for it; merged /usr as in Debian 12.
ln -sfn usr/lib "$root/lib"
ln -sfn usr/lib64 "$root/lib64"
{ ldd "$program" && ldd /usr/bin/sleep; } | grep -oE '/[^ )]+' | sort -u | while read -r library; do
  install -D -m 755 "$(readlink -f "$library")" "$root/usr/${library#/}"
done
# Names are resolved by the C library itself (glibc 2.34 and later): no modules of it are needed.

# OpenSSL looks for the authorities that the system trusts in a folder of its own, the last line of "openssl version -d".
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
mkdir "$root/usr/lib/ssl"
ln -s /etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem"

printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
printf 'tollgate:x:65532:65532:tollgate:/:/none\n' >"$root/etc/passwd"
printf 'tollgate:x:65532:\n' >"$root/etc/group"

# The time of the build is no part of the image, so that the same files make the same layer.
find "$root" -exec touch --no-dereference --date=@0 {} +
