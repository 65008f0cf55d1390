#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gate-lsm.sh GATE-TOOL: the gate's canary in a guest with Debian's kernel, where BPF LSM works and others do not come
# from the host. Needs qemu-system-x86_64, busybox-static, dpkg-deb and a source of Debian packages; takes a minute or
# two without KVM.
set -u
tool=${1:-${SK_GATE_TOOL:?}}
for need in qemu-system-x86_64 busybox dpkg-deb apt-get apt-cache; do
	command -v $need >/dev/null 2>&1 || { echo "$need is not there"; exit 77; }
done
tool=$(readlink -f "$tool")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT INT TERM
cd "$dir" || exit 1
kernel=${SK_GUEST_KERNEL:-$(apt-cache search 'linux-image-6.1.0-[0-9]+-cloud-amd64$' | awk '{ print $1 }' | tail -n 1)}
[ -n "$kernel" ] && apt-get download "$kernel" >/dev/null 2>&1 || { echo "no kernel can be had"; exit 77; }
dpkg-deb -x ./*.deb kernel

mkdir -p root/bin root/proc root/sys root/dev root/tmp root/run
cp "$(command -v busybox)" root/bin/busybox
for name in sh mount insmod cat echo sleep poweroff; do ln -s busybox root/bin/$name; done
cp "$tool" root/bin/gate-tool
for part in $(ldd "$tool" | grep -oE '/[^ ]+'); do
	mkdir -p "root$(dirname "$part")"
	cp -L "$part" "root$part"
done
cp kernel/lib/modules/*/kernel/fs/overlayfs/overlay.ko root/
cat >root/init <<'END'
#!/bin/sh
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t tmpfs tmp /tmp
mount -t bpf bpf /sys/fs/bpf; mount -t cgroup2 cgroup /sys/fs/cgroup
insmod /overlay.ko; echo
for hooks in lsm,signal,fanotify,cgroup,mount lsm signal fanotify; do
	echo "hooks $hooks"
	(sleep 1; echo canary; sleep 20; echo quit) | gate-tool hooks=$hooks
done
echo the-end
poweroff -f
END
chmod +x root/init
(cd root && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >initrd
timeout 900 qemu-system-x86_64 -accel tcg -m 1024 -nographic -no-reboot -kernel kernel/boot/vmlinuz-* -initrd initrd \
	-append "console=ttyS0 quiet panic=-1" </dev/null 2>&1 | tr -d '\r' >log
grep -q the-end log || { tail -n 20 log; echo "not ok - the guest did not come to its end"; exit 1; }

bad=0
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
