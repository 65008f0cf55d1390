#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A hundred containers, and how much memory the agent has resident: below 40 MiB,
# with all the rules that ship with it and an output over the network.
set -u
[ "$(id -u)" = 0 ] || { echo "containers need root"; exit 77; }
for tool in jq runc; do
	command -v $tool >/dev/null 2>&1 || { echo "$tool is not there"; exit 77; }
done
"$SEKISHO" version | grep -q '^sensor *built in' || { echo "built without the sensor"; exit 77; }
grep -q __asan_init "$SEKISHO" && { echo "a sanitizer's own memory is not what is asked about"; exit 77; }

dir=$(mktemp -d)
dir=$(cd "$dir" && pwd -P)
agent=
run() { runc --root "$dir/runc" "$@"; }
clean() {
	[ -n "$agent" ] && kill "$agent" 2>/dev/null
	for container in $(run list -q 2>/dev/null); do
		run delete -f "$container" >/dev/null 2>&1
	done
	wait
	rm -rf "$dir"
}
trap clean EXIT INT TERM

cat >"$dir/guard.yaml" <<END
state: $dir/state
runtime: $dir/run
outputs:
  - { kind: file, path: $dir/alerts }
  - { kind: webhook, url: 'http://127.0.0.1:9/' }
responses:
  entries:
    - { rules: ['no such rule'], actions: [evidence, kill] }
END
chmod 600 "$dir/guard.yaml"
"$SEKISHO" guard run --config "$dir/guard.yaml" >"$dir/log" 2>&1 &
agent=$!
for _ in $(seq 600); do
	grep -q watching "$dir/log" && break
	kill -0 $agent 2>/dev/null || { echo "the agent does not run here: $(tail -n 1 "$dir/log")"; agent=; exit 77; }
	sleep 0.1
done

for part in /bin/sleep $(ldd /bin/sleep | grep -oE '/[^ ]+'); do
	mkdir -p "$dir/bundle/root$(dirname "$part")"
	cp -L "$part" "$dir/bundle/root$part"
done
mkdir -p "$dir/bundle/root/proc" "$dir/bundle/root/dev" "$dir/bundle/root/sys"
run spec -b "$dir/bundle" || exit 1
jq '.process.terminal = false | .process.args = ["/bin/sleep", "600"] | .process.rlimits = [] |
	.root = { path: "root", readonly: true }' "$dir/bundle/config.json" >"$dir/config.json" || exit 1
mv "$dir/config.json" "$dir/bundle/config.json"
for i in $(seq 100); do
	id=$(printf '%s-%d' "$dir" "$i" | sha256sum | cut -d' ' -f1)
	if ! run run -d -b "$dir/bundle" "$id" </dev/null >/dev/null 2>"$dir/error"; then
		echo "containers do not run here: $(cat "$dir/error")"
		exit 77
	fi
	echo "$id" | cut -c1-12 >>"$dir/ids"
done
known() { # how many of ours the agent knows
	"$SEKISHO" guard status --format json --socket "$dir/run/guard.sock" | jq -r '.containers[].id' | sort | comm -12 - "$dir/sorted" | wc -l
}
sort "$dir/ids" >"$dir/sorted"
for _ in $(seq 300); do
	[ "$(known)" = 100 ] && break
	sleep 0.2
done
bad=0
[ "$(known)" = 100 ] && echo "ok - it knows them all" || { echo "not ok - it knows $(known)"; bad=1; }
resident=$(sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' /proc/$agent/status)
if [ "$resident" -lt 40960 ]; then
	echo "ok - $resident kB are resident"
else
	echo "not ok - $resident kB are resident"
	bad=1
fi
exit $bad
