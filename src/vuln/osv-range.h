/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "vuln/osv.h"
#include "vuln/version.h"

/*
 * The ranges and versions of one `affected` object as intervals: events sorted
 * by the ecosystem's scheme, walked as the schema's evaluation algorithm does
 * (https://ossf.github.io/osv-schema/#evaluation). Ranges of type GIT say
 * nothing of a package's versions and are passed over.
 */
int sk_osv_ranges(const struct sk_node *affected, struct sk_arena *arena, struct sk_affected *out,
		  struct sk_err *err);

/* Whether version lies in the interval. */
bool sk_interval_has(const struct sk_interval *interval, const struct sk_scheme *scheme,
		     struct sk_span version);
