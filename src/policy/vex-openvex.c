/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenVEX 0.2.0 (github.com/openvex/spec), and the first drafts, in which
 * vulnerability and products were plain strings.
 */
#include "policy/vex-read.h"

static void read_vulnerability(struct sk_vex_reader *rd, const struct sk_node *n,
			       struct sk_exception *e)
{
	const struct sk_node *aliases = sk_node_get(n, "aliases");

	sk_vex_room_ids(rd, e, 1 + (sk_node_is(aliases, SK_NODE_ARRAY) ? aliases->count : 0));
	sk_vex_add_id(rd, e, sk_node_is(n, SK_NODE_STRING) ? n : sk_node_get(n, "name"));
	sk_node_each(alias, aliases)
		sk_vex_add_id(rd, e, alias);
}

/* An id that is a package URL or a reference, identifiers, hashes: all that is said counts. */
static void read_component(struct sk_vex_reader *rd, const struct sk_node *n,
			   struct sk_identity *id)
{
	const struct sk_node *name = sk_node_is(n, SK_NODE_STRING) ? n : sk_node_get(n, "@id");
	const struct sk_node *identifiers = sk_node_get(n, "identifiers");
	struct sk_span hash = sk_node_str(sk_node_path(n, "hashes", "sha-256", NULL));

	sk_identity_add(id, sk_node_str(name), rd->arena);
	sk_identity_add(id, sk_node_str(sk_node_get(identifiers, "purl")), rd->arena);
	sk_identity_add(id, sk_node_str(sk_node_get(identifiers, "cpe22")), rd->arena);
	sk_identity_add(id, sk_node_str(sk_node_get(identifiers, "cpe23")), rd->arena);
	/* A file's or package's hash is not ours to know; an image's is its digest. */
	if (hash.len && !id->purl)
		id->digest = sk_arena_printf(rd->arena, "sha256:%.*s", (int)hash.len, hash.ptr);
}

static struct sk_product *read_product(struct sk_vex_reader *rd, const struct sk_node *n,
				       const struct sk_node *parts)
{
	struct sk_product *p = sk_arena_alloc(rd->arena, sizeof(*p));

	read_component(rd, n, &p->self);
	if (!sk_node_is(parts, SK_NODE_ARRAY) || !parts->count)
		return p;
	p->parts = sk_arena_alloc(rd->arena, parts->count * sizeof(*p->parts));
	sk_node_each(part, parts)
		read_component(rd, part, &p->parts[p->part_count++]);
	return p;
}

static int read_products(struct sk_vex_reader *rd, const struct sk_node *statement,
			 struct sk_exception *e)
{
	const struct sk_node *drafts = sk_node_get(statement, "subcomponents");

	sk_node_each(n, sk_node_get(statement, "products")) {
		const struct sk_node *parts = sk_node_get(n, "subcomponents");
		int r = sk_vex_add_product(rd, e, read_product(rd, n, parts ? parts : drafts));

		if (r < 0)
			return r;
	}
	return 0;
}

static void read_words(struct sk_vex_reader *rd, const struct sk_node *n, struct sk_exception *e)
{
	static const char *const reasons[] = { "impact_statement", "action_statement", "status_notes" };
	const struct sk_node *justification = sk_node_get(n, "justification");

	if (!sk_vex_status_parse(sk_node_str(sk_node_get(n, "status")), &e->says.status))
		sk_vex_invalid(e, "has no status that VEX knows");
	e->says.justification = sk_vex_text(rd, justification);
	if (e->says.justification && !sk_vex_justification_valid(sk_node_str(justification)))
		sk_vex_invalid(e, "has a justification that OpenVEX does not know");
	for (size_t i = 0; i < SK_COUNT(reasons) && !e->says.reason; i++)
		e->says.reason = sk_vex_text(rd, sk_node_get(n, reasons[i]));
}

int sk_vex_read_openvex(struct sk_vex_reader *rd, const struct sk_node *root)
{
	const struct sk_node *updated = sk_node_get(root, "last_updated");
	int r = 0;

	sk_vex_document(rd, sk_node_get(root, "author"),
			updated ? updated : sk_node_get(root, "timestamp"));
	sk_node_each(n, sk_node_get(root, "statements")) {
		const struct sk_node *when = sk_node_get(n, "last_updated");
		struct sk_exception *e =
			sk_vex_statement(rd, n, when ? when : sk_node_get(n, "timestamp"));

		read_vulnerability(rd, sk_node_get(n, "vulnerability"), e);
		read_words(rd, n, e);
		r = read_products(rd, n, e);
		if (r == 0)
			r = sk_vex_finish(rd, e);
		if (r < 0)
			break;
	}
	return r;
}
