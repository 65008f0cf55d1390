#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Packages installed by `rpm --root` into each kind of database that this rpm can write: our list is rpm's.
set -eu
for tool in rpm rpmbuild python3; do
	command -v $tool >/dev/null 2>&1 || { echo "$tool is not there"; exit 77; }
done
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
package() { # NAME EPOCH VERSION RELEASE FILES
	cat >"$tmp/$1.spec" <<END
Name: $1
Epoch: $2
Version: $3
Release: $4
License: MIT
Summary: $1
BuildArch: noarch
%description
$1
%install
mkdir -p %{buildroot}/usr/share/$1
for i in \$(seq 1 $5); do echo \$i >%{buildroot}/usr/share/$1/file-\$i; done
%files
/usr/share/$1
END
	rpmbuild -bb --quiet --define "_topdir $tmp/build" "$tmp/$1.spec" >/dev/null 2>&1
}
package one 0 1.0 1.el9 3
package two 3 2.0~rc1 2 500
package three 0 '3^git1' 1 1
ran=0
for backend in sqlite ndb; do
	root=$tmp/$backend
	mkdir "$root"
	set -- --define "_db_backend $backend" --define '_dbpath /var/lib/rpm'
	rpm --root "$root" "$@" --nodeps -i "$tmp"/build/RPMS/noarch/*.rpm >/dev/null 2>&1 || continue
	python3 "$SK_TESTS/rootfs.py" rpm "$root" "$@"
	rpm --root "$root" "$@" -e three
	python3 "$SK_TESTS/rootfs.py" rpm "$root" "$@"
	ran=1
done
[ $ran = 1 ] || { echo "this rpm writes none of the formats"; exit 77; }
