#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The expression language beside cel-go, on one core: nanoseconds of compiling,
# of evaluating and of evaluating with a cost limit, and how many times
# faster ours is. Without Go, ours alone.
#
#	bench/cel.sh BUILD
#
# BUILD is a release build (meson setup -Dbuildtype=release).
set -eu
build=$(cd "$1" && pwd)
cd "$(dirname "$0")"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT INT TERM

one_core() {
	if command -v taskset >/dev/null; then taskset -c "${BENCH_CPU:-0}" "$@"; else "$@"; fi
}
tab=$(printf '\t')
grep -v '^#' cel-cases.txt | while IFS=$tab read -r name expression; do
	printf '%s\t' "$name"
	one_core "$build/src/cmd/sekisho" cel --bench "$expression" --input cel-pod.json |
		awk -F '[:,}]' -v OFS='\t' '{ print $2, $6, $4, $8 }'
done >"$dir/ours"
if command -v go >/dev/null; then
	(cd cel-go && go build -o "$dir/cel-go" .)
	GOMAXPROCS=1 one_core "$dir/cel-go" cel-cases.txt cel-pod.json >"$dir/theirs"
else
	echo "no Go here: cel-go is not measured" >&2
	: >"$dir/theirs"
fi
awk -F '\t' '
	BEGIN { printf "%-12s %9s %9s %9s %5s  %9s %9s %9s  %s\n", "", "compile", "evaluate", "limited", "cost",
		"cel-go: c", "e", "l", "times faster" }
	FILENAME == ARGV[1] { theirs[$1] = $0; next }
	{
		printf "%-12s %9.0f %9.1f %9.1f %5d", $1, $2, $3, $4, $5
		if (split(theirs[$1], t, "\t") == 4)
			printf "  %9.0f %9.1f %9.1f  %.0f %.1f %.1f", t[2], t[3], t[4], t[2] / $2, t[3] / $3, t[4] / $4
		printf "\n"
	}' "$dir/theirs" "$dir/ours"
