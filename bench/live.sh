# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Sourced by benchmarks of the agent, with $build: a folder of their own, the agent's start and end, and medians.
# shellcheck disable=SC2154 # who sources says
build=$(cd "$build" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
rounds=${BENCH_RUNS:-5}
dir=$(mktemp -d)
agent=
server=
clean_live() {
	[ -z "$agent" ] || kill "$agent" 2>/dev/null || :
	[ -z "$server" ] || kill "$server" 2>/dev/null || :
	wait
	rm -rf "$dir"
}

ninja -C "$build" bench/bench-calls >/dev/null
mkdir -p "$dir/one/two/three"
echo x >"$dir/one/two/three/file"

# config LINE...: guard.yaml
config() {
	printf 'state: %s/state\nruntime: %s/runtime\n' "$dir" "$dir" >"$dir/guard.yaml"
	for line; do echo "$line"; done >>"$dir/guard.yaml"
}
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

# compile TIMES SOURCE OBJECT
compile() {
	i=0
	while [ $i -lt "$1" ]; do
		cc -O1 -c -o "$3" "$2"
		i=$((i + 1))
	done
}
seconds() {
	from=$(date +%s%N)
	"$@" >/dev/null 2>&1
	echo $(($(date +%s%N) - from)) | awk '{ printf "%.4f", $1 / 1e9 }'
}
# rows PREFIX KIND: "name N name N" becomes lines "PREFIXname KIND N"
rows() {
	awk -v p="$1" -v k="$2" '{ for (i = 1; i < NF; i += 2) print p $i, k, $(i + 1) }'
}
# requests COMMAND...: redis-benchmark; microseconds for one request of each kind
requests() {
	"$@" -q --csv -t ping_mbulk,set,get -n 100000 2>/dev/null |
		awk -F, 'NR > 1 { gsub(/"/, ""); t += 1 / $2 } END { if (t) print "redis", t * 1e6 }'
}
# table NAMES KIND...: medians of the lines "name kind number" in $dir/times, and what each kind costs more than the first
table() {
	names=$1
	shift
	printf '%-16s' load
	for kind; do printf ' %18s' "$kind"; done
	echo
	for name in $names; do
		printf '%-16s' "$name"
		first=
		for kind; do
			median=$(awk -v n="$name" -v k="$kind" '$1 == n && $2 == k { print $3 }' "$dir/times" | sort -n |
				awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }')
			[ -n "$median" ] || continue
			first=${first:-$median}
			echo "$first $median" | awk '{ printf " %10.3f %+6.1f%%", $2, ($2 / $1 - 1) * 100 }'
		done
		echo
	done
}
