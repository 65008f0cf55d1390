#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2086 # $podman is a list of words
# Responses on a live kernel and in real containers (Docker, Podman): what
# attacks is killed, its container paused or stopped by the engine or without
# it, evidence is kept, and each has its audit line. Only containers and
# processes of this test are touched: all have the mark in their arguments.
set -u
[ "$(id -u)" = 0 ] || { echo "responses need root"; exit 77; }
command -v jq >/dev/null 2>&1 || { echo "jq is not there"; exit 77; }
"$SEKISHO" version | grep -q '^sensor *built in' || { echo "built without the sensor"; exit 77; }

dir=$(mktemp -d)
dir=$(cd "$dir" && pwd -P)
mark=$(basename "$dir" | tr -d .)
DOCKER_HOST=unix://$dir/docker.sock
export DOCKER_HOST
agent='' service=''
# crun refuses cgroups of both versions side by side; runc takes them.
runtime=$(command -v runc)
podman="podman ${runtime:+--runtime $runtime} --root $dir/podman --runroot $dir/podman-run --storage-driver overlay
	--cgroup-manager cgroupfs"
clean() {
	[ -n "$agent" ] && kill "$agent" 2>/dev/null
	if [ -f "$dir/pid" ]; then
		docker ps -aq 2>/dev/null | xargs -r docker rm -f >/dev/null 2>&1
		kill "$(cat "$dir/pid")" 2>/dev/null
	fi
	[ -n "$service" ] && kill "$service" 2>/dev/null
	[ -d "$dir/podman" ] && $podman rm -fa -t 0 >/dev/null 2>&1
	wait
	for mount in $(sed -n "s,^[^ ]* \($dir[^ ]*\) .*,\1,p" /proc/mounts | sort -r); do
		umount -l "$mount"
	done
	rm -rf "$dir"
}
trap clean EXIT INT TERM

# until_file FILE PATTERN: waits until a line matches; a slow machine may take its time
until_file() {
	for _ in $(seq 600); do
		grep -q "$2" "$1" 2>/dev/null && return 0
		kill -0 "$agent" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}
# until COMMAND...: waits until it succeeds
until_true() {
	for _ in $(seq 300); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	return 1
}
bad=0
check() { # WHAT GOT WANT
	[ "$2" = "$3" ] && { echo "ok - $1"; return; }
	echo "not ok - $1: got '$2', want '$3'"
	bad=1
}
# agent: begins with $dir/guard.yaml
start_agent() {
	: >"$dir/out"
	"$SEKISHO" guard run -f json --config "$dir/guard.yaml" --rules "$dir/rules.yaml" >"$dir/out" 2>"$dir/log" &
	agent=$!
	until_file "$dir/log" watching
}
end_agent() {
	kill "$agent"
	wait "$agent"
	agent=
}
# audit RULE ACTION FILTER: of the first audit line about it, which is waited for
audit() {
	until_file "$dir/out" "\"type\":\"response\",\"rule\":\"$1\",\"action\":\"$2\"" || { echo "no audit line of $1: $2"; return; }
	jq -r "select(.type == \"response\" and .rule == \"$1\" and .action == \"$2\") | $3" "$dir/out" | head -n 1
}

# Each rule is named by a word that a program has among its arguments.
rules() { # WHERE WORD...
	where=$1
	shift
	for word; do
		cat <<END
- rule: $word
  desc: a marked program
  condition: evt.type in (execve, execveat) and proc.args contains "$mark-$word-end" and container.id $where
  output: marked
  priority: WARNING
END
	done
}
{
	rules '= host' kill tree evidence
	rules '!= host' pause pause-without stop hold dry podman-pause podman-stop spared
} >"$dir/rules.yaml"
cat >"$dir/guard.yaml" <<END
state: $dir/state
runtime: $dir/run
drift: { mode: off }
responses:
  limit: none
  docker: $dir/docker.sock
  podman: $dir/podman.sock
  entries:
    - { rules: [dry], actions: [kill, stop], dry-run: yes }
    - { rules: [spared], actions: kill, except: { labels: [spare=yes] } }
    - { rules: [kill], actions: kill, host: yes }
    - { rules: [tree], actions: kill-tree, host: yes }
    - { rules: [evidence], actions: [evidence, kill], host: yes }
    - { rules: ['*pause*'], actions: pause }
    - { rules: ['*stop'], actions: stop }
    - { rules: [hold], actions: [evidence, stop] }
END
chmod 600 "$dir/guard.yaml" "$dir/rules.yaml"
if ! start_agent; then
	echo "the agent does not run here: $(cat "$dir/log")"
	exit 77
fi

# The host's own, where the entry says so.
sh -c 'while :; do sleep 1; done' $mark-kill-end &
killed=$!
wait "$killed" 2>/dev/null
check "a process is killed" $? 137
check "with an audit line" "$(audit kill kill '[.outcome, .way, (.process.pid | tostring)] | join(" ")')" "done pidfd $killed"
word=$mark-tree-end sh -c 'sleep 100 & echo $! >"$0"; exec sh -c "while :; do sleep 1; done" "$word"' "$dir/below" &
wait $! 2>/dev/null
check "a process and those below it are killed" "$(audit tree kill-tree .outcome)" done
ended() { ! grep -q '^State:[[:space:]]*[^ZX]' "/proc/$1/status" 2>/dev/null; }
until_true ended "$(cat "$dir/below")"
check "all of them" "$(ended "$(cat "$dir/below")" && echo gone)" gone
cp /bin/sh "$dir/dropped"
"$dir/dropped" -c 'while :; do sleep 1; done' $mark-evidence-end &
wait $! 2>/dev/null
folder=$(audit evidence evidence .evidence)
check "evidence is kept" "$(cmp "$folder/binary" "$dir/dropped" && echo same)" same
check "and nobody else may read it" "$(find "$folder" -perm /077 | wc -l)" 0

# A Docker Engine of our own.
if ! command -v dockerd >/dev/null 2>&1; then
	echo "# no dockerd: containers are not looked at"
	exit $bad
fi
dockerd --iptables=false --ip6tables=false --bridge=none --data-root "$dir/data" --exec-root "$dir/exec" \
	--pidfile "$dir/pid" -H "$DOCKER_HOST" >"$dir/docker-log" 2>&1 &
until_true docker version || { echo "# dockerd does not run here: $(tail -n 1 "$dir/docker-log")"; exit $bad; }
for file in /bin/sh /bin/sleep /bin/true; do
	for part in $file $(ldd "$file" | grep -oE '/[^ ]+'); do
		mkdir -p "$dir/root$(dirname "$part")"
		cp -L "$part" "$dir/root$part"
	done
done
tar -C "$dir/root" -c . | docker import - sekisho-responses:one >/dev/null || exit 1
# attack NAME WORD OPTION...: a container whose second program has the word
attack() {
	name=$1 word=$2
	shift 2
	docker run -d --name "$name" --network none "$@" sekisho-responses:one /bin/sh -c \
		"sleep 1; /bin/sh -c 'while :; do sleep 1; done' $mark-$word-end & wait" >/dev/null 2>"$dir/docker-run"
}
state() { docker inspect -f '{{.State.Status}}' "$1"; }
if ! attack paused pause; then
	echo "# containers do not run here: $(tail -n 1 "$dir/docker-run")"
	exit $bad
fi
check "a container is paused by its engine" "$(audit pause pause '[.outcome, .way, .container.name] | join(" ")')" "done docker paused"
check "which knows" "$(state paused)" paused
attack stopped stop --restart always
check "one is stopped" "$(audit stop stop '[.outcome, .way, .container.image] | join(" ")')" "done docker sekisho-responses:one"
check "and not started again" "$(state stopped)" exited
attack held hold
check "one is held while evidence is taken" "$(audit hold evidence .outcome)" done
check "and stopped behind" "$(audit hold stop .outcome)" done
until_true test "$(state held)" = exited
check "as its engine knows" "$(state held)" exited
attack dried dry
check "a dry run says what it would do" "$(audit dry kill .outcome) $(audit dry stop .outcome)" "dry-run dry-run"
check "and does nothing" "$(state dried)" running
attack spared spared --label spare=yes
until_file "$dir/out" '"rule":"spared"'
sleep 1
check "what is excepted is alerted on, and spared" "$(grep -c '"type":"response","rule":"spared"' "$dir/out") $(state spared)" "0 running"
end_agent

# The same without the engine's help: its socket is not where it is looked for.
sed -i 's/docker: .*/docker: \/nowhere/' "$dir/guard.yaml"
start_agent || exit 1
attack frozen pause-without
check "a container is paused without its engine" "$(audit pause-without pause '[.outcome, .way] | join(" ")' |
	sed 's/cgroup.freeze/freezer.state/')" "done freezer.state"
attack stopped-without stop
check "one is stopped without it" "$(audit stop stop '[.outcome, .way] | join(" ")' | sed 's/cgroup.kill/signals/')" "done signals"
until_true test "$(state stopped-without)" = exited
check "all in it has ended" "$(docker inspect -f '{{.State.ExitCode}}' stopped-without)" 137
id=$(docker inspect -f '{{.Id}}' frozen)
# Thawed again, so that it can be removed.
for file in "/sys/fs/cgroup/freezer/docker/$id/freezer.state" $(find /sys/fs/cgroup -path "*$id*/cgroup.freeze" 2>/dev/null); do
	[ -f "$file" ] && { echo THAWED >"$file" || echo 0 >"$file"; } 2>/dev/null
done

# Podman, with its service and without.
if ! command -v podman >/dev/null 2>&1; then
	echo "# no podman"
	exit $bad
fi
if ! tar -C "$dir/root" -c . | $podman import - sekisho-responses:one >/dev/null 2>"$dir/podman-log"; then
	echo "# podman does not run here: $(tail -n 1 "$dir/podman-log")"
	exit $bad
fi
$podman system service -t 0 "unix://$dir/podman.sock" >"$dir/podman-log" 2>&1 &
service=$!
until_true test -S "$dir/podman.sock"
# Few enough of each that nobody has to raise a limit, for which root in a container may lack the right.
podman_attack() {
	$podman run -d --ulimit nofile=1000:1000 --ulimit nproc=1000:1000 --name "$1" --network none sekisho-responses:one /bin/sh -c \
		"sleep 1; /bin/sh -c 'while :; do sleep 1; done' $mark-$2-end & wait" >/dev/null 2>"$dir/podman-run-log"
}
if ! podman_attack paused podman-pause; then
	echo "# podman's containers do not run here: $(tail -n 1 "$dir/podman-run-log")"
	exit $bad
fi
check "Podman's container is paused" "$(audit podman-pause pause '[.outcome, .way] | join(" ")')" "done podman"
check "which Podman knows" "$($podman inspect -f '{{.State.Status}}' paused)" paused
podman_attack stopped podman-stop
check "one is stopped" "$(audit podman-stop stop '[.outcome, .way] | join(" ")')" "done podman"
check "which it knows, too" "$($podman inspect -f '{{.State.Status}}' stopped)" exited
$podman unpause paused >/dev/null
end_agent
exit $bad
