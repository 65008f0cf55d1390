#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# In use, from end to end: containers of a Docker Engine of our own run, the agent watches, a scan of
# the image tells which packages it was.
set -u
[ "$(id -u)" = 0 ] || { echo "the agent needs root"; exit 77; }
for tool in dockerd docker jq; do
	command -v $tool >/dev/null 2>&1 || { echo "$tool is not there"; exit 77; }
done
"$SEKISHO" version | grep -q '^sensor *built in' || { echo "built without the sensor"; exit 77; }

dir=$(mktemp -d)
dir=$(cd "$dir" && pwd -P)
export DOCKER_HOST="unix://$dir/docker.sock" XDG_CACHE_HOME="$dir/cache" XDG_CONFIG_HOME="$dir/config"
agent=
clean() {
	[ -n "$agent" ] && kill "$agent" 2>/dev/null
	docker ps -q 2>/dev/null | xargs -r docker kill >/dev/null 2>&1
	[ -f "$dir/pid" ] && kill "$(cat "$dir/pid")" 2>/dev/null
	wait
	rm -rf "$dir"
}
trap clean EXIT
trap 'exit 1' INT TERM
cd "$dir" || exit 99
dockerd --iptables=false --ip6tables=false --bridge=none --data-root "$dir/data" --exec-root "$dir/exec" \
	--pidfile "$dir/pid" -H "$DOCKER_HOST" >"$dir/docker-log" 2>&1 &
for _ in $(seq 60); do
	docker version >/dev/null 2>&1 && break
	sleep 0.5
done
docker version >/dev/null 2>&1 || { echo "dockerd does not run here: $(tail -n 1 docker-log)"; exit 77; }

# until_true COMMAND...: a slow machine may take its time
until_true() {
	for _ in $(seq 300); do
		"$@" && return 0
		sleep 0.2
	done
	return 1
}

# The image: programs of this machine with their libraries, each a package as dpkg has it.
mkdir -p root/var/lib/dpkg/info root/etc root/srv root/tmp root/bin
printf 'ID=debian\nVERSION_ID="12"\n' >root/etc/os-release
put() { # PACKAGE FILE: the file under its resolved name, the library's links beside it
	real=$(readlink -f "$2")
	mkdir -p "root$(dirname "$real")" "root$(dirname "$2")"
	cp "$real" "root$real"
	[ -e "root$2" ] || ln -s "$real" "root$2"
	printf '%s\n' "$real" >"root/var/lib/dpkg/info/$1.list"
	printf 'Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\nMaintainer: Debian\n\n' "$1" >>root/var/lib/dpkg/status
}
put shell /bin/sh
put cat /bin/cat
put grep /bin/grep
put idle /bin/tac
put copy /bin/cp
for library in $(ldd /bin/sh /bin/cat /bin/grep /bin/tac /bin/cp | grep -oE '/[^ ]+\.so[^ ]*' | sort -u); do
	put "$(basename "$library" | tr '+_' '--' | tr 'A-Z' 'a-z')" "$library"
done
pcre=$(ldd /bin/grep | grep -oE 'libpcre[^ /]*' | head -n 1 | tr '+_' '--')
printf 'cat /fifo/before\n' >root/srv/start.sh
echo 'exit 0' >root/srv/job.sh
printf '/srv/job.sh\n' >root/var/lib/dpkg/info/scripts.list
printf 'Package: scripts\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0-1\nMaintainer: Debian\n\n' >>root/var/lib/dpkg/status
tar -C root -c . | docker import - sekisho-in-use:one >docker-import 2>&1 || { echo "docker import does not work here: $(cat docker-import)"; exit 77; }
mkdir fifo
mkfifo fifo/before fifo/while
run() { docker run --rm --network none -v "$dir/fifo:/fifo" "$@"; }

# What runs already when the agent begins: it waits until somebody writes.
run --name before sekisho-in-use:one /bin/sh /srv/start.sh >docker-run 2>&1 &
running() { [ "$(docker inspect -f '{{.State.Running}}' "$1" 2>/dev/null)" = true ]; }
until_true running before || { echo "containers do not run here: $(tail -n 1 docker-run)"; exit 77; }

printf 'state: %s/state\nruntime: %s/run\nin-use: { sample: 1s, interval: 1s }\n' "$dir" "$dir" >guard.yaml
"$SEKISHO" guard run --config guard.yaml >alerts 2>agent-log &
agent=$!
id=$(docker inspect -f '{{.Image}}' before)
record=state/in-use/${id#sha256:}.in-use
watches() { grep -q watching agent-log || ! kill -0 "$agent" 2>/dev/null; }
until_true watches
kill -0 "$agent" 2>/dev/null || { echo "the agent does not run here: $(tail -n 1 agent-log)"; exit 77; }
until_true test -s "$record" || { echo "nothing is kept:"; cat agent-log docker-run; ls -lR state; exit 1; }

# While it watches: a program with a library of its own, and one that the image does not have.
run --name while sekisho-in-use:one /bin/sh -c 'cp /bin/tac /tmp/dropped; /tmp/dropped /srv/start.sh; /bin/sh /srv/job.sh; grep x /fifo/while' >docker-while 2>&1 &
scan() { docker save sekisho-in-use:one | "$SEKISHO" scan --packages-only --list-packages --in-use=state/in-use --format json - >out 2>err; }
use_of() { jq -r --arg n "$1" '.packages[] | select(.name == $n) | .inUse | tostring' out; }
library_is_seen() { scan && [ "$(use_of "$pcre")" = true ]; }
until_true library_is_seen || { echo "no library is seen:"; cat docker-run docker-while agent-log err; }
for waiting in while before; do # a reader that is gone would be waited for for ever
	timeout 20 sh -c "echo >fifo/$waiting"
done
kill "$agent"
wait "$agent"
agent=
scan

bad=0
check() { # WHAT GOT WANT
	[ "$2" = "$3" ] && { echo "ok - $1"; return; }
	echo "not ok - $1: got '$2', want '$3'"
	bad=1
}
check "a program that ran while the agent watched" "$(use_of grep)" true
check "its library" "$(use_of "$pcre")" true
check "a program that ran before the agent did" "$(use_of cat)" true
check "a script that a shell was given" "$(use_of scripts)" true
check "a program that copied itself" "$(use_of copy)" true
check "what ran from another place is not the image's program" "$(use_of idle)" false
check "since when it was watched" "$(jq -r '.packages[] | select(.name == "grep") | .inUseSince | length' out)" 20
[ $bad = 0 ] || { cat agent-log err; ls -l state/in-use; jq -c '.packages[] | [.name, .inUse, .inUsePath]' out; }
exit $bad
