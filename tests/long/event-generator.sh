#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Falco's own event generator finds its alerts with us: all 66 actions, and the declarative tests of falco-suite.
# SK_EVENT_GENERATOR is the program, or a folder with its source.
exec python3 "$SK_TESTS/attacks/event-generator.py"
