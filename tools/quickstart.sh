#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# From an empty checkout on Debian to the first report:
#
#	tools/quickstart.sh [IMAGE]
#
# installs what the build needs, builds, prepares the advisory database and
# scans IMAGE (an archive of docker save, podman save or OCI), or an image that
# it makes. SK_BUILD is the folder of the build (default: build-release here).
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/tools/packages.sh"
build=${SK_BUILD:-$top/build-release}
image=${1:-}

say() {
	printf '\n== %s\n' "$*" >&2
}

make_database() {
	for feed in "$top/../shared/feeds" "$top/data/feed"; do
		if [ -d "$feed/osv" ]; then
			echo "Building the database from $feed instead." >&2
			"$sekisho" db build --from "$feed"
			return
		fi
	done
	echo "There is no advisory feed here either." >&2
	return 1
}

# An application's layer, as many images carry it: a lock file that nobody touched for years.
make_application() {
	mkdir -p "$1/app"
	cat >"$1/app/requirements.txt" <<-'EOT'
		certifi==2022.9.24
		django==4.2.1
		jinja2==2.11.2
		pillow==9.0.0
		pyyaml==5.3
		requests==2.25.0
		urllib3==1.26.4
	EOT
}

# The files that say which packages this machine has: the image of last resort, real all the same.
make_package_list() {
	mkdir -p "$1/etc" "$1/usr/lib" "$1/var/lib/dpkg"
	cp -L /etc/os-release "$1/etc/os-release"
	cp /var/lib/dpkg/status "$1/var/lib/dpkg/status"
}

make_image() {
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	make_application "$work/app"
	# Without the security archive: the state of the last point release, with what came to light since.
	# shellcheck disable=SC2086 # a list of words
	if need $packages_image &&
		mmdebstrap --quiet --variant=essential --include=ca-certificates,curl,openssl \
			bookworm "$work/base.tar" "deb http://deb.debian.org/debian bookworm main" >&2; then
		base="$work/base.tar=ADD bookworm /"
	else
		echo "mmdebstrap could not make a root file system; taking this machine's list of packages." >&2
		make_package_list "$work/base"
		base="$work/base=ADD packages of this machine"
	fi
	python3 "$top/tools/make-image.py" "$1" quickstart:latest "$base" "$work/app=COPY requirements.txt /app/"
}

say "Build dependencies"
# shellcheck disable=SC2086 # a list of words
need $packages_build

say "Build"
[ -f "$build/build.ninja" ] || meson setup --buildtype=release "$build" "$top" >/dev/null
ninja --quiet -C "$build" src/cmd/sekisho >&2
sekisho=$build/src/cmd/sekisho

say "Advisory database"
"$sekisho" db info 2>/dev/null || "$sekisho" db update || make_database

if [ -z "$image" ]; then
	say "An image to look at"
	image=$build/quickstart.tar
	[ -f "$image" ] || make_image "$image"
fi

say "sekisho scan $image"
"$sekisho" scan "$image"
