#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A folder includes only itself and what stands above it in src/meson.build.
set -eu
cd "$SK_SOURCE/src"
order=$(sed -n "s/^subdir('\(.*\)')/\1/p" meson.build)
order="$order cmd"
# bpf/, what the kernel tells (event.h), stands beside src/ and uses nothing of it.
allowed=bpf bad=0
for dir in $order; do
	allowed="$allowed $dir"
	for line in $(grep -rnoE '^#include "[a-z]+/' "$dir" --include='*.[ch]' | sed 's/#include "//; s/ //g; s,/$,,'); do
		used=${line##*:}
		case " $allowed " in *" $used "*) ;; *) echo "$line: $dir may not use $used"; bad=1 ;; esac
	done
done
exit $bad
