#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a change brings in (--compare), what is worst (--sort risk), and VEX on the way in and out.
. "$SK_TESTS/scratch.sh"
export SOURCE_DATE_EPOCH=1795219200 # 2026-11-21
# scan CODE ARGUMENT...: exits with CODE; the report in out, messages in err
scan() {
	code=$1
	shift
	"$SEKISHO" scan dir:tree "$@" >out 2>err
	got=$?
	[ $got = "$code" ] || bad "scan $*: exit code $got, not $code"
}

"$SEKISHO" db build --from "$SK_SOURCE/data/feed" >out 2>err || bad "the database does not build"
mkdir tree
printf 'idna==3.4\nrequests==2.0\n' >tree/requirements.txt
scan 0 --format json --output base.json
known=$(grep -c '"kind": "vulnerability"' base.json)
[ "$known" -gt 1 ] || bad "nothing is found"

# ---- --compare ----
scan 0 --compare base.json --fail-on low
grep -q " 0 new, $known known already, 0 gone" out || bad "the same again is new"
grep -q 'No known vulnerability' out && bad "what is known already is called clean"
for format in json sarif markdown html junit csv cyclonedx gitlab gitlab-codequality; do
	scan 0 --compare base.json --format $format --fail-on low
	grep -q 'CVE-2024-3651' out && bad "$format shows what is known already"
done
# Another version of the package has the same problem: not new. One that is gone is counted.
printf 'idna==3.5\ndjango==4.2.1\n' >tree/requirements.txt
scan 0 --compare base.json --format json
grep -q '"CVE-2024-3651"' out && bad "another version makes a finding new"
grep -q '"gone": [1-9]' out || bad "what went away is not counted"
grep -q '"known": 1' out || bad "what is known is not counted"
grep -q '"name": "django"' out || bad "what is new is not shown"
scan 0 --compare base.json --format sarif
grep -q '"baselineState": "new"' out || bad "SARIF does not say that it is new"
scan 3 --compare missing.json
echo '{}' >broken.json
scan 3 --compare broken.json
grep -q 'broken.json: line 1: this is no JSON report' err || bad "a base that is none is not told"

# ---- risk ----
printf 'idna==3.4\nrequests==2.0\n' >tree/requirements.txt
scan 0 --format json --sort risk --risk-class internet-facing
grep '"score": [0-9]*,' out | sed 's/[^0-9]//g' | sed 1d >scores
sort -rn scores | cmp -s - scores || bad "findings do not fall in risk: $(tr '\n' ' ' <scores)"
grep -q '"why": "internet-facing workload"' out || bad "the class is not explained"
grep -q '"why": "not known: nobody has watched it run"' out || bad "what is not known is not said"
high=$(head -n 1 scores)
scan 0 --sort risk --risk-class internet-facing
grep -Eo '^(! |  )[0-9]+ (CRITICAL|HIGH|MEDIUM|LOW|UNKNOWN)' out | tr -dc '0-9\n' >shown
[ -s shown ] && sort -rn shown | cmp -s - shown || bad "the table is not in the order of risk"
scan 0 --format json --sort risk --risk-class development
low=$(grep '"score": [0-9]*,' out | sed 's/[^0-9]//g' | sed -n 2p)
[ "$low" -lt "$high" ] || bad "development is no less risky than the internet"
scan 2 --risk-class moon

# ---- VEX: what is accepted goes out, and what comes in counts ----
cat >accepted.yaml <<'EOT'
exceptions:
  - id: CVE-2024-3651
    status: not_affected
    justification: vulnerable_code_not_in_execute_path
    reason: only our own names go through it
    owner: mail team
    expires: 2026-12-31
EOT
for format in openvex csaf; do
	scan 0 --exceptions accepted.yaml --format $format --output $format.json --author 'Mail team'
	scan 0 --exceptions /dev/null --vex $format.json --show-ignored --format json
	grep -q '"ignored": 1' out || bad "what $format says does not come back"
	grep -q '"owner": "Mail team"' out || bad "$format loses its author"
	grep -q '"justification": "vulnerable_code_not_in_execute_path"' out || bad "$format loses the justification"
done
scan 0 --exceptions accepted.yaml --show-ignored --format cyclonedx --output cyclonedx.json
scan 0 --exceptions /dev/null --vex cyclonedx.json --show-ignored --format json
grep -q '"ignored": 1' out || bad "what cyclonedx says does not come back"
# A risk that somebody here has accepted is not said to be none elsewhere.
sed -i '/status/d; /justification/d' accepted.yaml
scan 0 --exceptions accepted.yaml --format openvex --output openvex.json
grep -q '"status": "affected"' openvex.json || bad "accepted is not affected"
scan 0 --exceptions /dev/null --vex openvex.json --format json
grep -q '"ignored": 0' out || bad "an accepted risk hides elsewhere"
grep -q '"status": "affected"' out || bad "what is said is not shown"
scan 0 --exceptions /dev/null --vex openvex.json
grep -q 'Said of these' out || bad "the table does not show what is said"
scan 3 --vex base.json
grep -q 'this is no VEX document' err || bad "a document that is none is not told"

# An end too far away does not count.
sed -i 's/2026-12-31/2028-12-31/' accepted.yaml
scan 0 --exceptions accepted.yaml
grep -q 'more than 366 days from now' out || bad "an end too far away is not told"
grep -q 'CVE-2024-3651' out || bad "an end too far away counts"
scan 0 --exceptions accepted.yaml --exception-max-days 0 --format json
grep -q '"ignored": 1' out || bad "--exception-max-days 0 is not any"
exit $failed
