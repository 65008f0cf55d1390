#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sekisho exception add, list, expire: what is in the file stays as it was, what comes in counts.
. "$SK_TESTS/scratch.sh"
export SOURCE_DATE_EPOCH=1795219200 # 2026-11-21
# run CODE ARGUMENT...: exits with CODE; what it writes is in out and err
run() {
	code=$1
	shift
	"$SEKISHO" exception "$@" >out 2>err
	got=$?
	[ $got = "$code" ] || bad "exception $*: exit code $got, not $code"
}

# ---- add ----
run 0 add --id CVE-2024-3651 --package idna --reason "only our own names: 'a' #1" --owner mail --expires 30d --ticket SEC-7
cat >want <<'EOT'
exceptions:
  - id: CVE-2024-3651
    package: idna
    reason: 'only our own names: ''a'' #1'
    owner: mail
    ticket: SEC-7
    expires: 2026-12-21
EOT
cmp -s want .sekishoignore.yaml || bad "a new file is not as it should be: $(cat .sekishoignore.yaml)"

# Comments, order, indentation and the empty lines between entries stay.
cat >own.yaml <<'EOT'
# what we live with
ignore:
- id: CVE-1   # the first
  reason: r
  owner: o
  expires: 2026-12-31

- { id: CVE-2, reason: r, owner: o, expires: "2026-12-31" }
# the end
EOT
cp own.yaml before.yaml
run 0 add --file own.yaml --purl 'pkg:npm/%40babel/core@7' --reason "$(printf 'two\nlines')" --owner no --expires 2027-01-31
head -n "$(wc -l <before.yaml)" own.yaml | cmp -s - before.yaml || bad "what was there has changed"
tail -n 5 own.yaml >tail
cat >want <<'EOT'

- purl: 'pkg:npm/%40babel/core@7'
  reason: "two\nlines"
  owner: 'no'
  expires: 2027-01-31
EOT
cmp -s want tail || bad "the new entry has another form: $(cat tail)"

printf 'exceptions: []  # none yet\n' >flow.yaml
run 0 add --file flow.yaml --id CVE-9 --reason r --owner o --expires 2026-12-31
grep -q '# none yet' flow.yaml || bad "the comment of an empty list is lost"
printf 'exceptions: [{id: CVE-1, reason: r, owner: o, expires: 2026-12-31}]\n' >flow.yaml
cp flow.yaml before.yaml
run 3 add --file flow.yaml --id CVE-9 --reason r --owner o --expires 2026-12-31
cmp -s flow.yaml before.yaml || bad "a file that cannot be added to was changed"
printf 'exceptions:\r\n  - id: CVE-1\r\n    reason: r\r\n    owner: o\r\n    expires: 2026-12-31\r\n' >crlf.yaml
run 0 add --file crlf.yaml --id CVE-9 --reason r --owner o --expires 2026-12-31
[ "$(grep -c "$(printf '\r')" crlf.yaml)" = 9 ] || bad "line ends are mixed"

# What would not count is refused, and the file stays.
cp .sekishoignore.yaml before.yaml
run 2 add --id CVE-5 --owner o --expires 30d
grep -q 'has no reason' err || bad "nobody is told that the reason is missing"
run 2 add --reason r --owner o --expires 30d
run 2 add --id CVE-5 --reason r --owner o --expires 2026-11-20
run 2 add --id CVE-5 --reason r --owner o --expires 2029-01-01
grep -q 'more than 366 days' err || bad "nobody is told that the end is too far away"
run 2 add --scope 'finding.sevrity == "low"' --reason r --owner o --expires 30d
grep -q 'severity' err || bad "a misspelt field is not told: $(cat err)"
run 2 add --id CVE-5 --status fine --reason r --owner o --expires 30d
cmp -s .sekishoignore.yaml before.yaml || bad "a refused entry has changed the file"
run 0 add --scope 'finding.severity == "low" && packages.size() < 10' --reason r --owner o --expires 300d
run 0 add --id CVE-5 --status not_affected --justification component_not_present --reason r --owner o --expires 300d

# ---- list ----
cat >list.yaml <<'EOT'
exceptions:
  - { id: CVE-2024-3651, reason: r, owner: o, expires: 2027-06-30 }
  - { id: CVE-2, reason: r, owner: o, expires: 2026-12-01 }
  - { id: CVE-3, reason: r, owner: o, expires: 2026-11-01 }
  - { id: CVE-4, owner: o, expires: 2026-12-01 }
  - { id: CVE-5, reason: r, owner: o, expires: 2028-12-01 }
  - { id: CVE-6, reason: r, owner: o, expires: 2027-06-30 }
EOT
run 0 list --file list.yaml
[ "$(awk '{print $1}' out | tr '\n' ' ')" = "active expiring expired invalid too-long active " ] || bad "the states are wrong"
"$SEKISHO" db build --from "$SK_SOURCE/data/feed" >out 2>err || bad "the database does not build"
mkdir tree
echo 'idna==3.4' >tree/requirements.txt
"$SEKISHO" scan dir:tree --exceptions list.yaml --show-ignored --format json --output report.json 2>err
run 0 list --file list.yaml --report report.json --format json
grep -q '"state": "unused"' out || bad "an entry that fits nothing is not told"
grep -A4 '"state": "active"' out | grep -q '"line": 2' || bad "the one that fits is not active"
run 3 list --file missing.yaml

# ---- expire ----
run 2 expire --file own.yaml CVE-7
run 0 expire --file own.yaml cve-1
grep -q 'expires: 2026-11-21T00:00:00Z$' own.yaml || bad "the entry has not ended"
grep -q '# the first' own.yaml && grep -q '# the end' own.yaml || bad "comments are lost"
run 2 expire --file own.yaml CVE-1
run 0 expire --file own.yaml :8
grep -q 'expires: "2026-11-21T00:00:00Z" }' own.yaml || bad "a quoted date is not replaced: $(cat own.yaml)"
run 0 list --file own.yaml
[ "$(grep -c ^expired out)" = 2 ] || bad "what has ended still counts"
exit $failed
