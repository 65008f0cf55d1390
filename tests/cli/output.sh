#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Where the report goes: a file as a whole or not at all, never mixed with messages.
. "$SK_TESTS/scratch.sh"
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

ln -s report.json link.json
scan dir:tree --output link.json || bad "--output to a link fails"
[ -L link.json ] && grep -q '"django"' report.json || bad "--output replaces a link, not what it leads to"
# What /dev/stdout is to a process whose standard output is a file; /dev/stdout itself is not risked here.
ln -s /proc/self/fd/1 stdout
scan dir:tree --output stdout >plain.json || bad "--output to standard output fails"
[ -L stdout ] || bad "the name of standard output was replaced"
grep -q '"django"' plain.json || bad "standard output is a file: nothing was written to it"

# A target that cannot be read is called neither clean nor empty.
for format in table markdown html; do
	"$SEKISHO" scan --packages-only --format $format missing gone >out 2>err
	[ $? = 3 ] || bad "$format: a target that is not there does not exit with 3"
	grep -q 'could not be looked at' out || bad "$format: does not say that a target was not looked at"
	grep -qi 'no package was found\|nothing found\|0 in all' out && bad "$format: calls what was not looked at empty"
done

for format in table markdown html; do
	"$SEKISHO" scan --packages-only --format $format dir:tree >out
	grep -q 'not compared with advisories' out || bad "$format: does not say that packages alone were listed"
	grep -q 'no advisory database' out && bad "$format: misses a database that nobody asked for"
done

# Without a database that can be used, packages are listed all the same, and the report says why.
echo garbage >broken.mdb
for db in missing.mdb broken.mdb; do
	"$SEKISHO" scan --db $db --list-packages --format json dir:tree >out 2>err
	[ $? = 3 ] || bad "$db does not exit with 3"
	grep -q '"django"' out && grep -q '"no-database"' out || bad "$db: no report of what was found"
	grep -q $db err || bad "$db: the message does not name it"
done

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
