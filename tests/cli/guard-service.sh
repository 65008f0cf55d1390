#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The agent as a service: its unit as systemd judges it, what it tells systemd,
# the rights that are left to it, and that there is one at a time.
set -u
dir=$(mktemp -d)
dir=$(cd "$dir" && pwd -P)
agent='' listener=''
clean() {
	[ -n "$agent" ] && kill "$agent" 2>/dev/null
	[ -n "$listener" ] && kill "$listener" 2>/dev/null
	wait
	rm -rf "$dir"
}
trap clean EXIT INT TERM
bad=0
check() { # WHAT GOT WANT
	[ "$2" = "$3" ] && { echo "ok - $1"; return; }
	echo "not ok - $1: got '$2', want '$3'"
	bad=1
}
until_file() { # FILE PATTERN
	for _ in $(seq 600); do
		grep -q "$2" "$1" 2>/dev/null && return 0
		[ -z "$agent" ] || kill -0 "$agent" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}

sed "s,@bindir@,$(dirname "$SEKISHO")," "$SK_SOURCE/deploy/systemd/sekisho-guard.service.in" >"$dir/sekisho-guard.service"
if command -v systemd-analyze >/dev/null 2>&1; then
	check "systemd understands the unit" "$(systemd-analyze verify --man=no "$dir/sekisho-guard.service" 2>&1 |
		grep sekisho-guard)" ""
	if systemd-analyze security --help 2>&1 | grep -q -- --offline; then
		systemd-analyze security --offline=yes --threshold=50 "$dir/sekisho-guard.service" >"$dir/security" 2>&1
		check "and finds it exposed to no more than a guard must be" $? 0
		tail -n 1 "$dir/security"
	fi
else
	echo "# no systemd-analyze"
fi

[ "$(id -u)" = 0 ] || { echo "# the sensor needs root"; exit $bad; }
for tool in jq python3 setpriv; do
	command -v $tool >/dev/null 2>&1 || { echo "# $tool is not there"; exit $bad; }
done
"$SEKISHO" version | grep -q '^sensor *built in' || { echo "# built without the sensor"; exit $bad; }
cat >"$dir/guard.yaml" <<END
state: $dir/state
runtime: $dir/run
drift: { mode: off }
responses:
  entries:
    - { rules: [marked, misspelt], actions: none }
END
cat >"$dir/rules.yaml" <<END
- rule: marked
  desc: a marked program
  condition: evt.type in (execve, execveat) and proc.args contains "$dir-end"
  output: marked
  priority: WARNING
END
chmod 600 "$dir/guard.yaml" "$dir/rules.yaml"
cat >"$dir/listen.py" <<'END'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listens", flush=True)
while True:
    print(s.recv(4096).decode(), flush=True)
END
python3 "$dir/listen.py" "$dir/notify" >"$dir/told" &
listener=$!
until_file "$dir/told" listens || exit 1

# With no right but those that it is said to need, not even to begin with.
run() { # ARGUMENT...
	exec env NOTIFY_SOCKET="$dir/notify" WATCHDOG_USEC=2000000 setpriv --inh-caps=-all \
		--bounding-set=-all,+bpf,+perfmon,+sys_ptrace,+dac_read_search,+kill "$SEKISHO" guard run \
		--config "$dir/guard.yaml" --rules "$dir/rules.yaml" "$@"
}
run >"$dir/out" 2>"$dir/log" &
agent=$!
if ! until_file "$dir/log" watching; then
	# An older kernel wants more, or none of it is allowed here.
	echo "# the agent does not run here with so little: $(tail -n 1 "$dir/log")"
	agent=
	exit $bad
fi
check "it says what is left to it" "$(grep -c '^rights: dac-read-search, kill, sys-ptrace, perfmon, bpf; no new privileges; .* denied' "$dir/log")" 1
check "a response to no rule is said" "$(grep -c "no rule's name matches 'misspelt'" "$dir/log")" 1
check "no thread has more" "$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/$agent/task/*/status | sort -u | tail -n 1)" 000000c000080024
check "each has the filter" "$(sed -n 's/^Seccomp:[[:space:]]*//p' /proc/$agent/task/*/status | sort -u)" 2
check "none gets new privileges" "$(sed -n 's/^NoNewPrivs:[[:space:]]*//p' /proc/$agent/task/*/status | sort -u)" 1
until_file "$dir/told" WATCHDOG=1
check "systemd is told that it is ready" "$(sed -n 2p "$dir/told")" READY=1
check "status says so, too" "$("$SEKISHO" guard status --format json --socket "$dir/run/guard.sock" |
	jq -r '.hardening[] | select(.name == "new privileges") | .state')" none
/bin/true "$dir-end"
until_file "$dir/out" marked
check "it does what it is for" "$(grep -c marked "$dir/out")" 1
(run --for 1) >"$dir/second" 2>&1
check "there is one at a time" "$? $(grep -c "another agent runs already, process $agent " "$dir/second")" "3 1"
cat >>"$dir/rules.yaml" <<END
- rule: another
  desc: what was not looked at until now
  condition: evt.type in (unlink, unlinkat) and evt.arg.name = "$dir/gone"
  output: another
  priority: WARNING
END
kill -HUP "$agent"
until_file "$dir/log" 'read again'
check "rules are read again" "$(grep -c '2 rules were read again' "$dir/log")" 1
touch "$dir/gone"
rm "$dir/gone"
until_file "$dir/out" another
check "and what they ask for is looked at, with the rights that are left" "$(grep -c another "$dir/out")" 1
kill "$agent"
wait "$agent"
check "it ends well" $? 0
agent=
check "and systemd knows" "$(tail -n 1 "$dir/told")" STOPPING=1
chmod 666 "$dir/rules.yaml"
(run --for 1) >"$dir/second" 2>&1
check "rules that others may write are refused" "$? $(grep -c 'others may write it' "$dir/second")" "3 1"
exit $bad
