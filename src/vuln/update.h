/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Updating the database from the network: feeds are fetched into a folder laid
 * out like a mirror, where they stay, so that the next update asks only for
 * what changed; then the database is built from it.
 */
#include "vuln/db.h"

struct sk_update {
	const char *from;	       /* base URL; NULL: osv.dev, CISA and FIRST themselves */
	const char *feeds;	       /* the folder that keeps what was fetched */
	const char *const *ecosystems; /* NULL-terminated; NULL: sk_update_ecosystems */
	unsigned backoff_ms;	       /* 0: as http.h has it */
	sk_db_note_fn note;
	void (*progress)(void *ctx, const char *what, uint64_t now, uint64_t total);
	void *ctx;
};

/* What osv.dev publishes and the matcher understands; NULL-terminated. */
extern const char *const sk_update_ecosystems[];

/* Whatever goes wrong, the database at path stays as it is. */
int sk_db_update(const struct sk_update *update, const char *path, struct sk_err *err);
