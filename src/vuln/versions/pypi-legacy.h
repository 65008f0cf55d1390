/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/span.h"

/*
 * The order that setuptools gave to versions before PEP 440, for those that do
 * not follow it: runs of digits and words, words first, "-" after a release,
 * zeros at the end of a run of numbers ignored.
 */
int sk_pypi_legacy_compare(struct sk_span a, struct sk_span b);
