#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One table of medians: ours against the physical limit, and against peers that are on PATH.
#
#	bench/run.sh BUILD FEEDS [IMAGE.tar...]
#
# BUILD is a release build (meson setup -Dbuildtype=release), FEEDS a mirror
# of advisories. Without images it makes one of 2.8 GB in three layers, plain
# and as gzip, in $BENCH_DIR (default: a temporary folder that goes afterwards).
set -eu
build=$(cd "$1" && pwd) feeds=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
runs=${BENCH_RUNS:-5}
if [ -n "${BENCH_DIR:-}" ]; then
	dir=$BENCH_DIR
	mkdir -p "$dir"
else
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT INT TERM
fi
XDG_CACHE_HOME=$dir/cache XDG_DATA_HOME=$dir/data
export XDG_CACHE_HOME XDG_DATA_HOME

if [ $# = 0 ]; then
	[ -f "$dir/plain.tar" ] || python3 "$here/make-image.py" "$dir"
	set -- "$dir/plain.tar" "$dir/gzip.tar"
fi

# median COMMAND...: "seconds MiB" of the median run, by wall time; nothing where a run failed
median() {
	: >"$dir/times"
	i=0
	while [ $i -lt "$runs" ]; do
		[ -z "${before:-}" ] || $before
		start=$(date +%s%N) # time(1) has hundredths of a second
		/usr/bin/time -f '%M' -o "$dir/memory" "$@" >"$dir/stdout" 2>"$dir/stderr" && [ -s "$dir/stdout" ] || return 0
		echo "$(($(date +%s%N) - start)) $(cat "$dir/memory")" >>"$dir/times"
		i=$((i + 1))
	done
	sort -n "$dir/times" | awk '{ s[NR] = $1; m[NR] = $2 } END { k = int((NR + 1) / 2); printf "%.3f %.0f\n", s[k] / 1e9, m[k] / 1024 }'
}
row() { printf '%-44s %10s %10s %8s\n' "$@"; }
forget() { rm -rf "$dir/cache/sekisho/layers"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

# timed NAME COMMAND...: its row, against the limit
timed() {
	label=$1
	shift
	# shellcheck disable=SC2046 # two words, or none
	set -- $(median "$@")
	[ $# = 2 ] && row "$label" "$1" "$2" "$(ratio "$1" "$limit")" || row "$label" failed "" ""
}

row what seconds MiB ratio
"$build/src/cmd/sekisho" db build --quiet --from "$feeds"
for image; do
	name=$(basename "$image")
	cat "$image" >/dev/null # from the page cache, as all that follow
	limit=$("$build/bench/bench-limit" "$image" | awk '/^limit/ { print $2 }')
	row "$name: limit (inflate and hash on all cores)" "$limit" "" 1.00
	before=forget
	timed "$name: sekisho, cold" "$build/src/cmd/sekisho" scan --quiet "$image"
	before=
	timed "$name: sekisho, cached" "$build/src/cmd/sekisho" scan --quiet "$image"
	# What each does without a network: list the packages, and match them where a database is there.
	for peer in "trivy image --offline-scan --format cyclonedx --cache-backend memory --quiet --input" \
		"syft scan -q -o json" "grype -q" "osv-scanner scan image --offline --all-packages --format json --archive"; do
		command -v "${peer%% *}" >/dev/null || continue
		# shellcheck disable=SC2086 # a command and its options
		timed "$name: ${peer%% *}" $peer "$image"
	done
done
"$build/bench/bench-db" "$feeds" "$dir/bench.mdb" | while read -r what value unit; do
	row "database: $what" "$value $unit" "" ""
done
