#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# pre-commit hook: the lock files of the working tree, compared with what was known before.
#   .sekisho-base.json   a JSON report that is committed: what is in it stops nobody
set -u
set -- --exclude '.git/**' --fail-on "${SEKISHO_FAIL_ON:-high}" "$@"
[ -f .sekisho-base.json ] && set -- --compare .sekisho-base.json "$@"
exec sekisho scan dir:. "$@"
