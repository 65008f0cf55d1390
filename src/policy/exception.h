/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Exceptions: findings that somebody has accepted. They come from two kinds of
 * files and are one thing here:
 *
 *	.sekishoignore.yaml	entries of our own: what, why, who and until when
 *	VEX documents (vex.h)	what a publisher says: status and justification
 *
 * An entry that lacks any of it, has expired, ends too far away or has a key
 * that nobody knows does not count and is reported itself. Time is judged at
 * each evaluation, by the `now` that it is given: what is loaded once may be
 * asked for months.
 */
#include "analyze/inventory.h"
#include "base/arena.h"
#include "base/err.h"
#include "finding/risk.h"
#include "policy/facts.h"

struct sk_product; /* product.h */

struct sk_exception {
	struct sk_statement says; /* status, reason, owner, end, file, line */
	bool vex;		  /* from a VEX document: it has no end, and is not missed when nothing fits */
	/* What it covers; all that are given must fit; NULL and empty: any. */
	struct sk_strings ids;	  /* one of them */
	const char *package, *version, *path, *purl, *scope;
	const struct sk_product **products; /* one of them; the entry's purl is one */
	size_t product_count;
	struct sk_cel_program *program; /* the compiled scope */
	int64_t ends;	     /* the first moment at which it does not count; INT64_MAX: never */
	int64_t time;	     /* when a VEX document said it: the newest statement wins */
	const char *problem; /* what is wrong with it whatever the time; NULL: nothing */
	size_t hits;	     /* findings that it covered so far */
	size_t order;
};

struct sk_exceptions {
	struct sk_arena arena; /* findings borrow their statements from here */
	SK_VEC(struct sk_exception *) list; /* in the order of the files */
	struct sk_exception_index *index;
	struct sk_scopes *scopes; /* once there is an entry with a scope */
	/* Set by the caller. */
	enum sk_stage stage;
	enum sk_risk_class risk_class;
	int64_t max_seconds; /* how far away an end may be; 0: any */
};

/* The file of that name is looked for in the current directory when none is named. */
#define SK_EXCEPTION_FILE ".sekishoignore.yaml"

/*
 * Reads entries and adds them. SK_ENOTFOUND where there is no such file,
 * SK_EINVAL where it is no exception file at all ("FILE: line 3: ..."); faults
 * of single entries are no errors but their `problem`.
 */
int sk_exceptions_load(struct sk_exceptions *x, const char *file, struct sk_err *err);
int sk_exceptions_parse(struct sk_exceptions *x, const char *file, struct sk_span text,
			struct sk_err *err);
void sk_exceptions_release(struct sk_exceptions *x);

/* A zeroed one that is added when it is ready; for those who read files. */
struct sk_exception *sk_exceptions_new(struct sk_exceptions *x);
void sk_exceptions_add(struct sk_exceptions *x, struct sk_exception *e);

enum sk_exception_state {
	SK_EXCEPTION_ACTIVE,
	SK_EXCEPTION_EXPIRED,
	SK_EXCEPTION_TOO_LONG, /* ends further away than max_seconds */
	SK_EXCEPTION_INVALID,
};
enum sk_exception_state sk_exception_state(const struct sk_exceptions *x,
					   const struct sk_exception *e, int64_t now);
const char *sk_exception_state_name(enum sk_exception_state state); /* "active", "expired", ... */

/*
 * Gives each finding the statement that covers it: an entry of our own before
 * a VEX statement, among those the newest. Again for each further target.
 * Returns how many are ignored now.
 */
size_t sk_exceptions_apply(struct sk_exceptions *x, const struct sk_inventory *inv, int64_t now,
			   struct sk_finding **findings, size_t count);

/*
 * A coverage finding about an entry that does not count ("exception-expired",
 * "exception-too-long", "exception-invalid"), or that has covered nothing
 * ("exception-unused"; ask after the last target); NULL if all is well with it.
 */
struct sk_finding *sk_exception_finding(const struct sk_exceptions *x,
					const struct sk_exception *e, int64_t now,
					struct sk_arena *arena);

/* What it is about, for a person who looks for it in the file. */
const char *sk_exception_label(const struct sk_exception *e);

/* OpenVEX's five words for why something is not affected; NULL behind the last. */
const char *sk_vex_justification(unsigned i);
bool sk_vex_justification_valid(struct sk_span word);
