#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Image archives and layouts of every form, whole and hostile.
command -v python3 >/dev/null && command -v zstd >/dev/null || { echo "python3 or zstd is missing"; exit 77; }
exec python3 "$SK_TESTS/test_images.py"
