/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The matcher: which advisories are about which packages of an inventory.
 *
 * A vulnerability is one finding for a package, with all its ids, however many
 * records speak of it. What could not be matched (a distribution without
 * advisories, a version that its scheme does not allow) is a coverage finding:
 * silence means "looked, and found nothing".
 */
#include "analyze/inventory.h"
#include "vuln/db.h"

struct sk_findings {
	struct sk_finding **data;
	size_t len, cap; /* as SK_VEC: sk_vec_push, sk_vec_release */
};

/* A database older than this gets a message, in days. */
enum { SK_DB_FRESH_DAYS = 7 };

/*
 * Appends to findings, which live in arena, as do their strings; they borrow
 * the packages of inv.
 * -SK_EINTEGRITY: the database is broken; what was found before counts.
 */
int sk_match(struct sk_db *db, const struct sk_inventory *inv, struct sk_arena *arena,
	     struct sk_findings *findings, struct sk_err *err);
