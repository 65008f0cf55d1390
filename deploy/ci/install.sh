#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds and installs sekisho from this checkout on a CI machine with Debian or Ubuntu.
set -eu
cd "$(dirname "$0")/../.."
. tools/packages.sh
# shellcheck disable=SC2086 # lists of words
need $packages_build
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
meson setup "$build" --buildtype=release
ninja -C "$build"
as_root meson install -C "$build" --no-rebuild
