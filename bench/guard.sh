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
build=$(cd "$1" && pwd)
shift
here=$(cd "$(dirname "$0")" && pwd)
rounds=${BENCH_RUNS:-5}
dir=$(mktemp -d)
agent=
server=
clean() {
	[ -z "$agent" ] || kill "$agent" 2>/dev/null || :
	[ -z "$server" ] || kill "$server" 2>/dev/null || :
	wait
	rm -rf "$dir"
}
trap clean EXIT INT TERM

ninja -C "$build" bench/bench-calls >/dev/null
mkdir -p "$dir/one/two/three"
echo x >"$dir/one/two/three/file"
printf 'state: %s/state\nruntime: %s/runtime\n' "$dir" "$dir" >"$dir/guard.yaml"

start_agent() {
	: >"$dir/log"
	"$build/src/cmd/sekisho" guard run --config "$dir/guard.yaml" "$@" >"$dir/alerts" 2>"$dir/log" &
	agent=$!
	while ! grep -q watching "$dir/log"; do
		kill -0 $agent 2>/dev/null || { cat "$dir/log" >&2; exit 3; }
		sleep 0.1
	done
}
# The kernel lets go of the hooks after the agent has ended.
stop_agent() {
	kill $agent
	wait $agent || :
	agent=
	sleep 5
}

compile() {
	i=0
	while [ $i -lt 8 ]; do
		cc -O1 -c -o "$dir/out.o" "$here/calls.c"
		i=$((i + 1))
	done
}
seconds() {
	from=$(date +%s%N)
	"$@" >/dev/null 2>&1
	echo $(($(date +%s%N) - from)) | awk '{ printf "%.4f", $1 / 1e9 }'
}
# loads KIND: a line "name kind number" for each; numbers are times
loads() {
	"$build/bench/bench-calls" "$dir/one/two/three/file" | awk -v k="$1" '{ for (i = 1; i < NF; i += 2) print $i, k, $(i + 1) }'
	echo "compile $1 $(seconds compile)"
	[ -z "$server" ] || redis-benchmark -s "$dir/redis" -q --csv -t ping_mbulk,set,get -n 100000 2>/dev/null |
		awk -F, -v k="$1" 'NR > 1 { gsub(/"/, ""); t += 1 / $2 } END { print "redis", k, t * 1e6 }'
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
printf '%-10s %10s %10s %8s\n' load without with cost
for name in getppid read write compile redis; do
	for kind in without with; do
		awk -v n=$name -v k=$kind '$1 == n && $2 == k { print $3 }' "$dir/times" | sort -n |
			awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }'
	done | awk -v n=$name 'NR == 1 { a = $1 } NR == 2 { printf "%-10s %10.3f %10.3f %7.1f%%\n", n, a, $1, ($1 / a - 1) * 100 }'
done
