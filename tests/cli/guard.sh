#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sekisho guard: rules explained, fields listed, records replayed, without privileges.
. "$SK_TESTS/scratch.sh"
export TZ=UTC

umask 022
mkdir rules
cat >rules/a.yaml <<'EOF'
- rule: Shell in a container
  desc: d
  condition: evt.type = execve and container.id != host and proc.name = sh
  output: "Shell (command=%proc.cmdline user=%user.name)"
  priority: WARNING
  tags: [shell, T1059]
EOF
cat >rules/b.yaml <<'EOF'
- rule: Any program
  desc: d
  condition: evt.type = execve
  output: Program %proc.name
  priority: DEBUG
EOF
cat >run.trail <<'EOF'
container web image=docker.io/library/nginx:1.27
process 1 exe=/sbin/init
process 7 parent=1 exe=/bin/sh args="-c \e[31mred" container=web uid=33 user=www-data
execve @7
execve @1
openat @7 name=/etc/passwd flags=O_RDONLY
EOF

want 0 "0 errors" guard check rules
want 0 "2 rules (2 on, 0 left out)" guard check rules/a.yaml rules/b.yaml
want 0 '"indexed": true' guard check rules --format json
want 3 "no-such" guard check no-such
echo '- rule: x
  desc: d
  condition: evt.type = execve and proc.nmae = sh
  output: o
  priority: WARNING' >bad.yaml
want 2 'bad.yaml:3:36: error: rule "x": there is no field "proc.nmae"; did you mean "proc.name"?' guard check bad.yaml
chmod g+w rules/b.yaml
want 0 "the agent will refuse this" guard check rules
chmod g-w rules/b.yaml

want 0 "" guard config
"$SEKISHO" guard config >template.yaml || exit 1
want 0 "is well formed" guard config template.yaml
printf 'outputs:\n  - kind: stdout\n    fromat: json\n' >wrong.yaml
want 2 "wrong.yaml:3:5: unknown key 'fromat'; did you mean 'format'?" guard config wrong.yaml
chmod go+w template.yaml
want 3 "others may write it" guard config template.yaml

want 0 "proc.aname[[...]]" guard fields
want 0 "path of the program" guard fields proc.exepath
want 0 "page and memory counters" guard fields proc.vm
want 0 "evt.arg[...]" guard fields evt.arg.flags
want 2 "did you mean" guard fields proc.nmae

want 0 "3 events, 0 alerts" guard replay run.trail # by the rules that ship with the program
want 0 "Warning        Shell in a container  [web]  Shell (command=sh -c e[31mred user=www-data)" guard replay run.trail --rules rules
want 0 "3 events, 2 alerts" guard replay run.trail -r rules
want 0 "3 events, 3 alerts" guard replay run.trail -r rules --all
want 3 "no-such" guard replay no-such -r rules
echo "execve @9" >broken.trail
want 3 "broken.trail: line 1" guard replay broken.trail -r rules
want 3 "there is no field" guard replay run.trail -r bad.yaml

# The same alerts each time, and Falco's members in Falco's order.
"$SEKISHO" -q guard replay run.trail -r rules --format falco >one 2>/dev/null
"$SEKISHO" -q guard replay run.trail -r rules --format falco >two 2>/dev/null
cmp one two || failed=1
keys=$(head -1 one | grep -oE '"(hostname|output|output_fields|priority|rule|source|tags|time)":' | tr -d '\n')
if [ "$keys" != '"hostname":"output":"output_fields":"priority":"rule":"source":"tags":"time":' ]; then
	echo "members of Falco's JSON: $keys"
	failed=1
fi
for text in '"priority":"Warning"' '"source":"syscall"' '"tags":["T1059","shell"]' '"time":"2026-01-01T00:00:00.001000000Z"' \
	'"evt.time":1767225600001000000' '"container.image.repository":"docker.io/library/nginx"' '"k8s.ns.name":null' \
	'"output":"00:00:00.001000000: Warning Shell (command='; do
	if ! head -1 one | grep -qF -e "$text"; then
		echo "Falco's JSON does not have $text"
		cat one
		failed=1
	fi
done

if [ -n "${SK_CORPORA:-}" ]; then
	want 0 "0 errors" guard check "$SK_CORPORA/falco-rules"
	want 0 "93 rules" guard check "$SK_CORPORA/falco-rules"
fi
exit $failed
