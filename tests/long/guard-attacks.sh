#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An attack for each rule of rules/runtime, in real containers.
exec python3 "$SK_TESTS/attacks/run.py" own
