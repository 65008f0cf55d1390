/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "vuln/ecosystem.h"
#include "vuln/match.h"

/* The ecosystems of one operating system or language that the database has. */
struct sk_scope {
	const struct sk_distribution *distribution; /* NULL: a language */
	const struct sk_os *os;
	const char *type;      /* purl type */
	const char *ecosystem; /* of a language */
	int *numbers;	       /* preferred ones first */
	size_t count,
	    preferred;	 /* numbers from `preferred` on count only where the others are silent */
	size_t packages; /* that asked for it */
	size_t foreign;	 /* of those, from third parties: not looked up */
};

/* What one package is looked up by. */
struct sk_subject {
	const struct sk_package *package;
	const struct sk_scope *scope;
	const struct sk_scheme *scheme;
	struct sk_span version;
};

/* One record that says that the package is affected. */
struct sk_hit {
	uint32_t number;
	struct sk_db_record record;
	struct sk_db_entry *entries; /* those that count for this package, affecting or not */
	size_t entry_count;
	enum sk_severity severity; /* the vendor's word for this package */
	bool wont_fix;
};

enum sk_text_use {
	SK_TEXT_OWN,	/* of the record that matched */
	SK_TEXT_SPARE,	/* of the CVE, for what the record leaves open */
	SK_TEXT_BETTER, /* of the CVE, whose title is the better one */
};

/* Texts are read at the end, in the database's order. */
struct sk_text_request {
	uint32_t record;
	struct sk_finding *finding;
	enum sk_text_use use;
};

struct sk_matcher {
	struct sk_db *db;
	const struct sk_inventory *inv;
	struct sk_arena *arena;
	struct sk_findings *findings;
	SK_VEC(struct sk_scope *) scopes;
	SK_VEC(struct sk_text_request) texts;
	struct sk_buf name, pattern;
};

struct sk_finding *sk_matcher_finding(struct sk_matcher *m, enum sk_finding_kind kind);
struct sk_finding *sk_matcher_coverage(struct sk_matcher *m, const char *id, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* scope.c: the scope of a package, made at its first use. */
struct sk_scope *sk_matcher_scope(struct sk_matcher *m, const struct sk_package *p);

/* match-package.c */
int sk_match_package(struct sk_matcher *m, struct sk_scope *scope, const struct sk_package *p,
		     struct sk_err *err);
bool sk_entry_affects(const struct sk_db_entry *entry, const struct sk_scheme *scheme,
		      struct sk_span version);

/* match-finding.c: findings of the records that affect one package, one a vulnerability. */
int sk_match_findings(struct sk_matcher *m, const struct sk_subject *subject,
		      const struct sk_hit *hits, size_t count, struct sk_err *err);
int sk_match_texts(struct sk_matcher *m, struct sk_err *err);

/* match-fix.c: the version that ends it, or NULL. */
const char *sk_match_fix(const struct sk_subject *subject, const struct sk_hit *const *hits,
			 size_t count, struct sk_arena *arena);

/* match-severity.c */
int sk_match_severity(struct sk_matcher *m, const struct sk_hit *const *hits, size_t count,
		      int64_t described_by, struct sk_finding *finding, struct sk_err *err);
