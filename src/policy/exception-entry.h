/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* An entry of an exception file as it is written, and changes to such a file. */
#include "base/buf.h"
#include "base/err.h"

struct sk_entry {
	const char *id, *package, *version, *path, *purl, *scope;
	const char *reason, *owner, *expires, *ticket, *status, *justification; /* NULL: not there */
};

/* The keys in the order in which they are written; a NULL name ends them. */
struct sk_entry_key {
	const char *name;
	size_t offset;
};
extern const struct sk_entry_key sk_entry_keys[];

static inline const char **sk_entry_field(const struct sk_entry *entry, const struct sk_entry_key *key)
{
	return (const char **)(void *)((char *)(uintptr_t)entry + key->offset);
}

/*
 * Writes text, an exception file or nothing, with one entry more at its end;
 * comments and form of what is there stay. SK_EINVAL where the entry is faulty
 * or the file has a form that cannot be added to (a flow list).
 */
int sk_entry_append(struct sk_span text, const struct sk_entry *entry, struct sk_buf *out,
		    struct sk_err *err);

/* Writes text with another end ("2027-01-31T12:00:00Z") for the entry that begins in that line. */
int sk_entry_expire(struct sk_span text, uint32_t line, const char *end, struct sk_buf *out,
		    struct sk_err *err);
