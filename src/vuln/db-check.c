/* SPDX-License-Identifier: Apache-2.0 */
/* Every byte read once: what import and update do before a database takes its place. */
#include "base/text.h"
#include "vuln/db-internal.h"

static int check_entries(struct sk_db_hits *hits, const struct sk_db *db, struct sk_err *err)
{
	struct sk_db_entry entry;
	struct sk_interval interval;
	int r;

	while ((r = sk_db_next(hits, &entry, err)) > 0) {
		bool good = entry.record < db->info.advisories;

		for (uint32_t i = 0; i < entry.interval_count; i++)
			good = good && sk_db_interval(&entry.intervals, &interval);
		for (uint32_t i = 0; i < entry.version_count; i++)
			sk_read_string(&entry.versions);
		if (!good || entry.versions.failed)
			return sk_err_set(err, SK_EINTEGRITY, "broken intervals");
	}
	return r;
}

/* All packages, one behind the other, each to be found by its name. */
static int check_packages(const struct sk_db *db, struct sk_err *err)
{
	struct sk_reader r = sk_reader(db->sections.at[SK_SECTION_PACKAGES]);
	uint32_t count = 0;

	while (sk_reader_more(&r)) {
		uint64_t ecosystem = sk_read_varint(&r);
		struct sk_span name = sk_read_string(&r);
		struct sk_db_hits hits;
		int e;

		sk_read_varint(&r);
		sk_read_string(&r);
		if (r.failed || ecosystem >= db->info.ecosystems ||
		    !sk_db_find(db, (int)ecosystem, name, &hits))
			return sk_err_set(err, SK_EINTEGRITY, "a package that the index misses");
		e = check_entries(&hits, db, err);
		if (e < 0)
			return sk_err_wrap(err, "%.*s", (int)name.len, name.ptr);
		count++;
	}
	return count == db->info.packages ? 0 : sk_err_set(err, SK_EINTEGRITY, "package count");
}

static int check_records(struct sk_db *db, struct sk_err *err)
{
	for (uint32_t i = 0; i < db->info.advisories; i++) {
		sk_cleanup(sk_arena_release) struct sk_arena arena = { 0 };
		struct sk_db_record record;
		struct sk_db_text text;
		struct sk_db_cve cve;
		int r = sk_db_record(db, i, &arena, &record, err);

		if (r == 0)
			r = sk_db_text(db, i, &arena, &text, err);
		for (size_t g = 0; r >= 0 && g < record.group_count; g++)
			r = sk_db_cve(db, record.groups[g].ids[0], &arena, &cve, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int sk_db_check(struct sk_db *db, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf hex = { 0 };
	uint8_t digest[SK_DB_DIGEST];
	int r = sk_db_digest(&db->sections, digest, err);

	if (r < 0)
		return r;
	sk_buf_puts(&hex, "sha256:");
	sk_text_hex(&hex, sk_span(digest, sizeof(digest)));
	if (strcmp(sk_buf_str(&hex), db->info.digest) != 0)
		return sk_err_set(err, SK_EINTEGRITY,
				  "the advisory database is not what was built: %s, promised %s",
				  sk_buf_str(&hex), db->info.digest);
	return sk_db_walk(db, err);
}

int sk_db_walk(struct sk_db *db, struct sk_err *err)
{
	int r = check_packages(db, err);

	if (r == 0)
		r = check_records(db, err);
	return r < 0 ? sk_err_wrap(err, "the advisory database is broken") : 0;
}
