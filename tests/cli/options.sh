#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The command line itself: help on every level, errors that say the way out, exit codes.
. "$SK_TESTS/scratch.sh"

want 2 "which command?"
want 0 "Usage: sekisho COMMAND" --help
want 0 "Usage: sekisho COMMAND" -h
want 0 "Global options:" help
want 0 "Usage: sekisho version" version --help
want 0 "Usage: sekisho version" help version
want 0 "sekisho 0" --version
want 0 "sekisho 0" version -V
want 0 "zstd" version
want 2 "unknown command 'versoin'; did you mean 'version'?" versoin
want 2 "Try 'sekisho --help'." nothing-like-it
want 2 "unknown option --colour; did you mean --color?" version --colour=never
want 2 "--color needs a value: --color WHEN" version --color
want 2 "'alway' is not one of auto, always, never; did you mean 'always'?" version --color alway
want 2 "unknown option -x" version -qx
want 2 "unexpected argument 'more'" version more
want 2 "'maybe' is neither true nor false" version --quiet=maybe
want 0 "zstd" -q version --no-progress --color=never --cache-dir "$dir"

# the types of values
want 2 "missing argument: sekisho scan [options] TARGET..." scan
want 2 "-f needs a value: -f FORMAT" scan x -f
want 2 "--fail-on: 'hgih' is not one of unknown, negligible, low, medium, high, critical; did you mean 'high'?" scan x --fail-on hgih
want 2 "--severity: 'all' is not one of" scan x --severity high,all
want 2 "--jobs: '257' is not between 0 and 256" scan x --jobs=257
want 2 "-j: 'x' is not a whole number" scan x -jx
want 2 "--cache-size: '5X' is not a size such as 500M" scan x --cache-size 5X
want 2 "--output: must not be empty" scan x --output=
want 2 "unknown option --formt; did you mean --format?" scan --formt json x

# Standard input that is a terminal is no image.
if command -v script >/dev/null 2>&1; then
	script -qec "'$SEKISHO' scan -" /dev/null </dev/null >out 2>&1
	got=$?
	{ [ $got = 2 ] && grep -q 'standard input is a terminal' out; } || { echo "scan - at a terminal: $got"; cat out; failed=1; }
fi

# Examples are what one types; no usage line ends in a blank.
for command in scan manifest compare db "db update" "db build" "db info" "db export" "db import" completion help version; do
	# shellcheck disable=SC2086 # words
	"$SEKISHO" $command --help >out
	head -n 1 out | grep -q ' $' && { echo "$command --help: a blank at the end of its usage"; failed=1; }
	sed -n '/^Examples:/,/^$/p' out | grep '^  [^ ]' | grep -v sekisho && { echo "$command --help: an example without sekisho"; failed=1; }
done

# the environment, below the command line
SEKISHO_JOBS=many want 2 "environment variable SEKISHO_JOBS: 'many' is not a whole number" scan x
SEKISHO_COLOR= want 0 "zstd" version
SEKISHO_HELP=yes want 0 "zstd" version
want 2 "configuration: nowhere.yaml: No such file" version --config nowhere.yaml
SEKISHO_CONFIG=nowhere.yaml want 2 "configuration: nowhere.yaml: No such file" version
exit $failed
