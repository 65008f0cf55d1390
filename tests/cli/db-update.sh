#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sekisho db update against a mirror on loopback: whole, unchanged, broken off, damaged.
set -u
command -v python3 >/dev/null || { echo "python3 is not here"; exit 77; }
dir=$(mktemp -d)
server=
trap '[ -n "$server" ] && kill "$server" 2>/dev/null; rm -rf "$dir"' EXIT
export HOME="$dir" XDG_CONFIG_HOME="$dir/config" XDG_CACHE_HOME="$dir/cache" XDG_DATA_HOME="$dir/data"
export SEKISHO_UPDATE_BACKOFF_MS=20
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy
failed=0
db=$dir/data/sekisho/advisories.mdb

fail() { echo "FAILED: $*"; cat "$dir/err" 2>/dev/null; failed=1; }
update() { "$SEKISHO" db update --from "http://127.0.0.1:$port" -e PyPI -e "Rocky Linux" "$@" 2>"$dir/err"; }
requests() { grep -c "$1" "$dir/log"; }
fresh() { rm -rf "$dir/cache" "$dir/data"; : >"$dir/log"; : >"$dir/faults"; }

python3 "$SK_TESTS/data/db/mirror.py" "$dir/mirror" || exit 1
python3 "$SK_TESTS/data/db/server.py" "$dir/mirror" "$dir/port" "$dir/log" "$dir/faults" &
server=$!
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do [ -s "$dir/port" ] && break; sleep 0.2; done
port=$(cat "$dir/port") || exit 1

# Whole: the same database as from the folder.
fresh
update || fail "a first update"
"$SEKISHO" db info --verify >"$dir/info" 2>"$dir/err" || fail "info"
grep -q 'Advisories   101' "$dir/info" || fail "101 advisories: $(cat "$dir/info")"
grep -q '^epss  *2026-01-03 *2 *1 ' "$dir/info" || fail "EPSS: $(cat "$dir/info")"
"$SEKISHO" db build --from "$dir/mirror" --db "$dir/other.mdb" 2>"$dir/err" || fail "build"
a=$("$SEKISHO" db info | grep Digest); b=$("$SEKISHO" db info --db "$dir/other.mdb" | grep Digest)
[ "$a" = "$b" ] || fail "another digest than from the folder"

# To another host, through a pipe.
"$SEKISHO" db export - 2>"$dir/err" | "$SEKISHO" db import - --db "$dir/piped.mdb" 2>"$dir/err" || fail "export - | import -"
cmp -s "$db" "$dir/piped.mdb" || fail "what came through the pipe is another database"

# Again: nothing is sent twice.
: >"$dir/log"
update || fail "a second update"
[ "$(requests ' 304$')" = 4 ] || fail "unchanged: $(cat "$dir/log")"

# OSV's own layout.
mkdir -p "$dir/mirror/PyPI" && mv "$dir/mirror/osv/PyPI.zip" "$dir/mirror/PyPI/all.zip"
fresh
"$SEKISHO" db update --from "http://127.0.0.1:$port/" -e PyPI 2>"$dir/err" || fail "NAME/all.zip"
mv "$dir/mirror/PyPI/all.zip" "$dir/mirror/osv/PyPI.zip"

# Broken off: resumed within the call.
fresh
echo "/osv/PyPI.zip cut 20000" >"$dir/faults"
update || fail "a transfer that breaks off"
grep -q 'GET /osv/PyPI.zip bytes=20000- - 206' "$dir/log" || fail "not resumed: $(cat "$dir/log")"

# Broken off for good: the old database stays, and the next call resumes.
cp "$db" "$dir/old.mdb"
rm -rf "$dir/cache"; : >"$dir/log"
printf '/osv/PyPI.zip cut 1000\n/osv/PyPI.zip cut 1000\n/osv/PyPI.zip cut 1000\n/osv/PyPI.zip cut 1000\n' >"$dir/faults"
update && fail "no error though it broke off each time"
[ $? = 3 ] || [ "$failed" = 0 ] || fail "exit code"
cmp -s "$db" "$dir/old.mdb" || fail "the old database is gone"
update || fail "the update after that"
grep -q 'GET /osv/PyPI.zip bytes=4000- - 206' "$dir/log" || fail "not resumed in the next call: $(cat "$dir/log")"

# The file changes while we have a part of it: fetched anew, not glued together.
rm -rf "$dir/cache"; : >"$dir/log"
printf '/osv/PyPI.zip cut 1000\n/osv/PyPI.zip cut 1000\n/osv/PyPI.zip cut 1000\n/osv/PyPI.zip cut 1000\n' >"$dir/faults"
update 2>/dev/null && fail "broke off, yet no error"
python3 "$SK_TESTS/data/db/mirror.py" "$dir/mirror"
update || fail "a file that changed between"
"$SEKISHO" db info --verify >/dev/null 2>"$dir/err" || fail "the database after that"

# A server that ignores ranges, and one in trouble.
rm -rf "$dir/cache"
printf '/osv/PyPI.zip cut 1000\n/osv/PyPI.zip norange\n' >"$dir/faults"
update || fail "a server without ranges"
rm -rf "$dir/cache"
printf '/osv/PyPI.zip status 503\n/osv/PyPI.zip status 429\n' >"$dir/faults"
update || fail "503 and 429 are tried again"
rm -rf "$dir/cache"; : >"$dir/log"
printf '/osv/PyPI.zip status 403\n' >"$dir/faults"
update && fail "403 is an error"
[ "$(requests '/osv/PyPI.zip')" = 1 ] || fail "403 was tried again"

# Not there: an ecosystem is passed over, all of them are an error; KEV and EPSS may be missing.
: >"$dir/faults"
update -e Nonexistent || fail "one ecosystem that is not there"
grep -q Nonexistent "$dir/err" || fail "it is not said"
"$SEKISHO" db update --from "http://127.0.0.1:$port" -e Nonexistent 2>"$dir/err" && fail "none is there: no error"
rm -rf "$dir/cache"; mv "$dir/mirror/kev.json" "$dir/kev.json"
update || fail "without kev.json"
mv "$dir/kev.json" "$dir/mirror/kev.json"

# Damaged on the server: refused, forgotten, and good again when the server is.
cp "$db" "$dir/old.mdb"; cp "$dir/mirror/osv/PyPI.zip" "$dir/good.zip"
python3 - "$dir/mirror/osv/PyPI.zip" <<'EOF'
import sys
b = bytearray(open(sys.argv[1], "rb").read())
for i in range(5000, 5200): b[i] ^= 0xff
open(sys.argv[1], "wb").write(b)
EOF
update && fail "a damaged archive was taken"
cmp -s "$db" "$dir/old.mdb" || fail "the old database is gone"
cp "$dir/good.zip" "$dir/mirror/osv/PyPI.zip"
update || fail "the archive is whole again"
echo "not a zip" >"$dir/mirror/osv/PyPI.zip"
update && fail "something else than an archive was taken"
cp "$dir/good.zip" "$dir/mirror/osv/PyPI.zip"
update || fail "the archive is whole again"

# Feeds are parsed in a worker; one that dies costs nothing but this call.
mkdir -p "$dir/slow/osv" && cp "$dir/good.zip" "$dir/slow/osv/PyPI.zip" && mkfifo "$dir/slow/kev.json"
cp "$db" "$dir/old.mdb"
"$SEKISHO" db build --from "$dir/slow" 2>"$dir/err" &
build=$!
exec 5>"$dir/slow/kev.json" # opened by the builder; its worker waits for what we do not write
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	worker=$(cat "/proc/$build/task/$build/children")
	[ -n "$worker" ] && grep -q '^Seccomp:.*2' "/proc/${worker% }/status" && break
	sleep 0.2
done
[ "$i" = 20 ] && "$SEKISHO" version | grep -q '^sandbox.*seccomp' && fail "the worker has no seccomp filter"
kill -9 $worker
wait $build
[ $? = 3 ] || fail "a worker that died does not exit with 3"
exec 5>&-
grep -q 'killed by signal 9' "$dir/err" || fail "it is not said how the worker died"
cmp -s "$db" "$dir/old.mdb" || fail "the old database is gone"

# Nobody there.
kill "$server"; wait "$server" 2>/dev/null; server=
cp "$db" "$dir/old.mdb"
update && fail "no server: no error"
cmp -s "$db" "$dir/old.mdb" || fail "the old database is gone"
grep -q 'stays as it was' "$dir/err" || fail "it is not said that the database stays"
ls "$dir/data/sekisho" | grep -v '^advisories.mdb$' && fail "something is left beside the database"
exit $failed
