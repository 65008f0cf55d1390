/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The parts of an RPM package's identity, name-epoch:version-release.arch, and
 * their comparison as librpm does it (rpm-version(7)).
 */
#include "base/span.h"

/* Spans into the text that was parsed; an absent part has a NULL pointer. */
struct sk_nevra {
	struct sk_span name, epoch, version, release, arch;
};

/*
 * Splits [name-][epoch:]version[-release][.arch]. A last dotted word is the
 * architecture only if it is one that RPM knows.
 */
struct sk_nevra sk_nevra_parse(struct sk_span text);

/* By name, epoch (absent is 0), version, release, architecture; an absent part comes first. */
int sk_nevra_compare(const struct sk_nevra *a, const struct sk_nevra *b);

/* Splits [epoch:]version[-release]; an epoch is digits alone. */
struct sk_nevra sk_rpm_evr(struct sk_span text);

/* One part against the other: librpm's rpmvercmp(). */
int sk_rpm_part_compare(struct sk_span a, struct sk_span b);
