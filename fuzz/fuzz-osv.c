/* SPDX-License-Identifier: Apache-2.0 */
/* An advisory's whole way: JSON, intervals, packed records, and a package that asks for them. */
#include "vuln/build.h"
#include "vuln/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void match(struct sk_db *db, const struct sk_advisory *adv, struct sk_arena *arena)
{
	struct sk_os os = { .id = "debian", .version = "12" };
	struct sk_findings findings = { 0 };
	struct sk_inventory inv = { 0 };
	struct sk_err err = SK_ERR_INIT;

	inv.packages = sk_arena_alloc(arena, 8 * sizeof(*inv.packages));
	for (size_t i = 0; i < adv->affected_count && i < 4; i++) {
		const struct sk_affected *a = &adv->affected[i];
		struct sk_package *p = sk_arena_alloc(arena, sizeof(*p));
		struct sk_span version = a->interval_count ? a->intervals[0].from : a->versions[0];

		p->type = sk_span_starts(a->ecosystem, "Debian") ? "deb"
			  : sk_span_is(a->ecosystem, "PyPI")	 ? "pypi"
								 : "npm";
		p->name = sk_arena_dup(arena, a->name);
		p->version = version.len ? sk_arena_dup(arena, version) : "0.0.1";
		p->path = "";
		p->os = &os;
		inv.packages[inv.package_count++] = p;
	}
	if (sk_match(db, &inv, arena, &findings, &err) < 0)
		abort();
	sk_vec_release(&findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_builder b = { 0 };
	struct sk_buf sections[SK_SECTION_COUNT] = { 0 };
	struct sk_db_sections spans;
	struct sk_arena arena = { 0 };
	struct sk_doc doc = { 0 };
	struct sk_advisory adv;
	struct sk_db *db = NULL;
	struct sk_err err = SK_ERR_INIT;

	if (sk_doc_parse(&doc, SK_DOC_JSON, sk_span(data, size), 0, &err) == 0 &&
	    sk_osv_read(doc.root, &arena, &adv, &err) == 0) {
		sk_builder_add(&b, &adv);
		if (sk_builder_sections(&b, sections, &err) < 0)
			abort();
		for (int i = 0; i < SK_SECTION_COUNT; i++)
			spans.at[i] = sk_buf_view(&sections[i]);
		/* What we wrote ourselves must be whole. */
		if (sk_db_attach(&spans, 0, &db, &err) < 0 || sk_db_check(db, &err) < 0)
			abort();
		match(db, &adv, &arena);
	}
	sk_db_close(db);
	sk_builder_release(&b);
	for (int i = 0; i < SK_SECTION_COUNT; i++)
		sk_buf_release(&sections[i]);
	sk_doc_release(&doc);
	sk_arena_release(&arena);
	return 0;
}
