#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make-rootfs.sh SUITE: a minimal Debian root file system by mmdebstrap, kept in the cache folder;
# prints the folder. 77: the tool or the mirror is not there.
set -eu
suite=$1
cache=${SK_ROOTFS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sekisho-tests}
root=$cache/$suite
if [ ! -d "$root" ]; then
	command -v mmdebstrap >/dev/null 2>&1 || { echo "mmdebstrap is not there" >&2; exit 77; }
	mkdir -p "$cache"
	tmp=$(mktemp -d "$cache/tmp.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	if ! timeout 300 mmdebstrap --quiet --variant=minbase "$suite" "$tmp/root.tar" 2>"$tmp/log"; then
		tail -3 "$tmp/log" >&2
		echo "no root file system of $suite: is there a mirror?" >&2
		exit 77
	fi
	mkdir "$tmp/root"
	tar -xf "$tmp/root.tar" -C "$tmp/root" --exclude='./dev/*' --no-same-owner
	mv "$tmp/root" "$root"
fi
echo "$root"
