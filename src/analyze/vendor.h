/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "analyze/package.h"

/*
 * Whether a distribution package (deb, rpm, apk) comes from somebody else
 * than the distribution: its own advisories say nothing about such a package,
 * and its version follows other rules. Unsure is false.
 */
bool sk_package_is_foreign(const struct sk_package *p, const struct sk_os *os);
