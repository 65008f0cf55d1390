/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A database file that somebody else wrote. First byte 'p': the rest is a file
 * image; else: the sections, each with its length in front, as after LMDB.
 */
#include "vuln/db-format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_up(struct sk_db *db)
{
	static const char *const names[] = { "one", "openssl", "" };
	struct sk_err err = SK_ERR_INIT;
	struct sk_arena arena = { 0 };
	struct sk_db_cve cve;

	for (size_t e = 0; e < sk_db_ecosystem_count(db) && e < 8; e++)
		for (size_t i = 0; i < SK_COUNT(names); i++) {
			struct sk_db_hits hits;
			struct sk_db_entry entry;
			struct sk_db_record record;
			struct sk_db_text text;

			if (!sk_db_find(db, (int)e, sk_span_str(names[i]), &hits))
				continue;
			for (int n = 0; n < 100 && sk_db_next(&hits, &entry, &err) > 0; n++) {
				sk_db_record(db, entry.record, &arena, &record, &err);
				sk_db_text(db, entry.record, &arena, &text, &err);
			}
		}
	sk_db_cve(db, "CVE-2024-0001", &arena, &cve, &err);
	sk_arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_reader r = sk_reader(sk_span(data, size));
	struct sk_db_sections sections = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_db *db = NULL;

	if (sk_read_u8(&r) == 'p') {
		sk_db_pages(sk_span_from(sk_span(data, size), size ? 1 : 0), &sections, &err);
		return 0;
	}
	for (int i = 0; i < SK_SECTION_COUNT; i++)
		sections.at[i] = sk_read_string(&r);
	if (sk_db_attach(&sections, size, &db, &err) == 0) {
		sk_db_walk(db, &err);
		look_up(db);
	}
	sk_db_close(db);
	return 0;
}
