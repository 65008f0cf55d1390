/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* rules/eol.txt as tables. Dates are "2026-07-11"; NULL: none is announced. */
#include <stdbool.h>
#include <stddef.h>

enum { SK_EOL_PHASES = 2 };

struct sk_eol_release {
	const char *version, *released, *ends;
	const char *phase_ends[SK_EOL_PHASES]; /* NULL: it does not have this phase */
};

struct sk_eol_phase {
	const char *name;
	bool paid;
};

struct sk_eol_system {
	const char *id, *source;
	const char *successor;
	bool rolling;
	const struct sk_eol_release *releases; /* newest first, ended by a zero one */
	struct sk_eol_phase phases[SK_EOL_PHASES];
};

extern const struct sk_eol_system sk_eol_systems[]; /* ended by a zero one */
