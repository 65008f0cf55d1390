#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the agent costs others: each of a few loads with and without it, in turn,
# and the medians.
#
#	bench/guard.sh BUILD [OPTION...]     options of guard run: other rules
#
# BUILD is a release build (meson setup -Dbuildtype=release). The machine should
# have nothing else to do, and no other agent.
set -eu
build=$1
shift
# shellcheck source=bench/live.sh
. "$(dirname "$0")/live.sh"
trap clean_live EXIT INT TERM
config

# loads KIND: a line "name kind number" for each; numbers are times
loads() {
	"$build/bench/bench-calls" "$dir/one/two/three/file" | rows '' "$1"
	echo "compile $1 $(seconds compile 8 "$here/calls.c" "$dir/out.o")"
	[ -z "$server" ] || requests redis-benchmark -s "$dir/redis" | rows '' "$1"
}

if command -v redis-server >/dev/null 2>&1; then
	redis-server --port 0 --unixsocket "$dir/redis" --save '' --appendonly no --dir "$dir" >/dev/null &
	server=$!
fi
loads warm >/dev/null
i=0
while [ $i -lt "$rounds" ]; do
	loads without
	start_agent "$@"
	loads with
	stop_agent
	i=$((i + 1))
done >"$dir/times"
table 'getppid read write compile redis' without with
