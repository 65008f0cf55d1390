#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Outputs of the agent against receivers that go, come back, refuse and hang: tests/outputs.py.
set -eu
for tool in python3 openssl; do
	command -v $tool >/dev/null 2>&1 || { echo "$tool is not there"; exit 77; }
done
exec python3 "$SK_TESTS/outputs.py"
