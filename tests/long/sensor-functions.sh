#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sensor-functions.sh BUILD: the sensor on a kernel where system calls can be seen by their functions (guest.sh): that they
# are, what 32-bit programs do, that other calls cost nothing, and how opens compare. Takes some two minutes without KVM;
# what it says of costs is of an emulated processor.
build=$(readlink -f "${1:?the folder of a build}")
here=$(dirname "$(readlink -f "$0")")
. "$here/guest.sh"
cc -static -no-pie -fno-pie -O1 -o narrow "$here/narrow.c" || { echo "there is no compiler"; exit 77; }
ninja -C "$build" src/cmd/sekisho bench/bench-calls >/dev/null || exit 1
for program in "$build/src/cmd/sekisho" "$build/bench/bench-calls" ./narrow; do
	guest_add "$program"
done
guest_run 900 <<'END'
mkdir -p /tmp/w; echo x >/tmp/w/file; echo x >/etc/shadow
# with PATTERN COMMAND...: while the sensor does that
with() {
	pattern=$1
	shift
	"$@" >/tmp/out 2>/tmp/err &
	sensor=$!
	for i in $(seq 120); do grep -q "$pattern" /tmp/err && break; sleep 1; done
}
end() { kill $sensor; wait $sensor; sed "s/^/$1: /" /tmp/out; sed "s/^/$1-err: /" /tmp/err; }
with watching sekisho guard events --reads --format json
sleep 1; narrow; mkdir /tmp/m; mount -t tmpfs none /tmp/m; umount /tmp/m; sleep 2
end events
with watching sekisho guard run --format json
cat /etc/shadow >/dev/null; sleep 2; sekisho guard status | sed 's/^/status: /'
end run
for i in 1 2 3; do
	echo "without: $(bench-calls /tmp/w/file)"
	with watching sekisho guard run
	bench-calls /tmp/w/file >/dev/null
	echo "with: $(bench-calls /tmp/w/file)"
	end again >/dev/null; sleep 3
done
END

sed -n 's/^events: //p' log >events
# told FILTER: how many events are so
told() { jq -rs "[.[] | select($1)] | length" events; }
check "calls are seen by their functions" "$(sed -n 's/^run-err: system calls are seen by //p' log)" functions
check "status says so" "$(sed -n 's/^status:   seen by *//p' log)" functions
check "a rule fires" "$(sed -n 's/^run: //p' log | jq -r .rule)" "Password hashes read"
check "a 32-bit program makes a file" "$(told '.type == "openat" and .file.name == "/tmp/w/narrow" and .process.name == "narrow"')" 1
check "renames it" "$(told '.type == "rename" and .args.newpath == "/tmp/w/renamed"')" 1
check "takes it away" "$(told '.type == "unlink" and .args.path == "/tmp/w/renamed"')" 1
check "reads another" "$(told '.type == "open" and .file.name == "/etc/shadow" and .process.name == "narrow"')" 1
check "connects" "$(told '.type == "connect" and .file.socket and (.args.tuple | endswith("127.0.0.1:4444"))')" 1
check "a file system that is unmounted" "$(told '.type == "umount2" and .args.name == "/tmp/m"')" 1
# median KIND COLUMN
median() { sed -n "s/^$1: //p" log | awk -v n="$2" '{ print $n }' | sort -n | sed -n 2p; }
for row in "getppid 2" "read 4" "write 6"; do
	set -- $row
	echo "# $1: $(median without "$2") ns without, $(median with "$2") with"
done
check "getppid costs what it did" "$(awk -v a="$(median without 2)" -v b="$(median with 2)" 'BEGIN { print (b < a * 1.08) }')" 1
exit $bad
