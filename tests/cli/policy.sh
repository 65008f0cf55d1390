#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sekisho policy and sekisho scan --policy: decisions, exit codes, bundles with their locks and cases, documents.
. "$SK_TESTS/scratch.sh"

mkdir -p bundle/tests
cat >bundle/bundle.yaml <<'END'
apiVersion: sekisho/v1
kind: Bundle
metadata: { name: mine, title: Mine, version: "1" }
spec:
  parameters:
    most: { type: int, default: 2, description: Containers of one pod }
END
cat >bundle/pods.yaml <<'END'
apiVersion: sekisho/v1
kind: Policy
metadata: { name: pods, title: Small pods, rationale: Why not., controls: [X-1] }
spec:
  stages: [admit]
  rules:
    - id: few
      severity: low
      expression: workload.containers.size() <= params.most
      message: '"too many: " + string(workload.containers.size())'
      remedy: make two pods of it
    - id: privileged
      severity: high
      offenders: workload.containers.filter(c, c.effective.privileged)
      message: it.name + " is privileged"
      remedyExpression: '"remove privileged from " + it.name'
    - { id: look, manual: Look at it., controls: [X-2] }
END
cat >bundle/tests/pods.yaml <<'END'
apiVersion: sekisho/v1
kind: PolicyTest
cases:
  - name: a plain pod
    object: { apiVersion: v1, kind: Pod, metadata: { name: a }, spec: { containers: [{ name: a, image: a }] } }
    decision: allow
    reasons: []
  - name: a privileged one, and too many
    params: { most: 0 }
    object: { apiVersion: v1, kind: Pod, metadata: { name: a }, spec: { containers: [{ name: a, image: a, securityContext: { privileged: true } }] } }
    decision: deny
    reasons: [pods/privileged, pods/few]
END
cat >pod.yaml <<'END'
apiVersion: v1
kind: Pod
metadata: { name: web }
spec: { containers: [{ name: c, image: nginx, securityContext: { privileged: true } }] }
END
sed 's/, securityContext.*}/ }] }/' pod.yaml >plain.yaml
cat >vap.yaml <<'END'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: { name: labels }
spec:
  paramKind: { apiVersion: x/v1, kind: Label }
  matchConstraints:
    resourceRules: [{ apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods] }]
  validations:
    - expression: has(object.metadata.labels) && params.name in object.metadata.labels
      messageExpression: "'the label ' + params.name + ' is missing'"
    - expression: request.operation == 'CREATE' || object.metadata.name == oldObject.metadata.name
END
printf 'apiVersion: x/v1\nkind: Label\nmetadata: { name: p }\nname: team\n' >param.yaml

cat >words.yaml <<'END'
apiVersion: sekisho/v1
kind: Policy
metadata: { name: words }
spec:
  parameters: { level: { type: string, pattern: low|high, default: low } }
  rules: [{ id: a, expression: "params.level != '' || workload.containers.size() == 0" }]
END
sed 's/default: low/default: lo/' words.yaml >bad-words.yaml
cat >binding.yaml <<'END'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: { name: b }
spec: { policyName: absent, validationActions: [Deny] }
END
sed 's/Deny/Deny, Warn/' binding.yaml >both.yaml
# decisions
want 1 "c is privileged" policy eval bundle --object pod.yaml
want 1 "do: remove privileged from c" policy eval bundle --object pod.yaml
want 0 "decision: allow" policy eval bundle --object plain.yaml
want 0 "2 kept, 0 do not apply, 1 for people" policy eval bundle --object plain.yaml
want 1 "too many: 1" policy eval bundle --object plain.yaml --param most=0
want 2 "no policy has a parameter 'mst'; did you mean 'most'?" policy eval bundle --object plain.yaml --param mst=0
want 2 "must be of type int" policy eval bundle --object plain.yaml --param most=many
want 2 "must match low|high" policy eval words.yaml --object plain.yaml --param level=hgih
want 0 "decision: allow" policy eval words.yaml --object plain.yaml --param level=high
want 1 "words.yaml:5:68: the default does not match low|high" policy check bad-words.yaml
want 0 "binding.yaml:4:9: the binding 'b' is of a policy that is not here: 'absent'" policy check binding.yaml
want 1 "Deny and Warn may not stand together" policy check both.yaml
want 2 "--object is missing" policy eval bundle
want 3 "no-such" policy eval bundle --object no-such.yaml
echo '{"a": 1}' >other.json
want 3 "neither a Kubernetes object" policy eval bundle --object other.json
want 1 "the label team is missing" policy eval vap.yaml --object pod.yaml --params param.yaml
sed 's/name: web/name: web, labels: { a: b }/' pod.yaml >labelled.yaml
want 1 "not known: params" policy eval vap.yaml --object labelled.yaml
want 1 "validations[1]" policy eval vap.yaml --object plain.yaml --params param.yaml --old-object param.yaml
cat pod.yaml | "$SEKISHO" policy eval bundle --object - --format json >out.json
[ $? = 1 ] || { echo "standard input: not refused"; failed=1; }
python3 - <<'END' || { cat out.json; failed=1; }
import json
d = json.load(open("out.json"))
assert d["decision"] == "deny", d
r = d["reasons"][0]
assert (r["policy"], r["rule"], r["verdict"], r["action"], r["severity"]) == ("pods", "privileged", "broken", "deny", "high"), r
assert r["subject"] == "c" and r["object"].startswith("Pod ") and r["remedy"] == "remove privileged from c" and r["controls"] == ["X-1"], r
END
# every object of a file counts, and a List's items
(cat plain.yaml; echo ---; cat pod.yaml) >both.yaml
want 1 "c is privileged" policy eval bundle --object both.yaml
printf '{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"containers":[{"name":"c","image":"a","securityContext":{"privileged":true}}]}}]}' >list.json
want 1 "c is privileged" policy eval bundle --object list.json
want 1 "in: Pod default/x" policy eval bundle --object list.json # which of them
# lists that hide what their items are let nothing through
printf 'apiVersion: v1\nkind: PodList\nitems:\n- { metadata: { name: x }, spec: { containers: [] } }\n' >pods.yaml
want 3 "pods.yaml: line 1: a PodList is no object" policy eval bundle --object pods.yaml
printf '{"apiVersion":"v1","kind":"List","items":[%s]}' "$(cat list.json)" >nested.json
want 3 "a List is no object" policy eval bundle --object nested.json
# what the subject has not does not apply
printf 'apiVersion: v1\nkind: Service\nmetadata: { name: s }\n' >service.yaml
want 0 "0 kept, 2 do not apply" policy eval bundle --object service.yaml

# cases
want 0 "ok 2 - a privileged one, and too many" policy test bundle
want 0 "2 of 2 rules are both kept and broken by some case; 1 are for people" policy test bundle --require-coverage
sed -i 's/decision: allow/decision: deny/' bundle/tests/pods.yaml
want 1 "not ok 1 - a plain pod" policy test bundle
want 1 "the decision is allow, not deny" policy test bundle
sed -i 's/decision: deny/decision: allow/; /privileged, pods/d' bundle/tests/pods.yaml
sed -i '0,/decision: allow/!s/decision: allow/decision: deny/' bundle/tests/pods.yaml

# faults, all at once
want 0 "0 faults, 0 warnings" policy check bundle
sed 's/params.most/params.mots/; s/severity: low/severty: low/' bundle/pods.yaml >bad.yaml
want 1 "bad.yaml:8:7: unknown key 'severty'; did you mean 'severity'?" policy check bad.yaml
want 1 "bad.yaml:9:56: undefined field 'mots'" policy check bad.yaml
want 3 "bad.yaml:8:7: unknown key 'severty'" policy eval bad.yaml --object pod.yaml
want 0 "cost: pods/few: " policy check --cost bundle

# locks
want 0 "" policy lock bundle
want 0 "decision: allow" policy eval bundle --object plain.yaml
echo "# changed" >>bundle/pods.yaml
want 3 "'pods.yaml' is not what policy.lock says" policy eval bundle --object plain.yaml
want 0 "" policy lock bundle
want 0 "decision: allow" policy eval bundle --object plain.yaml
echo "x" >bundle/new.txt
want 3 "'new.txt' is not what policy.lock says" policy eval bundle --object plain.yaml
rm bundle/new.txt bundle/policy.lock

# documents
want 0 "# Mine" policy explain bundle
want 0 "**To look at:** Look at it." policy explain bundle
want 0 "- **X-2**: pods/look (people)" policy explain bundle
want 0 "<h1>Mine</h1>" policy explain bundle --format html

# replay: the same policy with another parameter
mkdir results
cp plain.yaml pod.yaml results
want 0 "2 subjects: 1 allow, 0 warn, 0 unknown, 1 deny; 0 change" policy replay bundle --against bundle --results results
want 0 "allow -> deny" policy replay bundle --param most=0 --against bundle --results results
want 0 "+ deny pods/few: too many: 1" policy replay bundle --param most=0 --against bundle --results results

# a misspelt variable of a policy, of either kind
cat >vap.yaml <<'END'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: { name: v }
spec:
  matchConstraints: { resourceRules: [{ apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods] }] }
  variables: [{ name: containers, expression: object.spec.containers }]
  validations:
    - expression: variables.container.size() < 3
END
want 3 "vap.yaml:8:29: undeclared reference to 'variables.container'; did you mean 'variables.containers'?" policy eval vap.yaml --object pod.yaml
# seeds
for class in internet-facing internal regulated development; do
	want 0 "sekisho policy test $class" policy init --class $class $class
	want 0 "rules are both kept and broken by some case" policy test $class
	want 0 ": 0 faults" policy check $class
done
want 2 "there is a bundle already" policy init internal

# the examples of docs/policies.md have no fault, and its case holds
mkdir -p doc/tests
awk '/^```yaml$/ { n++; on = 1; next } /^```/ { on = 0 } on { print > ("doc" n) }' "$SK_SOURCE/docs/policies.md"
mv doc1 doc/policy.yaml
mv doc2 doc/bundle.yaml
mv doc3 doc/tests/policy.yaml
want 0 "0 faults" policy check doc
want 0 "ok 1" policy test doc

# docs/facts.md is what the schema says
"$SEKISHO" policy facts >facts.md
cmp -s facts.md "$SK_SOURCE/docs/facts.md" || {
	echo "docs/facts.md is not up to date: sekisho policy facts >docs/facts.md"
	failed=1
}

# a scan: --fail-on is a policy, --policy shows what came of it
mkdir -p root/etc
printf 'ID=alpine\nVERSION_ID=3.10.0\nPRETTY_NAME="Alpine"\n' >root/etc/os-release
cat >eol.yaml <<'END'
apiVersion: sekisho/v1
kind: Policy
metadata: { name: eol, title: Supported }
spec:
  rules:
    - id: ended
      expression: has(image.os) && image.os.support != "ended"
      message: image.os.name + " is over"
      remedy: take a newer one
END
cat >vulnerable.yaml <<'END'
apiVersion: sekisho/v1
kind: Policy
metadata: { name: vulnerable, title: None }
spec:
  rules:
    - id: none
      offenders: findings.filter(f, f.kind == "vulnerability")
      message: it.id
      remedy: mend it
END
want 1 "" scan --packages-only --fail-on high dir:root
want 0 "" scan --packages-only --fail-on critical dir:root
want 2 "for the policies that --policy names" scan --packages-only --param a=b dir:root
# what is not known has no other remedy than to find out
want 1 "1. find out what is not known: findings (1 reason)" scan --packages-only --policy vulnerable.yaml dir:root
want 1 "Alpine is over" scan --packages-only --policy eol.yaml dir:root
want 1 "1. take a newer one (1 reason)" scan --packages-only --policy eol.yaml dir:root
want 1 '"decision": "deny"' scan --packages-only --policy eol.yaml --format json dir:root
# who does all of the shortest way is not stopped again: what has no remedy is there too
sed '/remedy/d' eol.yaml >bare.yaml
want 1 "1. what has no remedy: remove it from the image, or accept it" scan --packages-only --policy bare.yaml dir:root
want 1 "### Policy: deny" scan --packages-only --policy eol.yaml --format markdown dir:root
want 1 "<h2>Policy: deny</h2>" scan --packages-only --policy eol.yaml --format html dir:root
want 3 "no-such.yaml" scan --packages-only --policy no-such.yaml dir:root
"$SEKISHO" scan --packages-only --format json dir:root >report.json 2>/dev/null
want 1 "Alpine is over" policy eval eol.yaml --object report.json
exit $failed
