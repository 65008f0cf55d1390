# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034 # sourced, and used there
# Sourced: what Debian 12 and 13 call the things that we need, and how to get them.

# To build.
packages_build="gcc libc6-dev meson ninja-build pkg-config
	libarchive-dev libcurl4-openssl-dev libexpat1-dev libfyaml-dev libisal-dev liblmdb-dev
	bpftool clang libbpf-dev libelf-dev
	liblzma-dev libseccomp-dev libssl-dev libzstd-dev zlib1g-dev"

# To test: the second compiler, and the peers that results are compared with.
packages_test="libclang-rt-dev llvm
	bash bash-completion ca-certificates fish git groff-base man-db mandoc zsh
	apache2-utils busybox-static containerd crun docker.io docker-registry dpkg-dev gzip jq mmdebstrap npm openssl podman python3 python3-jsonschema python3-yaml rpm runc skopeo tar unzip xz-utils zip zstd"

# To make an image where none is named.
packages_image="mmdebstrap python3"

# To show the guard at work.
packages_demo="busybox-static containerd crun docker.io jq"

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo "$@"
	else
		echo "not root and no sudo: cannot run $*" >&2
		return 1
	fi
}

# missing PACKAGE...: those that are neither installed nor there as a command of that name
missing() {
	for package; do
		case $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) in
		ii*) ;;
		*) command -v "$package" >/dev/null || echo "$package" ;;
		esac
	done
}

install() {
	as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q -y install \
		--no-install-recommends "$@" >/dev/null
}

# need PACKAGE...: installs those that are missing; fails with the names of those that it cannot.
need() {
	# shellcheck disable=SC2046 # a list of words
	set -- $(missing "$@")
	[ $# -gt 0 ] || return 0
	echo "Installing $*" >&2
	as_root apt-get -q update >/dev/null || echo "apt-get update failed; trying with the lists that are here" >&2
	install "$@" 2>/dev/null && return 0
	# One that is not to be had must not cost the others.
	for package; do
		install "$package"
	done
	# shellcheck disable=SC2046 # a list of words
	set -- $(missing "$@")
	[ $# -gt 0 ] || return 0
	echo "These packages could not be installed: $*" >&2
	return 1
}
