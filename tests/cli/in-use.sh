#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# scan --in-use: what a record of the guard says is marked, sorted by, asked by policies, and read back.
set -u
command -v python3 >/dev/null 2>&1 || { echo "python3 is not there"; exit 77; }
. "$SK_TESTS/scratch.sh"
export SOURCE_DATE_EPOCH=1795219200 # 2026-11-21
scan() { "$SEKISHO" scan --in-use=records "$@" >out 2>err; }
# says EXPRESSION: a Python expression over the report r and its findings by package f
says() {
	python3 - "$1" <<'EOT' || bad "not so: $1"
import json, sys
r = json.load(open("out"))
f = {x["package"]["name"]: x for x in r["findings"] if x.get("package")}
sys.exit(not eval(sys.argv[1]))
EOT
}

PYTHONPATH=$SK_TESTS python3 - <<'EOT'
from images import Layer, docker
lower = Layer().entry("etc/os-release", data='ID=debian\nVERSION_ID="12"\n')
packages = {"libssl3": ("openssl", "3.0.11-1~deb12u2", "usr/lib/libssl.so.3"), "git": ("git", "1:2.39.2-1.1", "usr/bin/git"),
            "perl-base": ("perl", "5.36.0-7", "usr/share/perl5/Carp.pm")}
status = ""
for name, (source, version, path) in packages.items():
    status += f"Package: {name}\nStatus: install ok installed\nSource: {source}\nArchitecture: amd64\nVersion: {version}\nMaintainer: Debian\n\n"
    lower.entry(f"var/lib/dpkg/info/{name}.list", data="/.\n/" + path + "\n")
    lower.entry(path, data=b"\x7fELF\x02\x01\x01" + name.encode() if "perl5" not in path else b"package Carp;\n",
                mode=0o755 if "/bin/" in path else 0o644)
lower.entry("var/lib/dpkg/status", data=status)
docker("app.tar", [lower.bytes()])
EOT
"$SEKISHO" db build --from "$SK_SOURCE/data/feed" >out 2>err || bad "the database does not build"
id=sha256:$(tar -xOf app.tar "$(tar -xOf app.tar manifest.json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["Config"])')" | sha256sum | cut -d' ' -f1)

# Nobody has asked: nothing is said. Nobody has watched: it is not known.
"$SEKISHO" scan app.tar --format json >out 2>err
says 'f["git"].get("inUse", "absent") == "absent"'
scan app.tar --format json
says 'f["git"]["inUse"] is None and f["libssl3"]["inUse"] is None and "inUseSince" not in f["git"]'

# Watched for programs and libraries (1 + 2): one in use, one not, and one whose use would not have been seen.
echo "2 1794787200 1795046400 usr/lib/libssl.so.3" | "$SK_IN_USE_RECORD" records "$id" 1794614400 3 || bad "no record"
scan app.tar --format json
says 'f["libssl3"]["inUse"] is True and f["libssl3"]["inUsePath"] == "usr/lib/libssl.so.3"'
says 'f["libssl3"]["inUseSince"] == "2026-11-14T00:00:00Z" and f["libssl3"]["inUseFirst"] == "2026-11-16T00:00:00Z"'
says 'f["libssl3"]["inUseLast"] == "2026-11-19T00:00:00Z"'
says 'f["git"]["inUse"] is False and "inUseLast" not in f["git"]'
says 'f["perl-base"]["inUse"] is None and f["perl-base"]["inUseSince"] == "2026-11-14T00:00:00Z"'
says '[t["value"] for t in f["libssl3"]["risk"]["terms"] if t["name"] == "in-use"] == [15]'
says '[t["why"] for t in f["git"]["risk"]["terms"] if t["name"] == "in-use"] == ["not seen in use since 2026-11-14"]'
cp out report.json

# A scan that keeps no manifest knows it too; a cached one as well.
scan app.tar --format json --no-manifest
says 'f["git"]["inUse"] is False'

# By risk: in use first, what was watched and not seen last.
scan app.tar --format csv --sort risk
grep -n 'libssl3\|git\|perl' out | head -n 1 | grep -q 'libssl3.*"yes"' || bad "what is in use does not come first"
tail -n 1 out | tr -d '\r' | grep -q 'git.*"no"$' || bad "what is not in use does not come last"
scan app.tar --sort risk
grep -q '^[!* ]*\*.*libssl3' out || bad "the table has no mark"
grep -q 'seen in use, marked with \*' out || bad "the table does not explain its mark"
scan app.tar --format sarif
grep -q '"inUse": *true' out && grep -q '"inUse": *false' out || bad "SARIF has no property"

# Policies ask for it; what is not known makes a rule that depends on it unknown, not false.
policy() {
	cat >policy.yaml
	scan app.tar --policy policy.yaml --format json
	got=$?
}
policy <<'EOT'
apiVersion: sekisho/v1
kind: Policy
metadata: { name: used }
spec:
  rules:
    - id: used
      offenders: findings.filter(f, f.kind == "vulnerability" && f.package.name == "libssl3" && f.inUse && f.lastInUse > timestamp("2026-11-01T00:00:00Z"))
      message: it.package.name + " is vulnerable and in use"
EOT
[ $got = 1 ] && grep -q 'libssl3 is vulnerable and in use' out || bad "a policy does not see what is in use: $got"
policy <<'EOT'
apiVersion: sekisho/v1
kind: Policy
metadata: { name: unused }
spec:
  rules:
    - id: git
      expression: findings.all(f, f.kind != "vulnerability" || f.package.name != "git" || !f.inUse)
      message: '"git is in use"'
EOT
[ $got = 0 ] || bad "a policy does not see what is not in use: $got"
policy <<'EOT'
apiVersion: sekisho/v1
kind: Policy
metadata: { name: unknown }
spec:
  onUnknown: deny
  rules:
    - id: perl
      expression: findings.all(f, f.kind != "vulnerability" || f.package.name != "perl-base" || !f.inUse)
      message: '"perl is in use"'
EOT
[ $got = 1 ] || bad "what is not known is taken for false: $got"

# A report that is read back says the same.
cat >used.yaml <<'EOT'
apiVersion: sekisho/v1
kind: Policy
metadata: { name: used }
spec:
  rules:
    - id: used
      offenders: findings.filter(f, f.package.name == "libssl3" && f.inUse)
      message: it.package.name + " is in use"
EOT
"$SEKISHO" policy replay used.yaml --results report.json >out 2>err
grep -q 'libssl3 is in use' out || bad "a report that is read back does not say what is in use"

# A damaged record: told, and not known.
for file in records/*; do printf 'x' | dd of="$file" bs=1 seek=40 conv=notrunc 2>/dev/null; done
scan app.tar --format json
[ $? = 0 ] && grep -q "what was in use is not known: .*damaged" err || bad "nobody is told that a record is damaged"
says 'f["git"]["inUse"] is None'
exit $failed
