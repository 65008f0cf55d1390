#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gate-lsm.sh GATE-TOOL: the gate's canary on a kernel where BPF LSM works (guest.sh); takes a minute or two without KVM.
tool=$(readlink -f "${1:-${SK_GATE_TOOL:?}}")
. "$(dirname "$0")/guest.sh"
guest_add "$tool"
guest_run 900 <<'END'
for hooks in lsm,signal,fanotify,cgroup,mount lsm signal fanotify; do
	echo "hooks $hooks"
	(sleep 1; echo canary; sleep 20; echo quit) | gate-tool hooks=$hooks
done
END

# found HOOKS PROTECTION STATE
found() {
	got=$(sed -n "/^hooks $1\$/,/^done/p" log | sed -n "s/^$2: //p")
	[ "$got" = "$3" ] && { echo "ok - $1: $2 $3"; return; }
	echo "not ok - $1: $2: got '$got', want '$3'"
	bad=1
}
for hooks in lsm lsm,signal,fanotify,cgroup,mount; do
	for what in "drift: programs" "drift: programs on other file systems" "drift: programs in memory" \
		"drift: libraries"; do
		found "$hooks" "$what" "blocks by lsm"
	done
	found "$hooks" "drift: scripts of interpreters" "kills by signal"
done
for what in "drift: programs" "drift: programs in memory" "drift: libraries" "drift: scripts of interpreters"; do
	found signal "$what" "kills by signal"
done
found fanotify "drift: programs" "blocks by fanotify"
found lsm,signal,fanotify,cgroup,mount "connections to marked addresses" "blocks by cgroup"
found lsm,signal,fanotify,cgroup,mount "protected paths: removing" "blocks by mount"
exit $bad
