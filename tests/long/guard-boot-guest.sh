#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the guest of guard-boot.sh does when it has booted: looks at the agent as its service manager, its journal and
# a container's attacker see it. The first time it makes a container that starts with the machine, and boots again.
set -u
unit=sekisho-guard.service

say() { echo "# $(cut -d. -f1 /proc/uptime) s up: $*"; }
check() { # WHAT GOT WANT
	[ "$2" = "$3" ] && { echo "ok - $1"; return; }
	echo "not ok - $1: got '$2', want '$3'"
}
# until_true COMMAND...: emulated machines take their time
until_true() {
	last=$(($(date +%s) + 90))
	while [ "$(date +%s)" -lt $last ]; do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.5
	done
	return 1
}
property() { systemctl show -p "$1" --value "${2:-$unit}"; }
status() { sekisho guard status --format json 2>/dev/null; }
state_of() { status | jq -r --arg name "$1" '.protections[] | select(.name == $name) | .state'; }
knows() { status | jq -e --arg name "$1" '.containers[] | select(.name == $name)'; }
# told RULE [FIELD]: what the journal of this boot has of that rule's first alert about the shop
alert() { journalctl -b -q -o json -t sekisho SEKISHO_RULE="$1" CONTAINER_NAME=shop --no-pager | head -n 1; }
told() { [ -n "$(alert "$1")" ]; }
field() { alert "$1" | jq -r ".$2"; }
inside() { docker exec shop /bin/sh -c "$1" </dev/null 2>&1; }
agent() { property MainPID; }
runs() { [ "$(property ActiveState)" = active ] && status; }

# What is said when something is wrong.
explain() {
	systemctl status --no-pager -l $unit | sed 's/^/# /'
	journalctl -b -q --no-pager -u $unit | tail -n 40 | sed 's/^/# /'
	sekisho guard status 2>&1 | sed 's/^/# /'
}

# The image: a shell, and files that attackers look for.
make_shop() {
	root=$(mktemp -d)
	mkdir -p "$root/bin" "$root/etc" "$root/tmp" "$root/dev" "$root/proc" "$root/sys"
	cp /bin/busybox "$root/bin/busybox"
	for name in $(busybox --list); do [ "$name" = busybox ] || ln -s busybox "$root/bin/$name"; done
	echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
	echo 'root:*:19000::::::' >"$root/etc/shadow"
	tar -C "$root" -c . | docker import - shop:1.0 >/dev/null
	rm -rf "$root"
	docker run -d --restart=always --network=none --name shop shop:1.0 /bin/sh -c \
		'cat /etc/shadow >/dev/null; while :; do sleep 1; done' >/dev/null
}

check_unit() {
	until_true runs
	check "the unit has started" "$(property ActiveState) $(property SubState)" "active running"
	check "without a try too many" "$(property NRestarts)" 0
	check "with a watchdog" "$(property WatchdogUSec)" 30s
	check "it watches" "$(journalctl -b -q -u $unit --no-pager | grep -c 'watching')" 1
	journalctl -b -q -u $unit --no-pager -o cat | head -n 40 | sed 's/^/#   /'
	say "systemctl status"
	systemctl status --no-pager -l $unit | sed 's/^/#   /'
	for other in containerd docker; do
		check "it is ready before $other begins" "$([ "$(property ActiveEnterTimestampMonotonic)" -lt \
			"$(property ExecMainStartTimestampMonotonic $other.service)" ] && echo yes)" yes
	done
}

check_protections() {
	say "guard status"
	sekisho guard status 2>&1 | sed 's/^/#   /'
	for what in "drift: programs" "drift: programs on other file systems" "drift: programs in memory" "drift: libraries"; do
		check "$what: stopped by LSM" "$(state_of "$what")" blocks
	done
	check "scripts of interpreters" "$(state_of "drift: scripts of interpreters")" kills
	check "protected paths" "$(state_of "protected paths: removing")" blocks
}

check_alerts() {
	rule='Password hashes read'
	until_true told "$rule"
	check "the journal has the alert" "$(field "$rule" SEKISHO_RULE)" "$rule"
	check "with the image" "$(field "$rule" IMAGE_NAME | sed 's,.*/,,')" shop:1.0
	check "with the container" "$(field "$rule" CONTAINER_ID_FULL)" "$(docker inspect -f '{{.Id}}' shop)"
	check "with the priority" "$(field "$rule" SEKISHO_PRIORITY) $(field "$rule" PRIORITY)" "Warning 4"
	check "with the technique" "$(field "$rule" SEKISHO_TAGS | grep -c T1003)" 1
	check "from the unit" "$(field "$rule" _SYSTEMD_UNIT)" $unit
	field "$rule" MESSAGE | sed 's/^/#   /'
}

check_prevention() {
	inside 'cp /bin/busybox /tmp/busybox-copy; { cat /bin/busybox; echo; } >/tmp/busybox-drift; chmod 755 /tmp/busybox-drift' >/dev/null
	check "a copy of a program runs" "$(inside '/tmp/busybox-copy echo runs')" runs
	check "its programs are pinned ($1)" "$(ls /sys/fs/bpf/sekisho)" gate
	check "another program is stopped ($1)" "$(inside '/tmp/busybox-drift echo runs; echo $?' | tail -n 1)" 126
	check "a protected file stays ($1)" "$(inside 'echo x >>/etc/passwd || echo refused' | tail -n 1)" refused
}

# An attacker who tries again and again while the agent is away: none of the tries may succeed.
begin_tries() {
	inside 'rm -f /tmp/ran /tmp/stop; echo 0 >/tmp/tries' >/dev/null
	docker exec -d shop /bin/sh -c 'n=0; until [ -e /tmp/stop ]; do
		/tmp/busybox-drift touch /tmp/ran 2>/dev/null; n=$((n + 1)); echo $n >/tmp/tries; done'
	until_true tried 5
}
tried() { [ "$(inside 'cat /tmp/tries')" -ge "$1" ]; }
end_tries() { # WHAT
	until_true tried $(($(inside 'cat /tmp/tries') + 20))
	check "$1: no try of an attacker came through" "$(inside 'touch /tmp/stop; [ -e /tmp/ran ] && echo one did')" ""
	say "$(inside 'cat /tmp/tries') tries"
}

check_reload() {
	cat >/etc/sekisho/rules/marked.yaml <<-END_OF_RULE
		- rule: Marked file read
		  desc: a rule that was not there before
		  condition: evt.type in (open, openat, openat2) and evt.is_open_read = true and fd.name = /etc/marked
		  output: marked
		  priority: NOTICE
	END_OF_RULE
	before=$(agent)
	systemctl reload $unit
	check "it reloads" "$? $(property ActiveState) $(agent)" "0 active $before"
	read_again() { journalctl -b -q -u $unit --no-pager | grep 'read again'; }
	until_true read_again
	inside 'cat /etc/marked' >/dev/null
	mark() { docker exec shop /bin/cat /etc/hostname; docker exec shop /bin/sh -c 'cat /etc/marked'; told 'Marked file read'; }
	echo marked >/tmp/marked
	docker cp /tmp/marked shop:/etc/marked >/dev/null 2>&1
	until_true mark
	check "and judges by the new rule" "$(field 'Marked file read' SEKISHO_PRIORITY)" Notice
}

check_restart() {
	begin_tries
	before=$(agent)
	systemctl restart $unit
	check "it restarts" "$? $(property ActiveState) $([ "$(agent)" != "$before" ] && echo another)" "0 active another"
	end_tries "restart"
	until_true knows shop
	check "and knows its containers" "$(status | jq -r '.containers[] | select(.name == "shop") | .image' | sed 's,.*/,,')" shop:1.0
}

check_crash() {
	begin_tries
	before=$(agent) restarts=$(property NRestarts)
	kill -9 "$before"
	again() { [ "$(agent)" != "$before" ] && [ "$(agent)" != 0 ] && runs; }
	until_true again
	check "killed, it is started again" "$(property ActiveState) $(($(property NRestarts) - restarts))" "active 1"
	end_tries "crash"
}

check_hang() {
	before=$(agent) restarts=$(property NRestarts)
	kill -STOP "$before"
	inside '/tmp/busybox-drift touch /tmp/ran' >/dev/null
	again() { [ "$(agent)" != "$before" ] && [ "$(agent)" != 0 ] && runs; }
	until_true again
	check "hung, it is started again by the watchdog" "$(property ActiveState) $(($(property NRestarts) - restarts))" "active 1"
	check "and what was tried meanwhile was stopped" "$(inside '[ -e /tmp/ran ] && echo it ran')" ""
}

check_stop() {
	begin_tries
	systemctl stop $unit
	check "it stops" "$(property ActiveState) $(property Result)" "inactive success"
	end_tries "stopped"
	systemctl start $unit
	check "and starts" "$? $(property ActiveState)" "0 active"
}

check_demo() {
	say "the demonstration"
	SEKISHO=/usr/bin/sekisho /root/sekisho/tools/demo-guard.sh >/tmp/demo 2>&1
	check "the demonstration runs while the agent does" $? 0
	sed 's/^/#   /' /tmp/demo
}

say "$(uname -r), $(. /etc/os-release && echo "$PRETTY_NAME"), LSM $(cat /sys/kernel/security/lsm)"
if [ ! -e /check/again ]; then
	touch /check/again
	check_unit
	make_shop
	until_true knows shop
	check "a container is known" "$(knows shop | jq -r .engine)" docker
	check_protections
	check_alerts
	check_prevention "fresh"
	check_reload
	check_restart
	check_crash
	check_hang
	check_stop
	explain
	systemctl reboot
	exit
fi
check_unit
until_true docker exec shop /bin/true
until_true knows shop
check "a container that starts with the machine is known" "$(knows shop | jq -r .image | sed 's,.*/,,')" shop:1.0
check_alerts
check_prevention "after a boot"
check_demo
explain
echo "the end"
systemctl poweroff
