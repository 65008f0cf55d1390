#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Manual pages render without a warning, and name every option of their command.
. "$SK_TESTS/scratch.sh"
commands=$("$SEKISHO" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
for command in "" $commands; do
	page=sekisho${command:+-$command}.1
	"$SEKISHO" man $command >"$page" || failed=1
	if command -v mandoc >/dev/null; then
		# Pages not installed yet are no mistake, nor is our name that mdoc(7) would prefer.
		mandoc -T lint -W warning "$page" | grep -v 'referenced manual not found' && failed=1
	fi
	if command -v groff >/dev/null; then
		groff -man -ww -z -Tutf8 "$page" 2>&1 | grep . && failed=1
	fi
	for option in $("$SEKISHO" $command --help | grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' | grep -oE -e '--[a-z-]+'); do
		grep -qF -e "$(printf %s "$option" | sed 's/-/\\-/g')" "$page" || {
			echo "$page does not name $option"
			failed=1
		}
	done
done
"$SEKISHO" man --format markdown | grep -q '^## sekisho scan' || failed=1
if command -v man >/dev/null; then
	MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings -l sekisho.1 2>&1 | grep -q 'sekisho' || failed=1
fi
exit $failed
