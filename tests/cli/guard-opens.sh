#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Opens that bore every rule are told once; what is asked for is told each
# time, however the file got its name.
set -u
tools="jq python3 unshare"
. "$SK_TESTS/guard-live.sh"

# rule NAME CONDITION
rule() {
	printf -- '- rule: %s\n  desc: d\n  priority: INFO\n  output: "%%fd.name %%proc.name"\n  condition: >\n    %s\n' "$1" "$2"
}
# fired NAME: how often
fired() { jq -rs --arg n "$1" '[.[] | select(.rule == $n)] | length' alerts; }

umask 022
mkdir -p rules plain named moved/sub mounted jail/inside tmpfs
mkdir tmpfs-moved
opens='evt.type in (open, openat) and fd.num >= 0'
{
	rule named "$opens and fd.name startswith $dir/named/"
	rule moved "$opens and fd.name = $dir/arrived/sub/file"
	rule mounted "$opens and fd.name = $dir/mounted/file"
	rule mount-moved "$opens and fd.name = $dir/tmpfs-moved/file"
	rule jail "$opens and fd.name = /inside/file-$$"
	rule written "$opens and evt.is_open_write = true and fd.name = $dir/plain/written"
	rule marked "$opens and fd.name = $dir/plain/marked and proc.name = marked-reader"
	rule door "$opens and evt.is_open_write = true and fd.name startswith /proc/self/fd/ and proc.name = marked-writer"
	rule absent "evt.type = openat and evt.failed = true and evt.arg.name startswith $dir/absent"
	rule end "$opens and fd.name = $dir/end"
} >rules/rules.yaml
for file in plain/file plain/other plain/written plain/marked plain/later moved/sub/file "jail/inside/file-$$" end; do
	echo x >$file
done
cat >opens.py <<'END'
import os, sys
for path in sys.argv[2:]:
    for i in range(int(sys.argv[1])):
        os.close(os.open(path, os.O_RDONLY))
END
cp "$(command -v cat)" marked-reader
cp "$(command -v dd)" marked-writer

printf 'state: %s/state\nruntime: %s/runtime\n' "$dir" "$dir" >guard.yaml
"$SEKISHO" guard run --rules rules --config guard.yaml --format json >alerts 2>log &
watcher=$!
if ! until_line log watching; then
	echo "the sensor does not run here: $(cat log)"
	exit 77
fi
# All of them bore, many times over.
python3 opens.py 100000 plain/file
python3 opens.py 10 plain/other plain/written plain/marked plain/later moved/sub/file "jail/inside/file-$$"
cat plain/marked >/dev/null
check "nobody asked for these" "$(cat alerts)" ""

mv plain/file named/file
cat named/file >/dev/null
mv moved arrived
cat arrived/sub/file >/dev/null
unshare -m sh -c 'mount --bind plain mounted && mv plain/other plain/file && cat mounted/file
	mount -t tmpfs none tmpfs && echo x >tmpfs/file && python3 opens.py 10 tmpfs/file &&
	mount --move tmpfs tmpfs-moved && cat tmpfs-moved/file' >/dev/null
python3 -c 'import os, sys
os.chroot("jail")
os.close(os.open("/inside/" + sys.argv[1], os.O_RDONLY))' "file-$$"
echo y >plain/written
./marked-reader plain/marked >/dev/null
./marked-writer if=/dev/null of=/proc/self/fd/1 conv=notrunc 2>/dev/null >>plain/later
cat absent 2>/dev/null
python3 -c 'import os, sys
try: os.open(sys.argv[1] + "/absent", os.O_RDONLY)
except OSError: pass' "$dir"
cat end >/dev/null
until_line alerts '"end"' || echo "the end was not told"
check "a file that was renamed" "$(fired named)" 1
check "a file whose folder was renamed" "$(fired moved)" 1
check "a file by another mount of its folder" "$(fired mounted)" 1
check "a file whose mount was moved" "$(fired mount-moved)" 1
check "a file by another root" "$(fired jail)" 1
check "writing where reading bores" "$(fired written)" 1
check "one process where others bore" "$(fired marked)" 1
check "a file by its door" "$(fired door)" 1
check "opens that failed, where they are asked for" "$(fired absent)" 2

# Other rules: what bored before does so no more, and the hooks stay.
rule later "$opens and fd.name = $dir/plain/later" >>rules/rules.yaml
kill -HUP $watcher
until_line log "read again" || echo "the rules were not read again"
cat plain/later >/dev/null
until_line alerts '"later"' || echo "the file was not told"
check "a file that new rules name" "$(fired later)" 1
kill $watcher
wait $watcher
watcher=
events=$(sed -n 's/.*[^0-9]\([0-9][0-9]*\) events, .*/\1/p; s/^\([0-9][0-9]*\) events, .*/\1/p' log)
check "of 100,000 boring opens few were told" "$((${events:-100000} < 100000))" 1
check "nothing was lost" "$(grep -c lost log)" 0
exit $bad
