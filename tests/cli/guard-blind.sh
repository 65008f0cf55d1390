#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A container cannot blind or stop the guard.
exec python3 "$SK_TESTS/attacks/blind.py"
