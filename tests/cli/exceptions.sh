#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# .sekishoignore.yaml from the outside: what it hides, what it does not, and who is told.
. "$SK_TESTS/scratch.sh"
export SOURCE_DATE_EPOCH=1795219200 # 2026-11-21
# scan CODE ARGUMENT...: exits with CODE; the report in out, messages in err
scan() {
	code=$1
	shift
	"$SEKISHO" scan dir:tree --format json "$@" >out 2>err
	got=$?
	[ $got = "$code" ] || bad "scan $*: exit code $got, not $code"
}

"$SEKISHO" db build --from "$SK_SOURCE/data/feed" >out 2>err || bad "the database does not build"
mkdir tree
echo 'idna==3.4' >tree/requirements.txt

scan 1 --fail-on high
grep -q '"CVE-2024-3651"' out || bad "nothing is found"

cat >.sekishoignore.yaml <<'EOT'
ignore:
  - id: cve-2024-3651
    package: idna
    reason: only our own names go through it
    owner: mail team
    expires: 2026-12-31
EOT
scan 0 --fail-on high
grep -q '"CVE-2024-3651"' out && bad "what is accepted is shown"
scan 0 --fail-on high --show-ignored
grep -q 'mail team' out || bad "--show-ignored does not name the owner"
scan 1 --fail-on high --ignore-file /dev/null

# A day too late: it shows again, and the entry is named with its line.
export SOURCE_DATE_EPOCH=1798761600 # 2027-01-01
scan 1 --fail-on high
cat out err | grep -q 'expired on 2026-12-31' || bad "nobody is told that an entry has expired"
export SOURCE_DATE_EPOCH=1795219200

sed -i '/reason/d' .sekishoignore.yaml
scan 1 --fail-on high
cat out err | grep -q 'has no reason' || bad "nobody is told that an entry has no reason"

cat >.sekishoignore.yaml <<'EOT'
ignore:
  - path: "**/requirements.txt"
    reason: r
    owner: o
    expires: 2026-12-31
  - id: CVE-1999-1
    reason: r
    owner: o
    expires: 2026-12-31
EOT
scan 0 --fail-on high
cat out err | grep -q 'no finding matches' || bad "nobody is told that an entry is of no use"

echo 'ignored: []' >.sekishoignore.yaml
scan 3
grep -q "unknown key 'ignored'" err || bad "a file that is none is not told"
scan 3 --ignore-file missing.yaml
exit $failed
