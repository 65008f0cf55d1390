#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sekisho.yaml: what it may hold, which source wins, and errors that name file and line.
. "$SK_TESTS/scratch.sh"
mkdir -p config/sekisho

# want TEXT ARGUMENT...: with the configuration on standard input this call says TEXT
want() {
	text=$1
	shift
	cat >sekisho.yaml
	"$SEKISHO" "$@" >out 2>&1 </dev/null
	if ! grep -qF -e "$text" out; then
		echo "sekisho $*: does not say: $text"
		cat sekisho.yaml out
		failed=1
	fi
}

want "sekisho.yaml:2: unknown key 'fail_on'; did you mean 'fail-on'?" scan x <<'EOT'
# comment
fail_on: high
EOT
want "sekisho.yaml:1: unknown key 'nonsense'; keys are long option names as 'sekisho scan --help' lists them" version <<'EOT'
nonsense: 1
EOT
want "sekisho.yaml:1: fail-on: 'hi' is not one of" scan x <<'EOT'
fail-on: hi
EOT
want "zstd" version <<'EOT'
fail-on: hi # not version's business
EOT
want "zstd" version </dev/null
want "zstd" version <<'EOT'
# nothing but a comment
EOT
want "sekisho.yaml:1: must be keys and values" version <<'EOT'
- quiet
EOT
want "sekisho.yaml: " version <<'EOT'
quiet: [
EOT
want "sekisho.yaml:3: jobs: '-1' is not between 0 and 256" scan x <<'EOT'
cache-size: 10M
scan:
  jobs: -1
EOT
want "sekisho.yaml:2: unknown key 'jbos'; did you mean 'jobs'?" scan x <<'EOT'
scan:
  jbos: 1
EOT
want "sekisho.yaml:1: severity: 'hgh' is not one of" scan x <<'EOT'
severity: [low, hgh]
EOT
want "sekisho.yaml:1: jobs: must be a single value" scan x <<'EOT'
jobs: [1, 2]
EOT
want "sekisho.yaml:1: 'help' cannot be set in a file" version <<'EOT'
help: true
EOT

# The weakest first: home, here, environment, command line.
echo 'color: home' >config/sekisho/sekisho.yaml
want "config/sekisho/sekisho.yaml:1: color: 'home'" version </dev/null
echo 'color: always' >config/sekisho/sekisho.yaml
colours() {
	"$SEKISHO" "$@" | grep -q "$(printf '\033')"
}
rm sekisho.yaml
colours help || { echo "home is not read"; failed=1; }
echo 'color: never' >sekisho.yaml
colours help && { echo "here does not win over home"; failed=1; }
SEKISHO_COLOR=always colours help || { echo "the environment does not win over here"; failed=1; }
SEKISHO_COLOR=always colours help --color never && { echo "the command line does not win"; failed=1; }
printf 'help:\n  color: always\n' >sekisho.yaml
colours help || { echo "a command's section does not win"; failed=1; }
printf 'color: always\n' >other.yaml
echo 'color: never' >sekisho.yaml
colours help --config other.yaml || { echo "--config is not read"; failed=1; }
rm config/sekisho/sekisho.yaml sekisho.yaml
printf '{ "color": "always" }\n' >sekisho.yaml
colours help || { echo "JSON is YAML too"; failed=1; }
exit $failed
