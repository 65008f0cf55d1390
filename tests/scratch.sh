# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Sourced by tests of the command line: a folder of their own, which is their home too, and ways to say what is wrong.
set -u
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
export HOME="$dir" XDG_CACHE_HOME="$dir/cache" XDG_CONFIG_HOME="$dir/config" XDG_DATA_HOME="$dir/data"
unset SEKISHO_CONFIG
# shellcheck disable=SC2034 # the test's exit code
failed=0

# bad WORD...: what is wrong, and what the last call said
bad() {
	echo "$*"
	cat out err 2>/dev/null
	failed=1
}
# want CODE TEXT ARGUMENT...: this call exits with CODE and says TEXT somewhere
want() {
	code=$1 text=$2
	shift 2
	"$SEKISHO" "$@" >out 2>&1 </dev/null
	got=$?
	[ $got = "$code" ] || { bad "sekisho $*: exit code $got, not $code"; return; }
	grep -qF -e "$text" out || bad "sekisho $*: does not say: $text"
}
