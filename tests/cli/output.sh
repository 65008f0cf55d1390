#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Where the report goes: a file as a whole or not at all, never mixed with messages.
set -u
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
export HOME="$dir" XDG_CACHE_HOME="$dir/cache" XDG_CONFIG_HOME="$dir/config" XDG_DATA_HOME="$dir/data"
failed=0
bad() {
	echo "$*"
	failed=1
}
scan() {
	"$SEKISHO" scan --packages-only --list-packages --format json "$@"
}

mkdir tree
echo 'django==4.2.1' >tree/requirements.txt
scan dir:tree >stdout.json 2>err || bad "a clean scan does not exit with 0: $?"
[ -s err ] && bad "there is chatter without a terminal: $(cat err)"
grep -q '"django"' stdout.json || bad "the package is not listed"

echo old >report.json
scan dir:tree --output report.json >out 2>err || bad "--output fails"
[ -s out ] && bad "--output also writes to standard output"
grep -q '"django"' report.json || bad "--output does not replace the file"
[ "$(find . -maxdepth 1 -name '*report.json*' | wc -l)" = 1 ] || bad "a temporary file stays behind"

echo old >report.json
scan dir:missing --output report.json 2>err
[ $? = 3 ] || bad "a target that is not there does not exit with 3"
grep -q missing err || bad "the error does not name the target"

scan dir:tree --output nowhere/report.json 2>err
[ $? = 3 ] || bad "an output that cannot be written does not exit with 3"
if [ -w /dev/full ]; then
	scan dir:tree >/dev/full 2>err
	[ $? = 3 ] || bad "a full disk does not exit with 3"
	scan dir:tree --output /dev/full 2>err
	[ $? = 3 ] || bad "a full device does not exit with 3"
fi
scan dir:tree --output /dev/stdout | grep -q '"django"' || bad "/dev/stdout is not written to"
(scan dir:tree; echo $? >code) 2>err | true
case $(cat code) in 0 | 3) ;; *) bad "a closed pipe gives exit code $(cat code)" ;; esac
exit $failed
