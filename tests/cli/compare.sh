#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sekisho compare: arguments and standard input.
set -u
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export HOME="$dir" XDG_CONFIG_HOME="$dir" XDG_CACHE_HOME="$dir"
failed=0

is() {
	want=$1
	shift
	got=$("$SEKISHO" compare "$@" </dev/null)
	[ "$got" = "$want" ] && return
	echo "compare $*: '$got', not '$want'"
	failed=1
}

is '<' --scheme deb 1.0~rc1-1 1.0-1
is '=' --scheme deb 1.0 0:1.0-0
is '>' -s npm 1.0.0 1.0.0-rc.1
is '?' --scheme npm 1.0.0 one
is '<' --scheme Debian:12 1 2
is '<' --scheme pypi -- -class 1.0
is '' --scheme deb

got=$(printf '1.0\t1.0.0\n1\t2\nno tab\n\t1\n1 .0\t1\r\n2\t1' | "$SEKISHO" compare --scheme pypi | tr '\n' ' ')
[ "$got" = '= < ? ? ? > ' ] || { echo "standard input: $got"; failed=1; }
"$SEKISHO" compare 1 2 2>/dev/null && { echo "no scheme is no error"; failed=1; }
"$SEKISHO" compare --scheme none 1 2 2>/dev/null
[ $? = 2 ] || { echo "an unknown scheme is no usage error"; failed=1; }
"$SEKISHO" compare --scheme deb 1 2>/dev/null
[ $? = 2 ] || { echo "one version alone is no usage error"; failed=1; }
got=$({ printf '1\t2\n'; head -c 600000 /dev/zero | tr '\0' 1; printf '\t1\n2\t1\n'
	head -c 300000 /dev/zero | tr '\0' 1; } | "$SEKISHO" compare --scheme deb | tr '\n' ' ')
[ "$got" = '< ? > ? ' ] || { echo "lines without end: $got"; failed=1; }
exit $failed
