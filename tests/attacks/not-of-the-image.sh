#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs in a container of whatever engine: the ways to run what its image does not have, and to change what is protected.
# One line each: what it is, and whether its first action came about. /vol is a volume, /mem a tmpfs, if they are there.
mark=/tmp/mark
try() { # NAME COMMAND...: its first action is to make the mark
	name=$1
	shift
	rm -f $mark
	"$@" >/dev/null 2>&1
	echo "$name $([ -e $mark ] && echo acted || echo stopped)"
}
ends() { # NAME COMMAND...: whether it ends well
	name=$1
	shift
	"$@" >/dev/null 2>&1 && outcome=acted || outcome=stopped
	echo "$name $outcome"
}
evil() { # FILE: a program that is not of the image, named so that it acts by its arguments
	cp /bin/busybox "$1" && echo changed >>"$1"
}

ends image /bin/dynamic
evil /tmp/busybox-evil
try added /tmp/busybox-evil touch $mark
printf '#!/bin/sh\n: >%s\n' $mark >/tmp/script
chmod +x /tmp/script
try script /tmp/script
try interpreted sh /tmp/script
cp /lib/libc.so /tmp/evil.so && echo changed >>/tmp/evil.so
ends library env LD_PRELOAD=/tmp/evil.so /bin/dynamic
cp /bin/busybox /tmp/busybox-copy
try copy /tmp/busybox-copy touch $mark
touch /bin/busybox-other
try touched /bin/busybox-other touch $mark
mv /bin/busybox-other /bin/busybox-renamed
try renamed /bin/busybox-renamed touch $mark
echo changed >>/bin/busybox-renamed
try changed /bin/busybox-renamed touch $mark
try memory attack memfd /bin/busybox touch $mark
for place in vol mem; do
	[ -d /$place ] && evil /$place/busybox-evil && try $place /$place/busybox-evil touch $mark
done
ends write sh -c 'echo changed >>/etc/protected/file'
ends remove rm -f /etc/protected/file
ends rename mv /etc/protected/file /etc/protected/other
