#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# For a CI system that runs a shell: scan.sh TARGET [option]...
# Shows the table, keeps the JSON report beside it, compares with the one of the main branch where
# it is there. Exit codes are those of `sekisho scan`.
set -u
target=${1:?an image archive, an OCI layout or a folder}
shift
base=${SCAN_BASE:-sekisho-base.json}
code=0
[ "${SCAN_UPDATE:-yes}" = no ] || sekisho db update || exit 3
[ -f "$base" ] && set -- --compare "$base" "$@"
sekisho scan "$target" --fail-on "${SEKISHO_FAIL_ON:-high}" "$@" || code=$?
# The whole report, to be the base of the next: the layers come from the cache.
SEKISHO_FAIL_ON='' sekisho scan "$target" --format json --show-ignored --output "${SCAN_REPORT:-sekisho.json}" || code=$?
exit "$code"
