#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Root file systems made by mmdebstrap: our list is dpkg-query's. Without a mirror this machine's own database serves.
set -eu
command -v dpkg-query >/dev/null 2>&1 || { echo "dpkg-query is not there"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/own/var/lib/dpkg/info" "$tmp/own/var/lib/dpkg/updates"
cp /var/lib/dpkg/status "$tmp/own/var/lib/dpkg/"
cp /var/lib/dpkg/info/*.list "$tmp/own/var/lib/dpkg/info/"
python3 "$SK_TESTS/rootfs.py" deb "$tmp/own"
for suite in bookworm trixie; do
	root=$(sh "$SK_TESTS/make-rootfs.sh" $suite) || { [ $? = 77 ] && continue; exit 1; }
	python3 "$SK_TESTS/rootfs.py" deb "$root"
done
