#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The files of deploy/ci: the script of each, taken out of it and run on a small image.
set -u
python3 -c 'import yaml' 2>/dev/null || { echo "python3-yaml is not there"; exit 77; }
command -v bash >/dev/null || { echo "bash is not there"; exit 77; }
ci=$SK_SOURCE/deploy/ci
. "$SK_TESTS/scratch.sh"
export SOURCE_DATE_EPOCH=1795219200 # 2026-11-21
mkdir bin layer
ln -s "$SEKISHO" bin/sekisho
export PATH="$dir/bin:$PATH"

# The image: one layer with one lock file, as `docker save` writes it.
echo 'idna==3.4' >layer/requirements.txt
tar -C layer --sort=name --owner=0 --group=0 --mtime=@0 -cf layer.tar requirements.txt
id=$(sha256sum layer.tar | cut -d' ' -f1)
printf '{"architecture":"amd64","os":"linux","config":{"ExposedPorts":{"80/tcp":{}}},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' "$id" >config.json
printf '[{"Config":"config.json","RepoTags":["registry.example/shop:1.4"],"Layers":["layer.tar"]}]' >manifest.json
tar -cf image.tar manifest.json config.json layer.tar
sekisho db build --from "$SK_SOURCE/data/feed" >out 2>err || bad "the database does not build"

# part FILE EXPRESSION: what the expression gives of the YAML file, lists as lines
part() {
	python3 - "$1" "$2" <<'EOT'
import sys, yaml
d = yaml.safe_load(open(sys.argv[1]))
value = eval(sys.argv[2], {"d": d})
print("\n".join(value) if isinstance(value, list) else value)
EOT
}
# runs NAME CODE SHELL...: the script `NAME` with the shell exits with CODE
runs() {
	name=$1
	code=$2
	shift 2
	(cd work && "$@" "../$name" >../out 2>../err)
	got=$?
	[ $got = "$code" ] || bad "$name: exit code $got, not $code"
}
# holds FILE WORD...: the report is there and says so
holds() {
	file=work/$1
	shift
	for word; do
		grep -q "$word" "$file" || bad "$file does not have $word"
	done
}
fresh() {
	rm -rf work
	mkdir work
	cp image.tar work
}

# ---- GitHub ----
part "$ci/github/action.yml" 'next(s["run"] for s in d["runs"]["steps"] if s.get("id") == "scan")' >github
part "$ci/github/action.yml" 'd["runs"]["steps"][-1]["run"]' >verdict
for step in $(part "$ci/github/action.yml" '[str(s.get("shell", s.get("uses", ""))) for s in d["runs"]["steps"]]'); do
	case $step in bash | github/codeql-action/upload-sarif@*) ;; *) bad "a step of the action has neither shell nor uses" ;; esac
done
part "$ci/github/action.yml" '[s["run"] for s in d["runs"]["steps"] if "${{" in s.get("run", "")]' | grep -q . &&
	bad "an input is pasted into a script of the action"
export TARGET=image.tar SARIF=sekisho.sarif GITHUB_STEP_SUMMARY=summary.md GITHUB_OUTPUT=output
fresh
SEKISHO_FAIL_ON=high runs github 0 bash --noprofile --norc -eo pipefail
holds sekisho.sarif '"version": "2.1.0"' CVE-2024-3651
holds summary.md CVE-2024-3651
holds output '^exit-code=1$'
fresh
SEKISHO_FAIL_ON='' runs github 0 bash --noprofile --norc -eo pipefail
holds output '^exit-code=0$'
fresh
rm work/image.tar
runs github 0 bash --noprofile --norc -eo pipefail
holds output '^exit-code=3$'
CODE=3 runs verdict 3 bash
CODE=0 runs verdict 0 bash

# ---- GitLab ----
part "$ci/gitlab.yml" 'd["sekisho"]["script"]' >gitlab
SCAN_TARGET=$(part "$ci/gitlab.yml" 'd["variables"]["SCAN_TARGET"]')
SEKISHO_FAIL_ON=$(part "$ci/gitlab.yml" 'd["variables"]["SEKISHO_FAIL_ON"]')
export SCAN_TARGET SEKISHO_FAIL_ON
fresh
runs gitlab 1 bash -eo pipefail
holds gl-container-scanning-report.json '"type": "container_scanning"' CVE-2024-3651 'registry.example/shop:1.4'
holds gl-code-quality-report.json '"check_name": "CVE-2024-3651"'
for file in $(part "$ci/gitlab.yml" 'list(d["sekisho"]["artifacts"]["reports"].values())'); do
	[ -s "work/$file" ] || bad "GitLab is told of $file, which is not written"
done
fresh
SEKISHO_FAIL_ON=critical runs gitlab 0 bash -eo pipefail

# ---- Jenkins ----
sed -n "/sh '''\$/,/^ *'''\$/p" "$ci/Jenkinsfile" | sed '1d;$d' >jenkins
[ -s jenkins ] || bad "the Jenkinsfile has no script"
fresh
runs jenkins 1 sh -xe
holds sekisho.xml '<testsuite ' CVE-2024-3651
holds sekisho.html '<!DOCTYPE html>'

# ---- Tekton ----
part "$ci/tekton.yaml" 'next(s["script"] for s in d["spec"]["steps"] if s["name"] == "scan")' >tekton
part "$ci/tekton.yaml" '[s["script"] for s in d["spec"]["steps"] if "$(params" in s["script"]]' | grep -q . &&
	bad "a parameter is pasted into a script of the task"
fresh
RESULT=result runs tekton 1 sh
holds sekisho.json CVE-2024-3651
[ "$(cat work/result)" = 1 ] || bad "the task's result is $(cat work/result)"

# ---- shell ----
export SCAN_UPDATE=no
cp "$ci/scan.sh" "$ci/pre-commit.sh" .
fresh
(cd work && sh ../scan.sh image.tar >../out 2>../err)
[ $? = 1 ] || bad "scan.sh does not fail"
holds sekisho.json CVE-2024-3651
# What was known before stops nobody.
cp work/sekisho.json work/sekisho-base.json
(cd work && sh ../scan.sh image.tar >../out 2>../err) || bad "scan.sh fails for what is known"
grep -q '0 new, 1 known already' out || bad "scan.sh does not compare"
(cd work && sh ../scan.sh missing.tar >../out 2>../err)
[ $? = 3 ] || bad "scan.sh does not say that it could not look"

# ---- pre-commit ----
entry=$(part "$SK_SOURCE/.pre-commit-hooks.yaml" 'd[0]["entry"]')
[ -x "$SK_SOURCE/$entry" ] || bad "the hook's entry cannot be run"
for name in requirements.txt a/requirements-dev.txt package-lock.json go.sum b/Cargo.lock; do
	python3 -c 'import re, sys, yaml; sys.exit(not re.search(yaml.safe_load(open(sys.argv[1]))[0]["files"], sys.argv[2]))' \
		"$SK_SOURCE/.pre-commit-hooks.yaml" $name || bad "the hook passes over $name"
done
fresh
cp layer/requirements.txt work
(cd work && rm image.tar && "$SK_SOURCE/$entry" >../out 2>../err)
[ $? = 1 ] || bad "the hook lets a high finding pass"
(cd work && sekisho scan dir:. --format json --output .sekisho-base.json 2>/dev/null; "$SK_SOURCE/$entry" >../out 2>../err) ||
	bad "the hook stops what was known before"
exit $failed
