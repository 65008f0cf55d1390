#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# guard-boot.sh BUILD: the agent as a service of a Debian of its own, with its own kernel, systemd and Docker, in a
# virtual machine that is made here from the distribution's packages and BUILD's `meson install` (prefix /usr). It is
# booted twice; guard-boot-guest.sh is what it does then. Speaks TAP. Takes a quarter of an hour without KVM.
#
# The build's libraries must be those of the release: SK_GUEST_SUITE, otherwise this machine's. SK_GUEST_ROOT is an
# archive where the root file system is kept for the next time; SK_GUEST_LOG keeps what the console said.
set -u
build=${1:?usage: guard-boot.sh BUILD}
top=$(cd "$(dirname "$0")/../.." && pwd)
[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP an image can be made by root alone"; exit 77; }
for tool in qemu-system-x86_64 mmdebstrap mke2fs meson busybox dpkg-query ldd; do
	PATH=$PATH:/usr/sbin:/sbin command -v $tool >/dev/null 2>&1 || { echo "1..0 # SKIP $tool is not there"; exit 77; }
done
PATH=$PATH:/usr/sbin:/sbin
"$build/src/cmd/sekisho" version | grep -q '^sensor *built in' || { echo "1..0 # SKIP built without the sensor"; exit 77; }
dir=$(mktemp -d)
machine=
clean() {
	[ -n "$machine" ] && kill "$machine" 2>/dev/null
	wait
	rm -rf "$dir"
}
trap clean EXIT
trap 'exit 1' INT TERM

begin=$(date +%s)
say() { echo "# $(($(date +%s) - begin)) s: $*"; }

# ---- the image ----

# What the program is linked with, by the names that this release has for it.
libraries() {
	for file in $(ldd "$build/src/cmd/sekisho" | grep -oE '/[^ ]+'); do
		dpkg-query -S "$(readlink -f "$file")" "$file" 2>/dev/null
	done | sed 's/:.*//' | sort -u | paste -sd, -
}

make_root() {
	suite=${SK_GUEST_SUITE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
	kernel=linux-image-cloud-$(dpkg --print-architecture)
	mmdebstrap --quiet --variant=minbase --include="$kernel,systemd-sysv,dbus,udev,kmod,procps,apparmor,busybox-static,jq,docker.io,containerd,$(libraries),libcurl4" \
		"$suite" "$1" "deb http://deb.debian.org/debian $suite main" >"$dir/mmdebstrap" 2>&1
}

make_disk() {
	say "a root file system"
	archive=${SK_GUEST_ROOT:-$dir/root.tar}
	[ -f "$archive" ] || make_root "$archive" ||
		{ tail -n 3 "$dir/mmdebstrap"; echo "1..0 # SKIP no root file system can be made"; exit 77; }
	mkdir "$dir/root"
	tar -C "$dir/root" -xf "$archive"
	DESTDIR=$dir/root meson install -C "$build" --no-rebuild >"$dir/install" 2>&1 ||
		{ tail -n 5 "$dir/install"; echo "Bail out! meson install failed"; exit 1; }
	[ -x "$dir/root/usr/bin/sekisho" ] || { echo "Bail out! the build's prefix is not /usr"; exit 1; }
	populate "$dir/root"
	say "a disk"
	mke2fs -q -t ext4 -d "$dir/root" "$dir/disk" 6G || exit 1
	cp -L "$dir/root"/boot/vmlinuz-* "$dir/kernel"
	cp -L "$dir/root"/boot/initrd.img-* "$dir/initrd"
	rm -rf "$dir/root"
}

# The host as somebody would set it up: the agent configured, its unit enabled, and a unit that checks.
populate() {
	mkdir -p "$1/etc/sekisho/rules" "$1/check" "$1/root/sekisho"
	cp -R "$top/tools" "$top/rules" "$1/root/sekisho"
	cp "$top/tests/long/guard-boot-guest.sh" "$1/check/run"
	cat >"$1/etc/sekisho/guard.yaml" <<-END_OF_CONFIGURATION
		rules: [/usr/share/sekisho/rules/runtime, /etc/sekisho/rules]
		outputs: [journald]
		drift:
		  mode: "off"
		  entries:
		    - images: ["shop*", "*/shop*"]
		      mode: block
		protect:
		  entries:
		    - images: ["shop*", "*/shop*"]
		      paths: [/etc]
	END_OF_CONFIGURATION
	cat >"$1/etc/sekisho/rules/site.yaml" <<-END_OF_RULES
		- list: site_names
		  items: [shop]
	END_OF_RULES
	cat >"$1/etc/systemd/system/check.service" <<-END_OF_UNIT
		[Unit]
		After=multi-user.target
		[Service]
		Environment=HOME=/root
		ExecStart=/bin/sh /check/run
		StandardOutput=tty
		StandardError=tty
		TTYPath=/dev/ttyS0
	END_OF_UNIT
	echo guest >"$1/etc/hostname"
	echo '/dev/vda / ext4 defaults 0 1' >"$1/etc/fstab"
	for unit in serial-getty@ttyS0.service getty@tty1.service apt-daily.timer apt-daily-upgrade.timer; do
		ln -sf /dev/null "$1/etc/systemd/system/$unit"
	done
	mkdir -p "$1/etc/systemd/system/graphical.target.wants"
	ln -sf ../check.service "$1/etc/systemd/system/graphical.target.wants/check.service"
	chroot "$1" systemctl enable sekisho-guard.service >/dev/null 2>&1
}

# ---- the machine ----

# boot LOG: until it turns itself off, or says nothing for ten minutes
boot() {
	qemu-system-x86_64 -accel tcg,thread=multi -cpu max -m 4096 -smp 2 -nic none -display none -no-reboot \
		-serial "file:$1" -kernel "$dir/kernel" -initrd "$dir/initrd" \
		-drive "file=$dir/disk,format=raw,if=virtio,cache=unsafe" \
		-append "root=/dev/vda rw console=ttyS0 quiet panic=-1 mitigations=off systemd.show_status=no" </dev/null &
	machine=$!
	told=0
	silent=0
	while kill -0 "$machine" 2>/dev/null && [ $silent -lt 600 ]; do
		sleep 1
		lines=$(tr -d '\r' <"$1" 2>/dev/null | grep -acE '^(ok|not ok|#) ')
		silent=$((silent + 1))
		if [ "$lines" -gt "$told" ]; then
			tr -d '\r' <"$1" | grep -aE '^(ok|not ok|#) ' | sed -n "$((told + 1)),${lines}p"
			told=$lines
			silent=0
		fi
	done
	kill "$machine" 2>/dev/null && echo "# it was silent for ten minutes"
	wait "$machine"
	machine=
}

make_disk
for time in first second; do
	say "the $time boot"
	boot "$dir/log-$time"
done
say "it is off"
cat "$dir/log-first" "$dir/log-second" | tr -d '\r' >"$dir/log"
[ -z "${SK_GUEST_LOG:-}" ] || cp "$dir/log" "$SK_GUEST_LOG"
echo "1..$(grep -acE '^(ok|not ok) ' "$dir/log")"
grep -aq '^the end$' "$dir/log" || { tail -n 30 "$dir/log" | sed 's/^/# /'; echo "not ok - it came to its end"; exit 1; }
! grep -aq '^not ok' "$dir/log"
