#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The package lists of other scanners: every package that two of them list is in ours.
set -u
command -v python3 >/dev/null 2>&1 || { echo "python3 is not there"; exit 77; }
exec python3 "$SK_TESTS/inventory.py" "$@"
