#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The attacks of Falco's event generator, in real containers: each must be told by the name of its rule.
exec python3 "$SK_TESTS/attacks/run.py" falco
