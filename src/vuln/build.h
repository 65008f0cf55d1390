/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The builder: takes advisories in any order, keeps of each id the newest
 * record, and writes the sections of a database. The same records give the
 * same bytes.
 */
#include "base/map.h"
#include "vuln/db-format.h"
#include "vuln/feed.h"

/* An id seen anywhere; records refer to ids by number. */
struct sk_build_id {
	struct sk_span text;
	uint32_t record; /* + 1: the newest record of this id */
	uint32_t cve;	 /* + 1: the one CVE that it is an alias of */
	bool ambiguous;	 /* of several CVEs */
};

struct sk_build_ids {
	uint32_t *items;
	uint32_t count;
};

struct sk_build_record {
	uint32_t id;
	struct sk_build_ids aliases, upstream, related;
	int64_t published, modified;
	bool withdrawn, dead; /* dead: a newer record of the same id is there */
	enum sk_severity severity,
	    affected_severity; /* of the record; else the gravest of its packages */
	const struct sk_publisher *publisher;
	struct sk_span modules, vectors, text; /* packed */
	bool titled;
	uint32_t number; /* in the database */
};

/* What a record says of one package. */
struct sk_build_entry {
	uint32_t record;
	struct sk_span body; /* packed, without the record's number */
};

struct sk_build_package {
	struct sk_span ecosystem, name;
	SK_VEC(struct sk_build_entry) entries;
	uint32_t ecosystem_number;
};

struct sk_build_cve {
	uint32_t id;
	struct sk_span kev_name, kev_due;
	bool kev, scored;
	uint32_t epss, percentile; /* in 1/100000 */
};

struct sk_build_source {
	const char *name;
	int64_t date;
	uint32_t records, broken, withdrawn;
};

struct sk_builder {
	struct sk_arena arena;
	struct sk_map id_numbers; /* value: number + 1 */
	SK_VEC(struct sk_build_id) ids;
	SK_VEC(struct sk_build_record) records;
	struct sk_map packages; /* "ecosystem\0name" to struct sk_build_package */
	struct sk_map cves;	/* id to struct sk_build_cve */
	SK_VEC(struct sk_build_source) sources;
	struct sk_buf scratch, name;
	struct sk_span last_ecosystem; /* interned; most records speak of one */
	const struct sk_db_build *options;
};

void sk_builder_release(struct sk_builder *b);
void sk_builder_note(struct sk_builder *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void sk_builder_add(struct sk_builder *b, const struct sk_advisory *adv);
void sk_builder_kev(struct sk_builder *b, const struct sk_kev *kev);
void sk_builder_epss(struct sk_builder *b, const struct sk_epss *epss);

/* One feed of a mirror: an archive or folder of advisories, or a file about CVEs. */
enum sk_feed_kind { SK_FEED_OSV, SK_FEED_KEV, SK_FEED_EPSS };
struct sk_build_feed {
	enum sk_feed_kind kind;
	char *path;
	char *name; /* of the ecosystem; "kev", "epss" */
};
struct sk_build_feeds {
	SK_VEC(struct sk_build_feed) list;
};
void sk_build_feeds_release(struct sk_build_feeds *feeds);

/* What a folder laid out like a mirror has of what is wanted, in the order of reading. */
int sk_build_feeds_find(const char *from, const struct sk_db_build *options,
			struct sk_build_feeds *feeds, struct sk_err *err);
/* Reads one of them from a descriptor of its own. */
int sk_builder_read(struct sk_builder *b, const struct sk_build_feed *feed, int fd,
		    struct sk_err *err);

/* The vulnerabilities that a record is about, as groups of ids; groups.c. */
struct sk_build_groups {
	struct sk_build_ids *items;
	uint32_t count;
};
void sk_builder_learn_aliases(struct sk_builder *b);
struct sk_build_groups sk_builder_groups(struct sk_builder *b, const struct sk_build_record *rec,
					 struct sk_arena *arena);

/* The sections; buffers by section number, to be released by the caller. */
int sk_builder_sections(struct sk_builder *b, struct sk_buf sections[SK_SECTION_COUNT],
			struct sk_err *err);
void sk_build_sections_release(struct sk_buf (*sections)[SK_SECTION_COUNT]); /* for sk_cleanup */
/* Blocks of texts in the order of `order`; and what is known of CVEs (build-text.c, build-cve.c).
 */
int sk_builder_texts(const struct sk_builder *b, struct sk_build_record *const *order, size_t count,
		     struct sk_buf *at, struct sk_buf *blocks, struct sk_err *err);
void sk_builder_cves(struct sk_builder *b, struct sk_build_record *const *order, size_t count,
		     struct sk_buf *out);
