#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `sekisho cel` from the outside: results, types, messages with their place, exit codes.
. "$SK_TESTS/scratch.sh"
# cel CODE ARGUMENT...: exits with CODE; the result in out, messages in err
cel() {
	code=$1
	shift
	"$SEKISHO" cel "$@" >out 2>err
	got=$?
	[ $got = "$code" ] || bad "cel $*: exit code $got, not $code"
}
# gives TEXT ARGUMENT...: evaluates to that line
gives() {
	wanted=$1
	shift
	cel 0 "$@"
	[ "$(cat out)" = "$wanted" ] || bad "cel $*: not $wanted"
}
# says TEXT: a message contains it
says() {
	grep -qF -e "$1" err || bad "no message says: $1"
}

cat >facts.json <<'EOT'
{"object": {"spec": {"containers": [{"name": "a", "image": "r.example/a:1"}, {"name": "b", "image": "b"}]}},
 "type": "Pod", "big": 9223372036854775807, "bigger": 9223372036854775808}
EOT
printf 'spec:\n  replicas: 3\n  names: [x, y]\n' >facts.yaml

gives true 'object.spec.containers.all(c, has(c.image))' --input facts.json
gives '["a","b"]' 'object.spec.containers.map(c, c.name)' --input facts.json
gives '"Pod"' type -i facts.json
gives int 'size(object.spec.containers)' --check --input facts.json
gives '[true,false]' '[big == 9223372036854775807, type(bigger) == int]' -i facts.json
gives 6 'spec.replicas * size(spec.names) ' --input facts.yaml
gives 3 'a.b + 1' -i - <<'EOT'
{a: {b: 2}}
EOT
gives '{"d":"2s","b":"/w==","t":"2026-01-02T03:04:05Z","u":5,"o":null}' \
	'{"d": duration("2s"), "b": b"\xff", "t": timestamp("2026-01-02T03:04:05Z"), "u": 5u, "o": optional.none()}'
gives '[1, 2u, 3.0, b"\xff"]' "[1, 2u, 3.0, b'\\xff']" --format cel

# What cannot be compiled: each mistake with its line and column, and a caret below.
cel 2 'object.spec.containers.al(c, c.image == 1) &&
  objekt.spec == nil' --input facts.json
says "1:24: undeclared reference to 'al'; did you mean 'all'?"
grep -q "'c'" err && bad "a macro's variable is reported too"
says "2:3: undeclared reference to 'objekt'; did you mean 'object'?"
says "2:18: undeclared reference to 'nil'"
grep -q '^    objekt.spec == nil$' err && grep -q '^    ^$' err || bad "the place is not shown"
cel 2 '1 +'
cel 2 ''
cel 2

# One mistake is told once, whatever was still open or depends on it.
cel 2 '[1, 2].map(x, x * 2).filter(y, y >'
[ "$(grep -c 'sekisho cel:' err)" = 1 ] || bad "not one message for a text that breaks off"
cel 2 '"never closed'
[ "$(grep -c 'sekisho cel:' err)" = 1 ] || bad "not one message for a string that is not closed"
cel 2 '1 + "a" + true && size(1) > 2'
[ "$(grep -c 'sekisho cel:' err)" = 2 ] || bad "not two messages for two mistakes"
grep -qF '*error*' err && bad "a type that is none is shown"

# Kubernetes' permission checks: what is missing is said, and settled answers stand without it.
cel 3 'authorizer.group("").resource("pods").check("get").allowed()'
says 'the authorizer is missing'
gives true 'true || authorizer.path("/healthz").check("get").allowed()'
cel 2 'authorizer.groups("")'
echo '{"authorizer": 1}' >authorizer.json
gives 2 'authorizer + 1' --input authorizer.json

# What goes wrong while evaluating.
cel 3 '[1, 2][5 - 1]'
says "1:7: index out of bounds"
cel 3 'object.spec.replicas' --input facts.json
says "1:13: no such key: replicas"
cel 3 '[1, 2, 3].all(i, [4, 5, 6].all(j, i < j))' --cost-limit 10
says "cost limit"
cel 0 '[1, 2, 3].all(i, [4, 5, 6].all(j, i < j))' --cost-limit 1000

# Input that is none.
cel 3 1 --input missing.json
says missing.json
echo '[1, 2]' >list.json
cel 3 1 --input list.json
says 'members of an object'
echo '{"a": ' >broken.json
cel 3 1 --input broken.json
says broken.json

# Somebody else's text cannot drive a terminal.
printf '{"s": "\\u001b[2J\\u0085\\u2028"}' >hostile.json
gives '"\u001b[2J\u0085\u2028"' s --input hostile.json
cel 2 "$(printf 'a\033[2J')"
LC_ALL=C grep -q "$(printf '\033')" err && bad "an escape reaches the terminal"

cel 0 'object.spec.containers.all(c, has(c.image))' --bench --input facts.json
python3 -c '
import json
figures = json.load(open("out"))
assert set(figures) == {"compileNs", "evaluateNs", "evaluateUnlimitedNs", "cost"}, figures
assert all(v > 0 for v in figures.values()), figures' || bad "--bench prints something else"
exit $failed
