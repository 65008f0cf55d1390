/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSAF 2.0, profile 5 (csaf_vex). Products are packages (p1, p2, ...), images
 * (i1, ...) and packages in images (p1:i1). Without any statement it is
 * csaf_base: a VEX document must not be empty.
 */
#include "base/map.h"
#include "base/time.h"
#include "doc/json-write.h"
#include "report/format.h"
#include "report/statement.h"
#include "report/view.h"

struct csaf {
	struct sk_json_writer w;
	const struct sk_report *report;
	struct sk_stated_list stated;
	struct sk_map packages, images, pairs; /* purl or id: product id */
	struct sk_arena arena;
};

/* ---- products ---- */

static const char *product_id(struct csaf *c, struct sk_map *map, const char *letter, const char *purl)
{
	bool is_new;
	void **place = sk_map_at(map, sk_span_str(purl), &is_new);

	if (is_new)
		*place = sk_arena_printf(&c->arena, "%s%zu", letter, map->entries.len);
	return *place;
}

static const char *stated_id(struct csaf *c, const struct sk_stated *s)
{
	const char *package = product_id(c, &c->packages, "p", s->finding->package->purl), *pair;

	if (!s->image)
		return package;
	pair = sk_arena_printf(&c->arena, "%s:%s", package,
			       product_id(c, &c->images, "i", s->image));
	sk_map_put(&c->pairs, sk_span_str(pair), (void *)(uintptr_t)pair);
	return pair;
}

static void put_names(struct csaf *c, const struct sk_map *map)
{
	for (size_t i = 0; i < map->entries.len; i++) {
		const struct sk_map_entry *e = &map->entries.data[i];

		sk_json_object(&c->w);
		sk_json_put_str(&c->w, "product_id", e->value);
		sk_json_key(&c->w, "name");
		sk_json_span(&c->w, e->key.len ? e->key : SK_SPAN_LIT("unnamed"));
		if (sk_span_starts(e->key, "pkg:")) {
			sk_json_key(&c->w, "product_identification_helper");
			sk_json_object(&c->w);
			sk_json_key(&c->w, "purl");
			sk_json_span(&c->w, e->key);
			sk_json_end(&c->w);
		}
		sk_json_end(&c->w);
	}
}

static void put_relationship(struct csaf *c, const char *pair)
{
	const char *colon = strchr(pair, ':');

	sk_json_object(&c->w);
	sk_json_put_str(&c->w, "category", "default_component_of");
	sk_json_key(&c->w, "full_product_name");
	sk_json_object(&c->w);
	sk_json_put_str(&c->w, "product_id", pair);
	sk_json_put_str(&c->w, "name", pair);
	sk_json_end(&c->w);
	sk_json_key(&c->w, "product_reference");
	sk_json_span(&c->w, sk_span(pair, (size_t)(colon - pair)));
	sk_json_put_str(&c->w, "relates_to_product_reference", colon + 1);
	sk_json_end(&c->w);
}

static void put_tree(struct csaf *c)
{
	sk_json_key(&c->w, "product_tree");
	sk_json_object(&c->w);
	sk_json_key(&c->w, "full_product_names");
	sk_json_array(&c->w);
	put_names(c, &c->packages);
	put_names(c, &c->images);
	sk_json_end(&c->w);
	if (c->pairs.entries.len) {
		sk_json_key(&c->w, "relationships");
		sk_json_array(&c->w);
		for (size_t i = 0; i < c->pairs.entries.len; i++)
			put_relationship(c, c->pairs.entries.data[i].value);
		sk_json_end(&c->w);
	}
	sk_json_end(&c->w);
}

/* ---- vulnerabilities ---- */

/* ^CVE-[0-9]{4}-[0-9]{4,}$ */
static bool is_cve(const char *id)
{
	size_t digits = 0;

	if (strncmp(id, "CVE-", 4) != 0 || strspn(id + 4, "0123456789") != 4 || id[8] != '-')
		return false;
	digits = strspn(id + 9, "0123456789");
	return digits >= 4 && !id[9 + digits];
}

static void put_id(struct csaf *c, const struct sk_finding *f)
{
	if (is_cve(f->id)) {
		sk_json_put_str(&c->w, "cve", f->id);
		return;
	}
	sk_json_key(&c->w, "ids");
	sk_json_array(&c->w);
	sk_json_object(&c->w);
	sk_json_put_str(&c->w, "system_name", strncmp(f->id, "GHSA-", 5) == 0 ? "GitHub" : "OSV");
	sk_json_put_str(&c->w, "text", f->id);
	sk_json_end(&c->w);
	sk_json_end(&c->w);
}

static void put_notes(struct csaf *c, const struct sk_finding *f)
{
	sk_json_key(&c->w, "notes");
	sk_json_array(&c->w);
	sk_json_object(&c->w);
	sk_json_put_str(&c->w, "category", "description");
	sk_json_put_str(&c->w, "text", f->title && f->title[0] ? f->title : f->id);
	sk_json_end(&c->w);
	sk_json_end(&c->w);
}

/* The products with this status, under the name that CSAF gives it. */
static void put_products(struct csaf *c, const struct sk_stated *run, size_t count,
			 enum sk_vex_status status, const char *key)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		if (run[i].status != status)
			continue;
		if (!any) {
			sk_json_key(&c->w, key);
			sk_json_array(&c->w);
		}
		any = true;
		sk_json_str(&c->w, stated_id(c, &run[i]));
	}
	if (any)
		sk_json_end(&c->w);
}

/* One of flags, threats, remediations: an object for each product that has it. */
struct detail {
	const char *list, *kind, *text; /* names of the list, and of what stands in it */
	const char *(*kind_of)(const struct sk_stated *s); /* NULL: it has none */
};

static const char *flag_of(const struct sk_stated *s)
{
	return s->justification;
}

static const char *threat_of(const struct sk_stated *s)
{
	return s->status == SK_VEX_NOT_AFFECTED && s->text && s->text[0] ? "impact" : NULL;
}

static const char *remediation_of(const struct sk_stated *s)
{
	if (s->status != SK_VEX_AFFECTED)
		return NULL;
	return s->finding->statement->status == SK_VEX_ACCEPTED ? "no_fix_planned" : "mitigation";
}

static void put_detail(struct csaf *c, const struct sk_stated *run, size_t count,
		       const struct detail *d)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		if (!d->kind_of(&run[i]))
			continue;
		if (!any) {
			sk_json_key(&c->w, d->list);
			sk_json_array(&c->w);
		}
		any = true;
		sk_json_object(&c->w);
		sk_json_put_str(&c->w, d->kind, d->kind_of(&run[i]));
		if (d->text)
			sk_json_put_str(&c->w, d->text, run[i].text[0] ? run[i].text : "not said");
		sk_json_key(&c->w, "product_ids");
		sk_json_array(&c->w);
		sk_json_str(&c->w, stated_id(c, &run[i]));
		sk_json_end(&c->w);
		sk_json_end(&c->w);
	}
	if (any)
		sk_json_end(&c->w);
}

static void put_vulnerability(struct csaf *c, const struct sk_stated *run, size_t count)
{
	static const struct detail details[] = {
		{ "flags", "label", NULL, flag_of },
		{ "threats", "category", "details", threat_of },
		{ "remediations", "category", "details", remediation_of },
	};

	sk_json_object(&c->w);
	put_id(c, run->finding);
	put_notes(c, run->finding);
	sk_json_key(&c->w, "product_status");
	sk_json_object(&c->w);
	put_products(c, run, count, SK_VEX_NOT_AFFECTED, "known_not_affected");
	put_products(c, run, count, SK_VEX_FIXED, "fixed");
	put_products(c, run, count, SK_VEX_AFFECTED, "known_affected");
	put_products(c, run, count, SK_VEX_INVESTIGATED, "under_investigation");
	sk_json_end(&c->w);
	for (size_t i = 0; i < SK_COUNT(details); i++)
		put_detail(c, run, count, &details[i]);
	sk_json_end(&c->w);
}

static void put_vulnerabilities(struct csaf *c)
{
	const struct sk_stated *all = c->stated.list.data;
	size_t n;

	sk_json_key(&c->w, "vulnerabilities");
	sk_json_array(&c->w);
	for (size_t i = 0; i < c->stated.list.len; i += n) {
		for (n = 1; i + n < c->stated.list.len &&
			    strcmp(all[i].finding->id, all[i + n].finding->id) == 0;
		     n++)
			;
		put_vulnerability(c, &all[i], n);
	}
	sk_json_end(&c->w);
}

/* ---- the document ---- */

static void put_tracking(struct csaf *c)
{
	char uuid[37], time[SK_TIME_TEXT];

	sk_report_uuid(c->report, "csaf", uuid);
	sk_time_format(c->report->created, time);
	sk_json_key(&c->w, "tracking");
	sk_json_object(&c->w);
	sk_json_put_str(&c->w, "id", uuid);
	sk_json_put_str(&c->w, "status", "final");
	sk_json_put_str(&c->w, "version", "1");
	sk_json_put_str(&c->w, "initial_release_date", time);
	sk_json_put_str(&c->w, "current_release_date", time);
	sk_json_key(&c->w, "revision_history");
	sk_json_array(&c->w);
	sk_json_object(&c->w);
	sk_json_put_str(&c->w, "date", time);
	sk_json_put_str(&c->w, "number", "1");
	sk_json_put_str(&c->w, "summary", "made by a scan");
	sk_json_end(&c->w);
	sk_json_end(&c->w);
	sk_json_key(&c->w, "generator");
	sk_json_object(&c->w);
	sk_json_key(&c->w, "engine");
	sk_json_object(&c->w);
	sk_json_put_str(&c->w, "name", "sekisho");
	sk_json_put_str(&c->w, "version", SK_VERSION);
	sk_json_end(&c->w);
	sk_json_end(&c->w);
	sk_json_end(&c->w);
}

static void put_document(struct csaf *c)
{
	const struct sk_report *r = c->report;

	sk_json_key(&c->w, "document");
	sk_json_object(&c->w);
	sk_json_put_str(&c->w, "category", c->stated.list.len ? "csaf_vex" : "csaf_base");
	sk_json_put_str(&c->w, "csaf_version", "2.0");
	sk_json_put_str(&c->w, "title", "What is known of vulnerabilities in scanned images");
	sk_json_key(&c->w, "publisher");
	sk_json_object(&c->w);
	sk_json_put_str(&c->w, "category", "user");
	sk_json_put_str(&c->w, "name", r->author && r->author[0] ? r->author : "sekisho");
	sk_json_put_str(&c->w, "namespace", sk_report_is_url(r->author_url) ? r->author_url : "urn:sekisho");
	sk_json_end(&c->w);
	put_tracking(c);
	sk_json_end(&c->w);
}

static int write_csaf(const struct sk_report *report, struct sk_buf *out, struct sk_err *err)
{
	struct csaf c = { .w = { .buf = out, .indent = 2 }, .report = report };

	sk_report_stated(report, &c.stated);
	for (size_t i = 0; i < c.stated.list.len; i++)
		stated_id(&c, &c.stated.list.data[i]);
	sk_json_object(&c.w);
	put_document(&c);
	if (c.stated.list.len) {
		put_tree(&c);
		put_vulnerabilities(&c);
	}
	sk_json_end(&c.w);
	sk_map_release(&c.packages);
	sk_map_release(&c.images);
	sk_map_release(&c.pairs);
	sk_stated_release(&c.stated);
	sk_arena_release(&c.arena);
	return 0;
}

const struct sk_format sk_format_csaf = {
	.name = "csaf",
	.summary = "CSAF 2.0 (csaf_vex): the same statements as openvex",
	.extension = "csaf.json",
	.write = write_csaf,
};
