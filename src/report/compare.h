/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What an earlier report knew already: a finding is the same by kind, id,
 * package type and name, and path, whatever the versions. What could not be
 * looked at is never known already.
 */
#include "base/map.h"
#include "report/read.h"

struct sk_base {
	struct sk_report_file file;
	struct sk_map keys; /* of the target that is compared */
	struct sk_arena arena;
	struct sk_buf key;
	size_t seen; /* of the keys */
};

int sk_base_load(struct sk_base *base, const char *path, struct sk_err *err);
void sk_base_release(struct sk_base *base);

/* Begins with a target: the base's target of that name, or all of them where none is called so. */
void sk_base_begin(struct sk_base *base, const struct sk_inventory *inv);
bool sk_base_knows(struct sk_base *base, const struct sk_finding *finding);
/* How many of the base have not been asked for since sk_base_begin. */
size_t sk_base_gone(const struct sk_base *base);
