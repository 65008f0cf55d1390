#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The command line itself: help on every level, errors that say the way out, exit codes.
set -u
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
export HOME="$dir" XDG_CONFIG_HOME="$dir/config" XDG_CACHE_HOME="$dir/cache"
unset SEKISHO_CONFIG
failed=0

# want CODE TEXT ARGUMENT...: this call exits with CODE and says TEXT somewhere
want() {
	code=$1 text=$2
	shift 2
	"$SEKISHO" "$@" >out 2>&1 </dev/null
	got=$?
	if [ $got != "$code" ]; then
		echo "sekisho $*: exit code $got, not $code"
		cat out
		failed=1
	elif ! grep -qF -e "$text" out; then
		echo "sekisho $*: does not say: $text"
		cat out
		failed=1
	fi
}

want 2 "which command?"
want 0 "Usage: sekisho COMMAND" --help
want 0 "Usage: sekisho COMMAND" -h
want 0 "Global options:" help
want 0 "Usage: sekisho version" version --help
want 0 "Usage: sekisho version" help version
want 0 "sekisho 0" --version
want 0 "sekisho 0" version -V
want 0 "zstd" version
want 2 "unknown command 'versoin'; did you mean 'version'?" versoin
want 2 "Try 'sekisho --help'." nothing-like-it
want 2 "unknown option --colour; did you mean --color?" version --colour=never
want 2 "--color needs a value: --color WHEN" version --color
want 2 "'alway' is not one of auto, always, never; did you mean 'always'?" version --color alway
want 2 "unknown option -x" version -qx
want 2 "unexpected argument 'more'" version more
want 2 "'maybe' is neither true nor false" version --quiet=maybe
want 0 "zstd" -q version --no-progress --color=never --cache-dir "$dir"
exit $failed
