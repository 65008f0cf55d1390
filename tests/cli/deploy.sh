#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manifest of the agent breaks the rules that it must break (docs/guard-install.md), and no other; and its
# configuration is one that the agent reads.
set -u
python3 -c 'import yaml' 2>/dev/null || { echo "python3-yaml is not there"; exit 77; }
. "$SK_TESTS/scratch.sh"
manifest=$SK_SOURCE/deploy/kubernetes/sekisho-guard.yaml

# denies BUNDLE COUNT:RULE...: these, so often, and no others
denies() {
	bundle=$1
	shift
	printf '%s\n' "$@" >want
	"$SEKISHO" policy eval "$SK_SOURCE/rules/policies/$bundle" --object "$manifest" 2>err |
		sed -n 's/^DENY *//p' | sort | uniq -c | sed 's/^ *//; s/ /:/' >got
	cmp -s want got || bad "$bundle denies: $(tr '\n' ' ' <got)"
}
denies pss-restricted 1:pss-baseline/host-namespaces 9:pss-baseline/host-path-volumes 1:pss-baseline/privileged 1:pss-baseline/seccomp \
	1:pss-restricted/drop-capabilities 1:pss-restricted/privilege-escalation 1:pss-restricted/run-as-non-root \
	1:pss-restricted/run-as-user 9:pss-restricted/volume-types
denies cis-docker 2:cis-docker-containers/host-directories 1:cis-docker-containers/host-processes \
	1:cis-docker-containers/new-privileges 1:cis-docker-containers/privileged 1:cis-docker-containers/seccomp

python3 - "$manifest" >guard.yaml <<'END_OF_PYTHON'
import sys, yaml
print(next(d for d in yaml.safe_load_all(open(sys.argv[1])) if d["kind"] == "ConfigMap")["data"]["guard.yaml"])
END_OF_PYTHON
"$SEKISHO" guard config guard.yaml >out 2>err || bad "the configuration: $(cat err)"
exit $failed
