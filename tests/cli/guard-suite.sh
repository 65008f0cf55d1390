#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Suites in the event generator's format: the reader's mistakes without
# privileges, and the whole format at work on a live kernel.
set -u
command -v python3 >/dev/null && python3 -c 'import yaml' 2>/dev/null || { echo "python3 with yaml is not there"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
suite=$SK_SOURCE/tools/run-event-suite
bad=0
# says WHAT TEXT: a list of the suite on standard input has the text in it
says() {
	cat >"$dir/suite.yaml"
	"$suite" --list "$dir/suite.yaml" >"$dir/list" 2>&1
	grep -qF -e "$2" "$dir/list" && { echo "ok - $1"; return; }
	echo "not ok - $1: does not say '$2'"
	cat "$dir/list"
	bad=1
}
# a test with these lines
test_with() { printf 'tests:\n  - name: t\n    runner: HostRunner\n'; sed 's/^/    /'; }

says "parameters are put in as they are, and plain" "t case 3: a=2 b=x" <<'END'
tests:
  - name: t
    runner: HostRunner
    runIf: %{ item.run }
    before: "%{item.a}"
    cases:
      - { strategy: vector, values: { a: 1, b: y, run: null } }
      - { strategy: matrix, values: { a: [1, 2], b: [x], run: [null] } }
      - { strategy: vector, values: { a: 2, b: x, run: null } }
END
says "a value that no case gives" "no case gives a value for %{item.b}" <<'END'
tests: [{ name: t, runner: HostRunner, before: "%{item.b}", cases: [{ strategy: vector, values: { a: 1 } }] }]
END
says "cases of other names" "not all have values of the same names" <<'END'
tests: [{ name: t, runner: HostRunner, cases: [{ strategy: vector, values: { a: 1 } }, { strategy: vector, values: { b: 1 } }] }]
END
says "a key twice" "is there twice" <<'END'
tests: [{ name: t, name: u }]
END
says "no YAML" "expected" <<'END'
tests: [
END
test_with <<'END' | says "an unknown call" "no system call is called 'reboot' here"
steps: [{ type: syscall, name: s, syscall: reboot, args: {} }]
END
test_with <<'END' | says "a missing argument" "openat wants the argument 'flags'"
steps: [{ type: syscall, name: s, syscall: openat, args: { pathname: /x } }]
END
test_with <<'END' | says "what can only be bound" "dirFd can only be bound"
steps: [{ type: syscall, name: s, syscall: openat, args: { dirFd: 3, pathname: /x, flags: O_RDONLY } }]
END
test_with <<'END' | says "a binding ahead" "nothing before it is called 'b'"
steps: [{ type: syscall, name: a, syscall: dup, args: { oldFd: "${b.ret}" } }, { type: syscall, name: b, syscall: dup, args: { oldFd: 1 } }]
END
test_with <<'END' | says "a binding of another type" "p.pid is no fd"
resources: [{ type: process, name: p }]
steps: [{ type: syscall, name: a, syscall: dup, args: { oldFd: "${p.pid}" } }]
END
test_with <<'END' | says "capabilities of an ancestor" "only the last one may say capabilities"
context: { processes: [{ capabilities: all=ep }, {}] }
END
test_with <<'END' | says "a reserved variable" "SUITE is reserved"
context: { container: { env: { SUITE: "1" } } }
END
test_with <<'END' | says "an unknown key" "the key 'stepps' is not known and passed over"
stepps: []
END
[ $bad = 0 ] || exit 1

[ "$(id -u)" = 0 ] || { echo "# not root: nothing is run"; exit 0; }
"$SEKISHO" version | grep -q '^sensor *built in' || { echo "# built without the sensor: nothing is run"; exit 0; }

# What does not come is said to be missing.
cat >"$dir/suite.yaml" <<'END'
tests:
  - { name: silent, runner: HostRunner, rule: Suite links }
  - name: other
    runner: HostRunner
    rule: Suite program
    context: { processes: [{ name: sk-one }] }
    expectedOutcome: { priority: warning, outputFields: { proc.name: sk-two } }
END
"$suite" --rules "$SK_TESTS/data/suite/rules.yaml" "$dir/suite.yaml" >"$dir/tap"
code=$?
grep '^Bail out! the agent does not start' "$dir/tap" && { echo "# nothing is run"; exit 0; }
for text in 'not ok 1 - silent' 'alerts of other rules: "Suite program"' 'not ok 2 - other' 'expected priority: "warning"' \
	'got priority: "Informational"' 'expected proc.name: "sk-two"' 'got proc.name: "sk-one"'; do
	grep -qF -e "$text" "$dir/tap" || bad=1
done
[ $code = 1 ] && [ $bad = 0 ] || { echo "not ok - what is missing is said (exit code $code)"; cat "$dir/tap"; exit 1; }

"$suite" --rules "$SK_TESTS/data/suite/rules.yaml" "$SK_TESTS/data/suite/format.yaml" \
	"$SK_TESTS/data/suite/containers.yaml"
