#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds with every compiler we support and runs all tests, also under the
# sanitizers. Ends with one line "N passed, N failed, N skipped".
#
#	tools/test.sh [TEST...]      all tests, or those named
#
# SK_TEST_BUILD is the folder of the builds (default: build-test here); with
# SK_TEST_NO_APT=1 nothing is installed.
set -u
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
cd "$top" || exit 1
. tools/packages.sh
out=${SK_TEST_BUILD:-$top/build-test}
jobs=$(nproc)
passed=0 failed=0 skipped=0

fail() {
	echo "FAILED: $*" >&2
	failed=$((failed + 1))
}

# build NAME COMPILER OPTION...: warnings are errors
build() {
	name=$1 compiler=$2
	shift 2
	echo "== $name"
	[ -f "$out/$name/build.ninja" ] || rm -rf "${out:?}/$name"
	if ! CC=$compiler meson setup -Dwerror=true "$@" "$out/$name" >"$out/$name.log" 2>&1 ||
		! ninja -j "$jobs" -C "$out/$name" >>"$out/$name.log" 2>&1; then
		tail -n 60 "$out/$name.log"
		fail "$name does not build"
		return 1
	fi
}

# run NAME TEST...: adds up what meson's log says of each test
run() {
	name=$1
	shift
	log=$out/$name/meson-logs/testlog
	rm -f "$log.json"
	if ! meson test -C "$out/$name" --no-rebuild --print-errorlogs -t "$scale" "$@" >"$out/$name.out" 2>&1; then
		grep -v ' OK  ' "$out/$name.out" | tail -n 200
	fi
	set -- $(python3 - "$log.json" <<'PY'
import collections, json, sys
try:
    results = collections.Counter(json.loads(line)["result"] for line in open(sys.argv[1]))
except OSError:
    results = {"no log": 1}
passed, skipped = results.pop("OK", 0), results.pop("SKIP", 0)
print(passed, sum(results.values()), skipped)
PY
	)
	echo "$1 passed, $2 failed, $3 skipped ($name)"
	passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

if [ "${SK_TEST_NO_APT:-}" != 1 ]; then
	# shellcheck disable=SC2086 # a list of words
	need $packages_build || exit 1
	# shellcheck disable=SC2086 # a list of words; what is not to be had costs the tests that need it, which then say so.
	need $packages_test || echo "going on without them" >&2
fi
mkdir -p "$out"

scale=1
build gcc gcc -Dbuildtype=release && run gcc "$@"
build clang clang -Dbuildtype=debugoptimized && run clang "$@"
scale=4 # sanitizers are slow
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0
# With gcc 12 the sanitizers themselves provoke wrong warnings; clang has none.
build sanitize clang -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false &&
	run sanitize "$@"

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
