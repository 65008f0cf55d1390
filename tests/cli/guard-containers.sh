#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Containers of real engines and runtimes that are born, attack and are gone at
# once: each is seen, with its name and image. What ran before is known, too.
set -u
[ "$(id -u)" = 0 ] || { echo "the sensor needs root"; exit 77; }
command -v jq >/dev/null 2>&1 || { echo "jq is not there"; exit 77; }
"$SEKISHO" version | grep -q '^sensor *built in' || { echo "built without the sensor"; exit 77; }
box=$(command -v busybox) && ! ldd "$box" >/dev/null 2>&1 || { echo "no static busybox"; exit 77; }

runs=${SK_CONTAINER_RUNS:-5} # of each kind; 50 by hand
dir=$(mktemp -d)
dir=$(cd "$dir" && pwd -P)
DOCKER_HOST=unix://$dir/docker.sock
export DOCKER_HOST
watcher=
clean() {
	[ -n "$watcher" ] && kill "$watcher" 2>/dev/null
	runc delete -f "before-$$" >/dev/null 2>&1
	for id in $(cd "$dir/many" 2>/dev/null && ls); do
		runc --root "$dir/runc" delete -f "$id" >/dev/null 2>&1
	done
	[ -f "$dir/pid" ] && kill "$(cat "$dir/pid")" 2>/dev/null
	wait
	umount "$dir/pod/root/overlay" 2>/dev/null
	rm -rf "$dir"
}
trap clean EXIT
trap 'exit 1' INT TERM
exec </dev/null

bad=0
check() { # WHAT GOT WANT
	[ "$2" = "$3" ] && { echo "ok - $1"; return; }
	echo "not ok - $1: got '$2', want '$3'"
	bad=1
}
until_file() { # FILE PATTERN: until a line matches; a slow machine may take its time
	for _ in $(seq 600); do
		grep -q "$2" "$1" 2>/dev/null && return 0
		kill -0 "$watcher" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}
watch() {
	# Others on this machine may do much: only what is marked is kept.
	mkfifo "$dir/pipe"
	grep --line-buffered -e '"/of-' -e "$dir-end" <"$dir/pipe" >"$dir/events" &
	"$SEKISHO" guard events -f json -t exec,openat,exit >"$dir/pipe" 2>"$dir/log" &
	watcher=$!
	until_file "$dir/log" watching
}
done_watching() {
	/bin/true "$dir-end"
	until_file "$dir/events" "$dir-end" || echo "the end was not told"
	kill "$watcher"
	wait "$watcher"
	watcher=
}
# seen MARK: how many of the attacks marked so were seen as program and as file, with which names and images
seen() {
	jq -rn --arg mark "$1" '[inputs | select(.container and ((.process.args // []) | index("/" + $mark))) |
		select(.type == "execve" or (.file.name == "/" + $mark)) |
		(if .type == "execve" then "exec" else "open" end) + " " + (.container.name // "?" | sub("(-[0-9]+)+$"; "")) + " " +
			(.container.image // "?") + " " + (.container.engine // "?")] |
		group_by(.) | map("\(length) \(.[0])") | join(", ")' "$dir/events"
}
want() { # NAME IMAGE ENGINE
	echo "$runs exec $1 $2 $3, $runs open $1 $2 $3"
}

mkdir -p "$dir/root/bin" "$dir/root/proc" "$dir/root/etc" "$dir/bundle" "$dir/many"
cp "$box" "$dir/root/bin/busybox"
ln -s busybox "$dir/root/bin/tee"
ln -s busybox "$dir/root/bin/sleep"
echo "marked:x:4242:4242::/:/bin/sh" >"$dir/root/etc/passwd"

# bundle FOLDER COMMAND-AS-JSON [CGROUP]
bundle() {
	mkdir -p "$1"
	ln -sfn "$dir/root" "$1/rootfs"
	jq -n --argjson args "$2" --arg cgroup "${3:-}" --arg root "$dir/root" '{ ociVersion: "1.0.2",
		process: { user: { uid: 0, gid: 0 }, args: $args, cwd: "/", env: [ "PATH=/bin" ] },
		root: { path: $root }, mounts: [ { destination: "/proc", type: "proc", source: "proc" } ],
		linux: ({ namespaces: [ { type: "pid" }, { type: "mount" }, { type: "ipc" }, { type: "uts" } ] } +
			(if $cgroup == "" then {} else { cgroupsPath: $cgroup } end)) }' >"$1/config.json"
}

# Where version 2 of cgroups stands beside version 1, crun does not run; without the former it does.
cat >"$dir/one-version" <<'END'
exec unshare -m --propagation private sh -c 'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$@"' sh "$@"
END

have_runc=
if command -v runc >/dev/null 2>&1; then
	bundle "$dir/before" '["/bin/sleep", "600"]'
	(cd "$dir/before" && runc run -d "before-$$" >/dev/null 2>"$dir/runc-log" </dev/null) && have_runc=1
fi

if ! watch; then
	echo "the sensor does not run here: $(cat "$dir/log")"
	exit 77
fi

bundle "$dir/bundle" '["/bin/tee", "/of-runc"]'
if [ "$have_runc" ]; then
	for i in $(seq "$runs"); do
		(cd "$dir/bundle" && runc --root "$dir/runc" run "plain-$i" >/dev/null 2>&1)
	done
	bundle "$dir/bundle" '["/bin/tee", "/of-elsewhere"]' "/sekisho-$$/odd"
	for i in $(seq "$runs"); do
		runc --root "$dir/runc" run --bundle "$dir/bundle" "odd-$i" >/dev/null 2>&1
	done
	runc exec "before-$$" /bin/tee /of-before
	# A hundred that live, for what they cost.
	bundle "$dir/hundred" '["/bin/sleep", "600"]'
	for i in $(seq 100); do
		: >"$dir/many/many-$$-$i"
		runc --root "$dir/runc" run -d --bundle "$dir/hundred" "many-$$-$i" >/dev/null 2>&1 </dev/null
		runc --root "$dir/runc" exec "many-$$-$i" /bin/tee /of-many
	done
	memory=$(awk '/^VmRSS/ { print $2 }' "/proc/$watcher/status")
else
	echo "# runc does not run here: $(cat "$dir/runc-log" 2>/dev/null)"
fi

have_crun=
if command -v crun >/dev/null 2>&1; then
	bundle "$dir/bundle" '["/bin/tee", "/of-crun"]'
	for i in $(seq "$runs"); do
		(cd "$dir/bundle" && sh "$dir/one-version" crun --root "$dir/crun" run "plain-$i" >/dev/null 2>"$dir/crun-log") &&
			have_crun=1
	done
	[ "$have_crun" ] || echo "# crun does not run here: $(cat "$dir/crun-log")"
fi

podman() {
	sh "$dir/one-version" podman --root "$dir/pod/root" --runroot "$dir/pod/run" --tmpdir "$dir/pod/tmp" \
		--cgroup-manager cgroupfs --events-backend file "$@"
}
# Their usual limits are above ours in many a test machine.
limits="--ulimit nofile=512:512 --ulimit nproc=512:512"
have_podman=
if command -v podman >/dev/null 2>&1 && tar -C "$dir/root" -c . | podman import - sekisho-test:pod >"$dir/podman-log" 2>&1; then
	for i in $(seq "$runs"); do
		# shellcheck disable=SC2086 # words
		podman --runtime crun run --rm --name "pod-$i" --network none $limits sekisho-test:pod /bin/tee /of-podman \
			>"$dir/podman-log" 2>&1 && have_podman=1
		# shellcheck disable=SC2086
		podman --runtime crun run --rm --name "bare-$i" --cgroups=disabled --network none $limits sekisho-test:pod \
			/bin/tee /of-bare >/dev/null 2>&1
	done
fi
[ "$have_podman" ] || echo "# podman does not run here: $(tail -n 1 "$dir/podman-log" 2>/dev/null)"

have_docker=
if command -v dockerd >/dev/null 2>&1; then
	dockerd --iptables=false --ip6tables=false --bridge=none --data-root "$dir/data" --exec-root "$dir/exec" \
		--pidfile "$dir/pid" -H "$DOCKER_HOST" >"$dir/docker-log" 2>&1 &
	for _ in $(seq 60); do
		docker version >/dev/null 2>&1 && break
		sleep 0.5
	done
fi
if docker version >/dev/null 2>&1 && tar -C "$dir/root" -c . | docker import - sekisho-test:one >/dev/null; then
	for i in $(seq "$runs"); do
		docker run --rm --name "short-$i" --network none --user marked sekisho-test:one /bin/tee /of-docker \
			>"$dir/docker-run" 2>&1 # may not write there, but tries
		docker run --rm --name "deed-$i" --network none sekisho-test:one /bin/tee /of-deed >/dev/null 2>"$dir/docker-run" &&
			have_docker=1
	done
fi
[ "$have_docker" ] || echo "# Docker does not run here: $(tail -n 1 "$dir/docker-run" "$dir/docker-log" 2>/dev/null)"

# containerd without an engine above it: the one that dockerd runs.
have_ctr=
address=$dir/exec/containerd/containerd.sock
if [ "$have_docker" ] && command -v ctr >/dev/null 2>&1 && docker save sekisho-test:one -o "$dir/image.tar" &&
	ctr -a "$address" image import "$dir/image.tar" >"$dir/ctr-log" 2>&1; then
	for i in $(seq "$runs"); do
		ctr -a "$address" run --rm --null-io docker.io/sekisho-test/one:latest "task-$$-$i" /bin/tee /of-ctr >"$dir/ctr-log" 2>&1 ||
			ctr -a "$address" run --rm --null-io docker.io/library/sekisho-test:one "task-$$-$i" /bin/tee /of-ctr >"$dir/ctr-log" 2>&1
		[ $? = 0 ] && have_ctr=1
	done
	[ "$have_ctr" ] || echo "# ctr does not run here: $(tail -n 1 "$dir/ctr-log")"
fi
done_watching

if [ "$have_runc" ]; then
	check "runc alone: the bundle's id" "$(seen of-runc)" "$(want plain "?" runc)"
	check "a cgroup of any name" "$(seen of-elsewhere)" "$(want odd "?" runc)"
	check "one that ran before" "$(seen of-before)" "1 exec before ? runc, 1 open before ? runc"
	check "each of a hundred" "$(seen of-many | grep -o '100 exec')" "100 exec"
	if ! grep -q __asan_init "$SEKISHO"; then
		check "what they cost ($memory kB)" "$((memory < 40 * 1024))" 1
	fi
fi
[ "$have_crun" ] && check "crun alone" "$(seen of-crun)" "$(want plain "?" crun)"
if [ "$have_podman" ]; then
	check "podman with crun" "$(seen of-podman)" "$(want pod localhost/sekisho-test:pod podman)"
	check "without a cgroup" "$(seen of-bare)" "$(want bare localhost/sekisho-test:pod podman)"
fi
if [ "$have_docker" ]; then
	check "Docker" "$(seen of-deed)" "$(want deed sekisho-test:one docker)"
	check "a user of the container" "$(jq -rn 'first(inputs | select(.type == "execve" and .process.args == ["/of-docker"])) |
		.process.user' "$dir/events")" marked
fi
[ "$have_ctr" ] && check "containerd alone" "$(seen of-ctr)" "$(want task docker.io/library/sekisho-test:one containerd)"
exit $bad
