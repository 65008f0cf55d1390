#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What drift costs: loads on the host and in a container, without an agent and
# with one whose drift is off, alert and block, in turn, and the medians.
#
#	bench/gate.sh BUILD [OPTION...]     options of guard run: other rules
#
# BUILD is a release build. Needs dockerd (one of its own is started), busybox-static and a compiler, of which the image
# is made: what dpkg says belongs to them. The machine should have nothing else to do, and no other agent.
set -eu
build=$1
shift
# shellcheck source=bench/live.sh
. "$(dirname "$0")/live.sh"
docker=
clean() {
	docker rm -f bench >/dev/null 2>&1 || :
	[ -z "$docker" ] || kill "$docker" 2>/dev/null || :
	clean_live
	for mount in $(sed -n "s,^[^ ]* \($dir[^ ]*\) .*,\1,p" /proc/mounts | sort -r); do
		umount -l "$mount"
	done
	rm -rf "$dir"
}
trap clean EXIT INT TERM
modes=${BENCH_MODES:-off alert block}

# ---- an image: a compiler, redis where it is here, and what they are linked to ----
image() {
	gcc=$(gcc -dumpversion)
	mkdir -p "$1/bench" "$1/bin" "$1/tmp"
	dpkg -L "gcc-$gcc" "cpp-$gcc" "libgcc-$gcc-dev" binutils-x86-64-linux-gnu libc6-dev linux-libc-dev libc6 2>/dev/null |
		grep -v -e /share/doc -e /share/locale | while read -r file; do
			if [ -f "$file" ]; then echo "$file"; fi
		done >"$dir/files"
	for program in gcc as redis-server redis-benchmark "$(gcc -print-prog-name=cc1)"; do
		program=$(command -v "$program") || continue
		echo "$program"
		ldd "$program" | grep -oE '/[^ ]+'
	done >>"$dir/files"
	# Links are followed: the image has no folders that are links.
	sort -u "$dir/files" | tar -ch --hard-dereference -C / -T - 2>/dev/null | tar -x -C "$1"
	cp "$(command -v busybox)" "$1/bin/busybox"
	for name in sh cat date sleep; do ln -sf busybox "$1/bin/$name"; done
	for name in as ld; do ln -sf "x86_64-linux-gnu-$name" "$1/usr/bin/$name"; done
	ln -sf gcc "$1/usr/bin/cc"
	cp "$build/bench/bench-calls" "$here/calls.c" "$1/bench/"
	cp /bin/true "$1/bench/true"
	echo x >"$1/bench/file"
}
image "$dir/image"
DOCKER_HOST=unix://$dir/docker.sock
export DOCKER_HOST
dockerd --iptables=false --ip6tables=false --bridge=none --data-root "$dir/data" --exec-root "$dir/exec" \
	--pidfile "$dir/pid" -H "$DOCKER_HOST" >"$dir/docker-log" 2>&1 &
docker=$!
for _ in $(seq 300); do docker version >/dev/null 2>&1 && break; sleep 0.1; done
tar -c -C "$dir/image" . | docker import - bench:1 >/dev/null
rm -rf "$dir/image"

# loads KIND: a line "name kind number" for each; numbers are times
loads() {
	"$build/bench/bench-calls" "$dir/one/two/three/file" /bin/true | rows host- "$1"
	echo "host-compile $1 $(seconds compile 8 "$here/calls.c" "$dir/out.o")"
	docker exec bench /bench/bench-calls /bench/file /bench/true | rows '' "$1"
	echo "compile $1 $(seconds docker exec bench /bin/sh -c 'i=0
		while [ $i -lt 30 ]; do cc -O1 -c -o /tmp/out.o /bench/calls.c || exit 1; i=$((i + 1)); done')"
	# shellcheck disable=SC2086
	command -v redis-server >/dev/null 2>&1 && requests docker exec bench redis-benchmark -s /tmp/redis | rows '' "$1"
}
start_container() {
	docker run -d --rm --name bench --network none bench:1 /bin/sh -c 'if [ -x /usr/bin/redis-server ]; then
		exec /usr/bin/redis-server --port 0 --unixsocket /tmp/redis --save "" --appendonly no; else exec sleep 100000; fi' \
		>/dev/null
	sleep 3
}
config 'drift: { mode: "off" }'
start_container
loads warm >/dev/null
docker rm -f bench >/dev/null 2>&1
i=0
while [ $i -lt "$rounds" ]; do
	start_container
	loads without
	docker rm -f bench >/dev/null 2>&1
	for mode in $modes; do
		# Of others nothing is blocked, and what is must not stay when it has ended.
		config "drift: { mode: \"off\", keep: false, entries: [ { images: [\"*bench:1*\"], mode: \"$mode\" } ] }"
		start_agent "$@"
		start_container
		loads "$mode"
		docker rm -f bench >/dev/null 2>&1
		stop_agent
	done
	i=$((i + 1))
done >"$dir/times"
# shellcheck disable=SC2086
table 'host-getppid host-read host-write host-exec host-compile getppid read write exec compile redis' without $modes
