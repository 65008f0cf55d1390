#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every case of the published suite, and ours for Falco's stable rules, with Falco's own rules.
set -u
[ -d "${SK_CORPORA:-}/falco-suite" ] || { echo "no falco-suite in \$SK_CORPORA"; exit 77; }
[ "$(id -u)" = 0 ] || { echo "the agent needs root"; exit 77; }
top=$(cd "$(dirname "$0")/../.." && pwd)
exec "$top/tools/run-event-suite" "$SK_CORPORA"/falco-suite/*.yaml "$top"/tests/data/suite/stable.yaml \
	"$top/tests/data/suite/others.yaml"
