#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The gate on a live kernel, in a container of our own: what is of the image runs, however it was touched, copied or
# renamed; what is not does not come to its first action. With each set of hooks, and when the agent is dead.
set -u
[ "$(id -u)" = 0 ] || { echo "the gate needs root"; exit 77; }
[ -n "${SK_GATE_TOOL:-}" ] || { echo "built without the gate"; exit 77; }
for tool in busybox unshare nsenter setsid; do
	command -v $tool >/dev/null 2>&1 || { echo "$tool is not there"; exit 77; }
done
busybox=$(command -v busybox)
ldd "$busybox" >/dev/null 2>&1 && { echo "busybox is not static"; exit 77; }
cgroup=
for root in /sys/fs/cgroup/pids /sys/fs/cgroup; do
	mkdir "$root/sekisho-gate-$$" 2>/dev/null && cgroup=$root/sekisho-gate-$$ && break
done
[ -n "$cgroup" ] || { echo "no cgroup can be made"; exit 77; }

dir=$(mktemp -d)
dir=$(cd "$dir" && pwd -P)
pins=/sys/fs/bpf/sekisho-test-$$
tool='' init='' bad=0
clean() {
	[ -n "$tool" ] && kill "$tool" 2>/dev/null
	# A container that never came up has no processes to end.
	while read -r pid; do kill -9 "$pid"; done <"$cgroup/cgroup.procs"
	wait
	for _ in $(seq 50); do rmdir "$cgroup" 2>/dev/null && break; sleep 0.1; done
	rm -rf "$pins"
	cd / && umount -R "$dir/space"
	rm -rf "$dir"
}
trap clean EXIT INT TERM

check() { # WHAT GOT WANT
	[ "$2" = "$3" ] && { echo "ok - $1"; return; }
	echo "not ok - $1: got '$2', want '$3'"
	bad=1
}

# ---- a container: an overlay on a tmpfs, in a mount namespace and a cgroup of its own ----
mkdir "$dir/space"
mount -t tmpfs gate "$dir/space" || { echo "no tmpfs can be mounted"; exit 77; }
cd "$dir/space" || exit 1
mkdir -p low/bin low/lib low/lib64 low/tmp low/dev low/out up work root
cp "$busybox" low/bin/busybox
for name in sh cat cp touch true mv ln chmod sleep echo seq rm mkdir; do ln -s busybox low/bin/$name; done
cp -L /bin/true low/bin/dynamic
# Of the image, but in no manifest: a program, and one that nobody may execute yet.
for name in busybox-unlisted busybox-data; do
	cp "$busybox" low/bin/$name
	echo $name >>low/bin/$name
done
chmod 644 low/bin/busybox-data
for part in $(ldd /bin/true | grep -oE '/[^ ]+'); do
	mkdir -p "low$(dirname "$part")"
	cp -L "$part" "low$part"
done
loader=$(ldd /bin/true | grep -oE '/[^ ]*ld-[^ ]+' | head -n 1)
libc=$(ldd /bin/true | grep -oE '/[^ ]*libc\.[^ ]+' | head -n 1)
mount -t overlay gate -o "lowerdir=$dir/space/low,upperdir=up,workdir=work" root || { echo "no overlay can be mounted"; exit 77; }
mount -t tmpfs gate root/dev
# shellcheck disable=SC2016 # for the inner shell
setsid sh -c 'echo $$ >"$1/cgroup.procs" && exec unshare -m chroot root /bin/sleep 100000' - "$cgroup" </dev/null &
init=$!
# inside COMMAND...: what it says; its exit code is that of the container's program
inside() {
	# shellcheck disable=SC2016
	sh -c 'echo $$ >"$1/cgroup.procs"; pid=$2; shift 2; exec nsenter -t "$pid" -m -r -w/ "$@"' - "$cgroup" "$init" "$@" \
		</dev/null 2>/dev/null
}
for _ in $(seq 100); do
	[ "$(readlink "/proc/$init/exe")" = /bin/busybox ] && break
	sleep 0.1
done
mkfifo "$dir/commands"

# say COMMAND...: to the gate, and waits for its answer
say() {
	before=$(grep -cE '^(done|failed)' "$dir/told")
	echo "$@" >&9
	for _ in $(seq 200); do
		[ "$(grep -cE '^(done|failed)' "$dir/told")" -gt "$before" ] && return
		sleep 0.05
	done
	echo "the gate does not answer: $*"
	exit 1
}
start() { # OPTION...
	: >"$dir/told"
	"$SK_GATE_TOOL" "$@" <"$dir/commands" >"$dir/told" 2>&1 &
	tool=$!
	exec 9>"$dir/commands"
	for _ in $(seq 200); do
		grep -qE '^(ready|failed)' "$dir/told" && break
		sleep 0.05
	done
	grep -q '^ready' "$dir/told" || { echo "the gate does not run here: $(cat "$dir/told")"; exit 77; }
	for file in low/bin/busybox low/bin/dynamic "low$loader" "low$libc"; do say image "$dir/space/$file"; done
}
stop() {
	say "${1:-remove 1}"
	echo "quit ${1:-}" >&9
	exec 9>&-
	wait "$tool"
	tool=
}

# Files that are made anew for each set of hooks, while nothing is judged.
prepare() {
	inside /bin/sh -c 'rm -rf /tmp/* /dev/* /out/*
		cp /bin/busybox /tmp/busybox-copy; cp /bin/busybox /dev/busybox-copy; ln /tmp/busybox-copy /tmp/busybox-hard
		cp /bin/dynamic /tmp/evil; echo changed >>/tmp/evil; cp /tmp/evil /dev/evil; ln /tmp/evil /tmp/hard-evil
		cp /bin/busybox /tmp/busybox-evil; echo changed >>/tmp/busybox-evil
		cp '"$libc"' /tmp/evil.so; echo changed >>/tmp/evil.so
		printf "#!/bin/sh\n: >/out/script\n" >/tmp/script; ln -s script /tmp/link; chmod +x /tmp/*'
}
runs() { inside "$@" >/dev/null; echo $?; }
# stopped WHAT COMMAND...: it did not leave its mark in /out, and did not end well
stopped() {
	what=$1
	shift
	rm -f root/out/*
	code=$(runs "$@")
	check "$set: $what is stopped" "$([ "$code" -ne 0 ] && echo yes) $(ls root/out 2>/dev/null)" "yes "
}
ours() {
	what=$1
	shift
	check "$set: $what runs" "$(runs "$@")" 0
}

prepare
[ "$(runs /tmp/busybox-copy true)" = 0 ] || { echo "something else keeps programs from running here"; exit 77; }

for set in signal signal,fanotify fanotify; do
	prepare
	start "hooks=$set"
	say put "$cgroup" "$init" block
	ours "a program of the image" /bin/busybox true
	ours "with its loader and library" /bin/dynamic
	stopped "a new program" /tmp/evil
	stopped "a new program that would write" /tmp/busybox-evil sh -c ': >/out/mark'
	stopped "a hard link to one" /tmp/hard-evil
	stopped "one on a tmpfs" /dev/evil
	if [ "$set" != signal ]; then
		ours "a copy of a program" /tmp/busybox-copy true
		ours "a hard link to a copy" /tmp/busybox-hard true
		ours "a copy on a tmpfs" /dev/busybox-copy true
		ours "a program that was touched, with its library" /bin/sh -c "touch /bin/dynamic $loader $libc && exec /bin/dynamic"
		ours "one that no manifest has, touched" /bin/sh -c 'touch /bin/busybox-unlisted && exec /bin/busybox-unlisted true'
		ours "what was data in the image" /bin/sh -c 'chmod +x /bin/busybox-data && exec /bin/busybox-data true'
	fi
	if [ "$set" = signal,fanotify ]; then
		# Libraries that were open before, and changed in all but their content.
		for change in "touch $libc" "chmod 700 $libc" "mv $libc /tmp/c && mv /tmp/c $libc" "ln $libc /tmp/other-c"; do
			ours "a program after: $change" /bin/sh -c "$change && exec /bin/dynamic"
		done
		ours "one that is renamed" /bin/sh -c "cd /bin && mv dynamic renamed && exec ./renamed"
		runs /bin/mv /bin/renamed /bin/dynamic >/dev/null
		ours "a copy of a library" /bin/sh -c "cp $libc /tmp/c.so && LD_PRELOAD=/tmp/c.so exec /bin/dynamic"
		stopped "one that is changed" /bin/sh -c 'echo changed >>/tmp/c.so; touch /tmp/c.so; LD_PRELOAD=/tmp/c.so exec /bin/dynamic'
	fi
	if [ "$set" != fanotify ]; then
		stopped "a script" /tmp/script
		stopped "a script given to a shell" /bin/sh /tmp/script
		stopped "one behind options" /bin/sh -e -o noglob /tmp/script
		stopped "one by a link" /bin/sh /tmp/link
		stopped "one from standard input" /bin/sh -c 'exec /bin/sh </tmp/script'
		stopped "one for a shell that is one of many programs" /bin/busybox sh /tmp/script
		stopped "a program given to the loader" "$loader" /tmp/evil
		stopped "a library" /bin/sh -c 'LD_PRELOAD=/tmp/evil.so exec /bin/dynamic'
		ours "a program that reads what would be a script" /bin/cat /tmp/script
		ours "a shell with its program on the command line" /bin/sh -c 'true' /tmp/script
	fi
	stop
done

# Many: the first action of a program that is not the image's would be a file.
set=signal,fanotify,cgroup,mount
prepare
start "hooks=$set"
say put "$cgroup" "$init" block
many=${SK_GATE_MANY:-200}
inside /bin/sh -c 'i=0; while [ $i -lt '"$many"' ]; do cp /tmp/busybox-evil /tmp/busybox-evil-$i; /tmp/busybox-evil-$i sh -c ": >/out/evil-$i"
	i=$((i + 1)); done'
# shellcheck disable=SC2012 # our own names
check "$many new programs: none came to its first action" "$(ls root/out | wc -l)" 0
inside /bin/sh -c 'i=0; while [ $i -lt '"$many"' ]; do cp /bin/busybox /tmp/busybox-ours-$i; /tmp/busybox-ours-$i sh -c ": >/out/ours-$i"
	i=$((i + 1)); done'
# shellcheck disable=SC2012
check "$many copies of the image's: each ran" "$(ls root/out | grep -c '^ours')" "$many"
check "each was told" "$(grep -c '^drift exec' "$dir/told")" "$many"
say canary
check "the canary finds no protection absent" "$(grep -c ': absent' "$dir/told")" 0
check "it told nothing of itself" "$(grep -c canary "$dir/told")" 1
stop

# Protected paths cannot be changed, by no call.
prepare
start hooks=signal,fanotify,mount
say put "$cgroup" "$init" off /lib /bin/sh
set=protected
ours "what is elsewhere" /bin/sh -c ': >/tmp/elsewhere'
stopped "a new file" /bin/sh -c ': >/lib/new'
stopped "writing" /bin/sh -c 'echo x >>'"$libc"
stopped "removing" /bin/rm -f "$libc"
stopped "renaming" /bin/mv "$libc" /tmp/moved
stopped "a change of mode" /bin/chmod 777 "$libc"
stopped "renaming the folder itself" /bin/mv /lib /tmp/lib
ours "a program that uses it" /bin/dynamic
stop

# The agent is dead, and what it left goes on; then the next one takes over.
prepare
start hooks=signal,fanotify "pins=$pins/gate"
set=pinned
if grep -q pinned "$dir/told"; then
	say put "$cgroup" "$init" block
	ours "a copy that is verified" /tmp/busybox-copy true
	kill -9 "$tool"
	wait "$tool" 2>/dev/null
	exec 9>&-
	set="agent killed"
	start hooks=signal "pins=$pins/other"
	say other
	check "another agent says whose gate it is" "$(grep -o "pinned in $pins/gate" "$dir/told")" "pinned in $pins/gate"
	stop
	ours "a program of the image" /bin/busybox true
	ours "a copy that was verified before" /tmp/busybox-copy true
	stopped "a new program" /tmp/evil
	stopped "a script given to a shell" /bin/sh /tmp/script
	start hooks=signal,fanotify "pins=$pins/gate"
	set="taken over"
	check "verdicts while nobody listened are told" "$(grep -c '^drift' "$dir/told")" 2
	stopped "a new program" /tmp/busybox-evil true
	stop
	# What is unpinned goes a moment later.
	for _ in $(seq 50); do [ "$(runs /tmp/evil)" = 0 ] && break; sleep 0.1; done
	ours "when it has gone, a new program" /tmp/evil
else
	echo "# nothing can be pinned here"
fi

# One that is registered a moment after its programs: who would be stopped waits.
prepare
start hooks=signal,fanotify unknown=block
set="not known yet"
# later PUT COMMAND...: the container is registered while the command waits; its exit code
later() {
	how=$1
	shift
	rm -f root/out/*
	inside "$@" >/dev/null &
	waits=$!
	sleep 0.5
	early=$(ls root/out)
	[ -z "$how" ] || say put "$cgroup" "$init" "$how"
	wait "$waits"
	code=$?
	[ -z "$how" ] || say remove "$cgroup"
}
later block /tmp/busybox-evil sh -c ': >/out/mark'
check "$set: a new program is stopped then" "$([ "$code" -ne 0 ] && echo yes) $early$(ls root/out)" "yes "
later block /bin/sh -c 'touch /bin/busybox-unlisted && exec /bin/busybox-unlisted sh -c ": >/out/mark"'
check "$set: one of the image that was touched goes on" "$code $(ls root/out)" "0 mark"
later off /tmp/busybox-evil sh -c ': >/out/mark'
check "$set: a new program goes on where nothing is asked for" "$code $early $(ls root/out)" "0  mark"
later '' /tmp/busybox-evil sh -c ': >/out/mark'
check "$set: or where nobody registers it" "$code $early $(ls root/out)" "0  mark"
stop
check "$set: one alone was told" "$(grep -c '^drift' "$dir/told")" 1

# One that nobody has registered: all containers of this host are judged then, so only where we are alone.
if [ -n "${SK_GATE_ALONE:-}" ]; then
	prepare
	start hooks=signal,fanotify born=block
	set="not registered"
	ours "a program of the image" /bin/busybox true
	stopped "a new program" /tmp/evil
	stop
fi

# Alerts alone: nobody waits for the agent, and what it tells it has verified afterwards.
for set in signal,fanotify fanotify; do
	prepare
	start "hooks=$set"
	say put "$cgroup" "$init" alert
	digest=$(sha256sum root/tmp/evil | cut -d ' ' -f 1)
	ours "alert: a new program" /tmp/evil
	ours "alert: a copy" /tmp/busybox-copy true
	ours "alert: one that no manifest has, touched" /bin/sh -c 'touch /bin/busybox-unlisted && exec /bin/busybox-unlisted true'
	if [ "$set" != fanotify ]; then
		ours "alert: a script" /bin/sh /tmp/script
		ours "alert: a library" /bin/sh -c 'LD_PRELOAD=/tmp/evil.so exec /bin/dynamic'
		for _ in $(seq 50); do grep -q '^drift library' "$dir/told" && break; sleep 0.1; done
		check "$set: the script is told" "$(grep -c '^drift script alerted signal /tmp/script' "$dir/told")" 1
		check "$set: the library is told, with its digest" \
			"$(grep '^drift library' "$dir/told" | sort -u | grep -c " $(sha256sum root/tmp/evil.so | cut -d ' ' -f 1)$")" 1
	fi
	for _ in $(seq 50); do grep -q '^drift exec' "$dir/told" && break; sleep 0.1; done
	check "$set: the new program alone is told, with its digest, though it has ended" \
		"$(grep '^drift exec' "$dir/told")" \
		"drift exec alerted ${set%,*} /tmp/evil (changed or new in the container) $digest"
	stop
done
exit $bad
