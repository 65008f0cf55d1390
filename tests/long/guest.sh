# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Sourced by tests that need another kernel than this machine's: Debian's own, in a guest, where programs may hang on the
# kernel's functions and on BPF LSM. Needs qemu-system-x86_64, busybox-static, dpkg-deb and a source of Debian packages;
# works without KVM, in some ten seconds for the boot.
set -u
for need in qemu-system-x86_64 busybox dpkg-deb apt-get apt-cache; do
	command -v $need >/dev/null 2>&1 || { echo "$need is not there"; exit 77; }
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT INT TERM
cd "$dir" || exit 1
kernel=${SK_GUEST_KERNEL:-$(apt-cache search 'linux-image-6.1.0-[0-9]+-cloud-amd64$' | awk '{ print $1 }' | tail -n 1)}
[ -n "$kernel" ] && apt-get download "$kernel" >/dev/null 2>&1 || { echo "no kernel can be had"; exit 77; }
dpkg-deb -x ./*.deb kernel
mkdir -p root/bin root/proc root/sys root/dev root/tmp root/run root/etc root/var/lib
cp "$(command -v busybox)" root/bin/busybox
for name in $(busybox --list); do ln -s busybox "root/bin/$name" 2>/dev/null; done
cp kernel/lib/modules/*/kernel/fs/overlayfs/overlay.ko* root/ 2>/dev/null
echo 'root:x:0:0:root:/root:/bin/sh' >root/etc/passwd
echo '127.0.0.1 localhost' >root/etc/hosts

# guest_add FILE: a program as /bin/NAME, with its libraries
guest_add() {
	cp "$1" "root/bin/$(basename "$1")"
	for part in $(ldd "$1" 2>/dev/null | grep -oE '/[^ ]+'); do
		mkdir -p "root$(dirname "$part")"
		cp -L "$part" "root$part"
	done
}
# guest_run SECONDS <SCRIPT: runs it as the guest's first process; what it says is in the file log
guest_run() {
	{
		cat <<'END'
#!/bin/sh
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t tmpfs tmp /tmp; mount -t tmpfs run /run
mount -t bpf bpf /sys/fs/bpf; mount -t cgroup2 cgroup /sys/fs/cgroup; mount -t debugfs debug /sys/kernel/debug
mount -t tracefs trace /sys/kernel/tracing
insmod /overlay.ko 2>/dev/null; ip link set lo up; echo
END
		cat
		echo 'echo the-end; poweroff -f'
	} >root/init
	chmod +x root/init
	(cd root && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >initrd
	timeout "$1" qemu-system-x86_64 -accel tcg -m 2048 -nographic -no-reboot -kernel kernel/boot/vmlinuz-* -initrd initrd \
		-append "console=ttyS0 quiet panic=-1" </dev/null 2>&1 | tr -d '\r' >log
	grep -q the-end log || { tail -n 20 log; echo "not ok - the guest did not come to its end"; exit 1; }
}
bad=0
check() { # WHAT GOT WANT
	[ "$2" = "$3" ] && { echo "ok - $1"; return; }
	echo "not ok - $1: got '$2', want '$3'"
	bad=1
}
