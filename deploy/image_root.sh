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
# Names are resolved by modules that the C library loads by itself.
for module in libnss_files.so.2 libnss_dns.so.2 libresolv.so.2; do
  found=$(ldconfig -p | awk -v m="$module" '$1 == m && !n++ {print $NF}')
  [ -z "$found" ] || install -D -m 755 "$(readlink -f "$found")" "$root/usr/${found#/}"
done

cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
printf 'tollgate:x:65532:65532:tollgate:/:/none\n' >"$root/etc/passwd"
printf 'tollgate:x:65532:\n' >"$root/etc/group"
