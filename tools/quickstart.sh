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
		aiohttp==3.8.4
		cryptography==41.0.3
		django==4.2.1
		flask-cors==4.0.0
		idna==3.4
		jinja2==3.1.2
		requests==2.31.0
		urllib3==1.26.15
		werkzeug==2.3.4
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
	base=
	# shellcheck disable=SC2086 # a list of words
	need $packages_image || true
	# An old release without its security archive: the image that was built once and never again.
	for release in bullseye bookworm; do
		mmdebstrap --quiet --variant=essential --include=ca-certificates,curl,openssl $release \
			"$work/base.tar" "deb http://deb.debian.org/debian $release main" >&2 || continue
		base="$work/base.tar=ADD $release.tar /"
		break
	done
	if [ -z "$base" ]; then
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
