/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CycloneDX 1.4 to 1.7: vulnerabilities with an analysis. `affects` points at
 * components of the same document, or of another by a BOM-Link, whose fragment
 * is a bom-ref that is a package URL as a rule.
 */
#include "policy/vex-read.h"
#include "policy/vex-words.h"

struct bom {
	struct sk_vex_reader *rd;
	struct sk_map refs; /* bom-ref: component */
	const struct sk_node *subject;
	struct sk_identity image; /* the subject, where it is an image that can be known again */
};

/* Analysis states as VEX's words. */
static const struct {
	const char *state;
	enum sk_vex_status status;
} states[] = {
	{ "resolved", SK_VEX_FIXED },		{ "resolved_with_pedigree", SK_VEX_FIXED },
	{ "exploitable", SK_VEX_AFFECTED },	{ "in_triage", SK_VEX_INVESTIGATED },
	{ "false_positive", SK_VEX_NOT_AFFECTED }, { "not_affected", SK_VEX_NOT_AFFECTED },
};

/* Components hold components; the document's depth is bounded, and so is this. */
static void index_components(struct bom *b, const struct sk_node *components)
{
	sk_node_each(c, components) {
		struct sk_span ref = sk_node_str(sk_node_get(c, "bom-ref"));

		if (ref.len)
			sk_map_put(&b->refs, ref, (void *)(uintptr_t)c);
		index_components(b, sk_node_get(c, "components"));
	}
}

/* An image's digest stands as its version or in its package URL. */
static void read_subject(struct bom *b, const struct sk_node *subject)
{
	struct sk_span ref = sk_node_str(sk_node_get(subject, "bom-ref"));
	struct sk_span version = sk_node_str(sk_node_get(subject, "version"));

	b->subject = subject;
	if (ref.len)
		sk_map_put(&b->refs, ref, (void *)(uintptr_t)subject);
	index_components(b, sk_node_get(subject, "components"));
	if (!sk_span_is(sk_node_str(sk_node_get(subject, "type")), "container"))
		return;
	if (sk_span_starts(version, "sha256:"))
		sk_identity_add(&b->image, version, b->rd->arena);
	else
		sk_identity_add(&b->image, sk_node_str(sk_node_get(subject, "purl")), b->rd->arena);
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

static struct sk_span decode(struct sk_vex_reader *rd, struct sk_span s)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

	for (size_t i = 0; i < s.len; i++) {
		int high = i + 2 < s.len ? hex(s.ptr[i + 1]) : -1;
		int low = i + 2 < s.len ? hex(s.ptr[i + 2]) : -1;

		if (s.ptr[i] == '%' && high >= 0 && low >= 0) {
			sk_buf_putc(&out, (char)(high * 16 + low));
			i += 2;
		} else {
			sk_buf_putc(&out, s.ptr[i]);
		}
	}
	return sk_span(sk_arena_dup(rd->arena, sk_buf_view(&out)), out.len);
}

/* "urn:cdx:SERIAL/1#ref": the ref. */
static struct sk_span without_link(struct sk_vex_reader *rd, struct sk_span ref)
{
	ptrdiff_t at = sk_span_chr(ref, '#');

	if (!sk_span_starts(ref, "urn:cdx:") || at < 0)
		return ref;
	return decode(rd, sk_span_from(ref, (size_t)at + 1));
}

static void read_versions(struct sk_vex_reader *rd, const struct sk_node *list,
			  struct sk_identity *id)
{
	struct sk_strings *versions;

	if (!sk_node_is(list, SK_NODE_ARRAY) || !list->count)
		return;
	versions = sk_arena_alloc(rd->arena, sizeof(*versions));
	versions->items = sk_arena_alloc(rd->arena, list->count * sizeof(*versions->items));
	sk_node_each(n, list) {
		const char *version = sk_vex_text(rd, sk_node_get(n, "version"));
		struct sk_span range = sk_node_str(sk_node_get(n, "range"));
		struct sk_vers *vers = sk_arena_alloc(rd->arena, sizeof(*vers));

		if (version)
			versions->items[versions->count++] = version;
		else if (range.len && sk_vers_read(vers, range, rd->arena, NULL) == 0)
			id->range = vers;
	}
	id->versions = versions;
}

static const struct sk_product *read_affected(struct bom *b, const struct sk_node *n)
{
	struct sk_span ref = without_link(b->rd, sk_node_str(sk_node_get(n, "ref")));
	const struct sk_node *c = sk_map_get(&b->refs, ref);
	struct sk_product *p = sk_arena_alloc(b->rd->arena, sizeof(*p));
	struct sk_identity *id = &p->self;
	bool in_image = b->image.digest || b->image.purl || b->image.reference;

	if (c && c == b->subject && in_image) { /* the image as a whole */
		p->self = b->image;
		return p;
	}
	if (in_image) {
		p->self = b->image;
		p->parts = id = sk_arena_alloc(b->rd->arena, sizeof(*p->parts));
		p->part_count = 1;
	}
	sk_identity_add(id, c ? sk_node_str(sk_node_get(c, "purl")) : ref, b->rd->arena);
	if (!id->purl) /* a name alone says nothing that is sure */
		*id = (struct sk_identity){ 0 };
	read_versions(b->rd, sk_node_get(n, "versions"), id);
	return p;
}

static void read_ids(struct sk_vex_reader *rd, const struct sk_node *n, struct sk_exception *e)
{
	const struct sk_node *more = sk_node_get(n, "references");

	sk_vex_room_ids(rd, e, 1 + (sk_node_is(more, SK_NODE_ARRAY) ? more->count : 0));
	sk_vex_add_id(rd, e, sk_node_get(n, "id"));
	sk_node_each(ref, more)
		sk_vex_add_id(rd, e, sk_node_get(ref, "id"));
}

/* will_not_fix in our own documents is a risk that somebody accepted: it hides nothing elsewhere. */
static void read_analysis(struct sk_vex_reader *rd, const struct sk_node *a, struct sk_exception *e)
{
	struct sk_span state = sk_node_str(sk_node_get(a, "state"));

	for (size_t i = 0; i < SK_COUNT(states); i++)
		if (sk_span_is(state, states[i].state))
			e->says.status = states[i].status;
	e->says.justification = sk_vex_from_cyclonedx(sk_node_str(sk_node_get(a, "justification")));
	e->says.reason = sk_vex_text(rd, sk_node_get(a, "detail"));
	if (e->says.status == SK_VEX_NOT_AFFECTED && !e->says.justification && !e->says.reason &&
	    sk_span_is(state, "false_positive"))
		e->says.reason = "false positive";
}

static int read_vulnerability(struct bom *b, const struct sk_node *n)
{
	const struct sk_node *a = sk_node_get(n, "analysis");
	const struct sk_node *updated = sk_node_get(a, "lastUpdated"), *when;
	struct sk_exception *e;
	int r = 0;

	if (!sk_node_get(a, "state"))
		return 0; /* a finding, and no statement about it */
	when = updated ? updated : sk_node_get(a, "firstIssued");
	e = sk_vex_statement(b->rd, n, when ? when : sk_node_get(n, "updated"));
	read_ids(b->rd, n, e);
	read_analysis(b->rd, a, e);
	sk_node_each(affected, sk_node_get(n, "affects")) {
		r = sk_vex_add_product(b->rd, e, read_affected(b, affected));
		if (r < 0)
			return r;
	}
	return sk_vex_finish(b->rd, e);
}

/* Who said it: the supplier, manufacturer or first author that the document names. */
static const struct sk_node *find_author(const struct sk_node *metadata)
{
	static const char *const places[] = { "supplier", "manufacturer", "manufacture" };
	const struct sk_node *author = sk_node_first(sk_node_get(metadata, "authors"));

	for (size_t i = 0; i < SK_COUNT(places) && !author; i++)
		author = sk_node_get(metadata, places[i]);
	return sk_node_get(author, "name");
}

int sk_vex_read_cyclonedx(struct sk_vex_reader *rd, const struct sk_node *root)
{
	const struct sk_node *metadata = sk_node_get(root, "metadata");
	struct bom b = { .rd = rd };
	int r = 0;

	sk_vex_document(rd, find_author(metadata), sk_node_get(metadata, "timestamp"));
	index_components(&b, sk_node_get(root, "components"));
	if (sk_node_get(metadata, "component"))
		read_subject(&b, sk_node_get(metadata, "component"));
	sk_node_each(n, sk_node_get(root, "vulnerabilities")) {
		r = read_vulnerability(&b, n);
		if (r < 0)
			break;
	}
	sk_map_release(&b.refs);
	return r;
}
