#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Small real images: every package that the recorded scanners list is in our list.
set -u
command -v python3 >/dev/null 2>&1 || { echo "python3 is not there"; exit 77; }
exec python3 "$SK_TESTS/recorded-images.py"
