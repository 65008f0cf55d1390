#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The bundles of policies that we ship: without a fault, every rule tried both ways, locked, and usable as they are told to be.
set -u
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0
bad() {
	echo "not ok - $*"
	cat "$dir/out"
	failed=1
}
# run CODE ARGUMENT...: sekisho policy exits with CODE
run() {
	code=$1
	shift
	"$SEKISHO" policy "$@" >"$dir/out" 2>&1
	got=$?
	[ $got = "$code" ] || bad "policy $*: exit code $got, not $code"
}
# says TEXT: the output has it
says() {
	grep -qF -- "$1" "$dir/out" || bad "this should be said: $1"
}

policies=$SK_SOURCE/rules/policies
for bundle in "$policies"/*/bundle.yaml "$policies"/templates/*/bundle.yaml; do
	bundle=${bundle%/bundle.yaml}
	run 0 check --strict "$bundle"
	run 0 test --require-coverage "$bundle"
	case $bundle in
	*/templates/*) # meant to be changed
		[ ! -e "$bundle/policy.lock" ] || bad "$bundle is locked"
		run 0 init --class "${bundle##*/}" "$dir/seed"
		diff -r "$bundle" "$dir/seed" >"$dir/out" || bad "what init writes is not $bundle"
		rm -rf "$dir/seed"
		;;
	*) [ -s "$bundle/policy.lock" ] || bad "$bundle is not locked" ;;
	esac
done

# What is not as it was locked is refused.
cp -rL "$policies/pss-restricted" "$dir/changed"
run 0 check "$dir/changed"
sed -i 's/hostNetwork/hostNetwurk/' "$dir/changed/baseline.yaml"
run 3 check "$dir/changed"
says "'baseline.yaml' is not what policy.lock says"

cat >"$dir/pod.yaml" <<'Y'
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  template:
    spec:
      containers:
        - name: web
          image: nginx:1.27
          securityContext: { seLinuxOptions: { type: container_engine_t } }
Y
run 0 eval "$policies/pss-baseline" --object "$dir/pod.yaml"
run 0 eval "$policies/pss-baseline" --object "$dir/pod.yaml" --param version=v1.31
run 1 eval "$policies/pss-baseline" --object "$dir/pod.yaml" --param version=v1.30
says "remove user and role from seLinuxOptions"
run 2 eval "$policies/pss-baseline" --object "$dir/pod.yaml" --param version=1.31
says "the parameter 'version' must match latest|v1"
run 1 eval "$policies/pss-restricted" --object "$dir/pod.yaml"
says "set securityContext.allowPrivilegeEscalation: false"
run 2 eval "$policies/pss-restricted" --object "$dir/pod.yaml" --param vesion=v1.30
says "did you mean 'version'"
run 0 explain "$policies/cis-docker"
says "auditctl -l"
exit $failed
