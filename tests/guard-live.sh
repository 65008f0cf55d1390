# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Sourced by tests that need a live kernel: what must be there, a folder of their own, and waiting.
# `tools` are the programs that the test needs; `watcher` is the process that is ended with it.
set -u
[ "$(id -u)" = 0 ] || { echo "the sensor needs root"; exit 77; }
# shellcheck disable=SC2154 # the test says
for tool in $tools; do
	command -v $tool >/dev/null 2>&1 || { echo "$tool is not there"; exit 77; }
done
"$SEKISHO" version | grep -q '^sensor *built in' || { echo "built without the sensor"; exit 77; }
dir=$(mktemp -d)
dir=$(cd "$dir" && pwd -P)
watcher=
clean() {
	[ -n "$watcher" ] && kill "$watcher" 2>/dev/null
	wait
	rm -rf "$dir"
}
trap clean EXIT INT TERM
cd "$dir" || exit 1

# until_line FILE PATTERN: a slow machine may take its time
until_line() {
	for _ in $(seq 600); do
		grep -q -e "$2" "$1" 2>/dev/null && return 0
		kill -0 "$watcher" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}
bad=0
check() { # WHAT GOT WANT
	[ "$2" = "$3" ] && { echo "ok - $1"; return; }
	echo "not ok - $1: got '$2', want '$3'"
	bad=1
}
