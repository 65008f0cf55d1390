#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# File manifests: every scan of an image keeps one, with the truth in it; what cannot be kept is told.
set -u
command -v python3 >/dev/null 2>&1 || { echo "python3 is not there"; exit 77; }
. "$SK_TESTS/scratch.sh"
scan() { "$SEKISHO" scan --packages-only "$@" >out 2>err; }

# Two layers: a distribution's package with its files, scripts, links, and what the second takes away.
PYTHONPATH=$SK_TESTS python3 - <<'EOT'
from images import Layer, docker, npm, oci
status = "Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.2-3\nMaintainer: Debian\n\n"
lower = Layer().entry("etc/os-release", data='ID=debian\nVERSION_ID="12"\n')
lower.entry("var/lib/dpkg/status", data=status)
lower.entry("var/lib/dpkg/info/tool.list", data="/.\n/usr\n/usr/bin\n/usr/bin/tool\n/usr/lib/libtool.so.1\n")
lower.dir("usr/bin").symlink("bin", "usr/bin")
lower.entry("usr/bin/tool", data=b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00" + b"a program" * 5000, mode=0o755)
lower.entry("usr/lib/libtool.so.1", data=b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00" + b"a library" * 5000)
lower.hardlink("usr/bin/second", "usr/bin/tool")
lower.entry("bin/through-a-link", data="#!/bin/sh -e\necho\n", mode=0o755)
lower.entry("srv/gone.sh", data="echo gone\n").entry("srv/app.py", data="print(1)\n")
lower.entry("srv/empty", mode=0o755).entry("srv/data.txt", data="no program\n")
lower.entry("srv/node_modules/left/package.json", data=npm("left")).entry("srv/node_modules/left/index.js", data="1\n")
upper = Layer().whiteout("srv/gone.sh").entry("srv/app.py", data="print(2)\n")
layers = [lower.bytes(), upper.bytes()]
docker("plain.tar", layers)
oci("oci.tar", [(layers, None, None)], "gzip")
EOT
mkdir root && tar -xOf plain.tar manifest.json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["Config"])' >config-name
id=sha256:$(tar -xOf plain.tar "$(cat config-name)" | sha256sum | cut -d' ' -f1)

# sum CONTENT..: the digest of what printf writes
sum() { printf "$@" | sha256sum | cut -d' ' -f1; }
has() { grep -q "$1" out || bad "the manifest has no $1"; }

scan plain.tar || bad "the scan fails"
[ -s "cache/sekisho/manifests/${id#sha256:}.manifest" ] || bad "no manifest is kept by the image id"
"$SEKISHO" manifest "$id" >out 2>err || bad "what was kept is not printed"
has "^usr/bin/tool	0755	45018	sha256:[0-9a-f]*	elf	pkg:deb/debian/tool@1.2-3?arch=amd64"
has "^usr/bin/second	0755	45018	sha256:[0-9a-f]*	elf	"
has "^usr/lib/libtool.so.1	0644	45018	sha256:[0-9a-f]*	library	pkg:deb/debian/tool"
has "^usr/bin/through-a-link	0755	18	sha256:$(sum '#!/bin/sh -e\necho\n')	script /bin/sh -e	"
has "^srv/app.py	0644	9	sha256:$(sum 'print(2)\n')	script	"
has "^srv/node_modules/left/index.js	0644	2	sha256:$(sum '1\n')	script	"
grep -qE 'gone|empty|data.txt|print\(1\)' out && bad "what is hidden, empty or cannot run is in the manifest"
[ "$(wc -l <out)" = 6 ] || bad "not six files"
cp out first

# A cached scan writes it again, an OCI image under both its digests, and the same content.
rm -rf cache/sekisho/manifests
scan plain.tar || bad "the cached scan fails"
"$SEKISHO" manifest "$id" >out 2>err && cmp -s out first || bad "a cached scan does not write the same manifest"
scan oci.tar || bad "the scan of the OCI image fails"
[ "$(ls cache/sekisho/manifests | wc -l)" = 2 ] || bad "not two names: $(ls cache/sekisho/manifests)"
[ "$(stat -c %a cache/sekisho/manifests/*.manifest | sort -u)" = 600 ] || bad "others may read or write it"
docker_save_pipe() { cat plain.tar | "$SEKISHO" scan --packages-only --manifests piped - >out 2>err; }
docker_save_pipe || bad "the scan of a pipe fails"
cmp -s "piped/${id#sha256:}.manifest" /dev/null && bad "a pipe's manifest is empty"
"$SEKISHO" manifest "$id" --manifests piped >out 2>err && cmp -s out first || bad "a pipe's manifest is another one"

# Where none is wanted, none comes; a folder has none; what cannot be written is told, and no more.
scan --manifests none --no-manifest plain.tar || bad "--no-manifest fails"
scan --manifests none root || bad "the scan of a folder fails"
[ -e none ] && bad "--no-manifest or a folder's scan keeps one"
scan --no-cache plain.tar
touch file
scan --manifests file/below plain.tar
[ $? = 0 ] || bad "a manifest that cannot be kept fails the scan"
grep -q "no file manifest was kept: file" err || bad "it is not said that none was kept"
"$SEKISHO" manifest "$id" --manifests none >out 2>err
[ $? = 3 ] && grep -q "no manifest of $id is kept in none" err || bad "a manifest that is not there"

# A damaged one is told apart from one that is not there.
printf 'x' | dd of="piped/${id#sha256:}.manifest" bs=1 seek=100 conv=notrunc 2>/dev/null
"$SEKISHO" manifest "$id" --manifests piped >out 2>err
[ $? = 3 ] && grep -q "damaged" err || bad "a damaged manifest"

# A layer that cannot be read whole: the report says so, and no half truth is kept.
head -c 60000 plain.tar >cut.tar
scan --no-cache --manifests cut cut.tar && bad "a cut image is scanned"
[ -e cut ] && bad "of a cut image a manifest is kept"
exit $failed
