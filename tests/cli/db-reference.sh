#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The matcher against an independent, slow reference over the real feeds (tests/reference/osv.py).
# SK_REFERENCE_SAMPLE packages of each ecosystem; 60 take some minutes.
set -u
[ -n "${SK_FEEDS:-}" ] || { echo "no feeds here"; exit 77; }
command -v python3 >/dev/null || { echo "python3 is not here"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$SEKISHO" db build --from "$SK_FEEDS" --db "$dir/db.mdb" --quiet || exit 1
python3 "$SK_TESTS/reference/osv.py" "$SK_FEEDS" "$dir/db.mdb" "$SK_MATCH_LIST"
