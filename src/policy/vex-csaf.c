/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSAF 2.0 (docs.oasis-open.org/csaf), any profile with product_status: the
 * product tree gives ids, vulnerabilities say what is so for which ids.
 */
#include "policy/vex-read.h"

struct csaf {
	struct sk_vex_reader *rd;
	struct sk_map products; /* product_id: struct sk_product */
	struct sk_map groups;	/* group_id: the node of its product_ids */
	struct sk_strings ids;	/* of the vulnerability that is read */
};

/* ---- the product tree ---- */

/* full_product_name_t: an id, and what the product can be known by. */
static void read_name(struct csaf *c, const struct sk_node *n, struct sk_product *p)
{
	struct sk_vex_reader *rd = c->rd;
	struct sk_span id = sk_node_str(sk_node_get(n, "product_id"));
	const struct sk_node *helper = sk_node_get(n, "product_identification_helper");

	if (!id.len)
		return;
	sk_identity_add(&p->self, sk_node_str(sk_node_get(helper, "cpe")), rd->arena);
	sk_identity_add(&p->self, sk_node_str(sk_node_get(helper, "purl")), rd->arena);
	sk_map_put(&c->products, id, p);
}

static void read_branches(struct csaf *c, const struct sk_node *branches)
{
	sk_node_each(n, branches) {
		if (sk_node_get(n, "product"))
			read_name(c, sk_node_get(n, "product"),
				  sk_arena_alloc(c->rd->arena, sizeof(struct sk_product)));
		read_branches(c, sk_node_get(n, "branches"));
	}
}

/* "This component of that product", under an id of its own. */
static void read_relationship(struct csaf *c, const struct sk_node *n)
{
	const struct sk_product *part =
		sk_map_get(&c->products, sk_node_str(sk_node_get(n, "product_reference")));
	const struct sk_product *whole =
		sk_map_get(&c->products, sk_node_str(sk_node_get(n, "relates_to_product_reference")));
	const struct sk_node *name = sk_node_get(n, "full_product_name");
	struct sk_product *p = sk_arena_alloc(c->rd->arena, sizeof(*p));

	if (!part || !whole)
		return;
	p->self = whole->self;
	p->parts = sk_arena_alloc(c->rd->arena, sizeof(*p->parts));
	p->parts[p->part_count++] = part->self;
	sk_map_put(&c->products, sk_node_str(sk_node_get(name, "product_id")), p);
}

static void read_tree(struct csaf *c, const struct sk_node *tree)
{
	read_branches(c, sk_node_get(tree, "branches"));
	sk_node_each(n, sk_node_get(tree, "full_product_names"))
		read_name(c, n, sk_arena_alloc(c->rd->arena, sizeof(struct sk_product)));
	sk_node_each(n, sk_node_get(tree, "relationships"))
		read_relationship(c, n);
	sk_node_each(n, sk_node_get(tree, "product_groups"))
		sk_map_put(&c->groups, sk_node_str(sk_node_get(n, "group_id")),
			   (void *)(uintptr_t)sk_node_get(n, "product_ids"));
}

/* ---- what is said of them ---- */

/* By product: why it is not affected, in a word or in a sentence. */
struct reasons {
	struct sk_map flags, threats;
};

static int note_ids(struct csaf *c, const struct sk_node *ids, const struct sk_node *value,
		    struct sk_map *map)
{
	sk_node_each(id, ids) {
		/* Groups are read again for each that names them: counted as products are. */
		if (sk_vex_count(c->rd, 1) < 0)
			return -SK_ELIMIT;
		sk_map_put(map, sk_node_str(id), (void *)(uintptr_t)value);
	}
	return 0;
}

/* A flag or threat without ids is about all products: it stands under "". */
static int note(struct csaf *c, const struct sk_node *n, const struct sk_node *value,
		struct sk_map *map)
{
	const struct sk_node *ids = sk_node_get(n, "product_ids"), *groups = sk_node_get(n, "group_ids");
	int r = note_ids(c, ids, value, map);

	if (!ids && !groups)
		sk_map_put(map, SK_SPAN_LIT(""), (void *)(uintptr_t)value);
	sk_node_each(group, groups)
		if (r == 0)
			r = note_ids(c, sk_map_get(&c->groups, sk_node_str(group)), value, map);
	return r;
}

static int read_reasons(struct csaf *c, const struct sk_node *vulnerability, struct reasons *why)
{
	int r = 0;

	sk_node_each(n, sk_node_get(vulnerability, "flags"))
		if (r == 0)
			r = note(c, n, sk_node_get(n, "label"), &why->flags);
	sk_node_each(n, sk_node_get(vulnerability, "threats"))
		if (r == 0 && sk_span_is(sk_node_str(sk_node_get(n, "category")), "impact"))
			r = note(c, n, sk_node_get(n, "details"), &why->threats);
	sk_node_each(n, sk_node_get(vulnerability, "remediations"))
		if (r == 0)
			r = note(c, n, sk_node_get(n, "details"), &why->threats);
	return r;
}

static const struct sk_node *reason_of(const struct sk_map *map, struct sk_span product)
{
	const struct sk_node *n = sk_map_get(map, product);

	return n ? n : sk_map_get(map, SK_SPAN_LIT(""));
}

static void read_ids(struct csaf *c, const struct sk_node *n)
{
	const struct sk_node *ids = sk_node_get(n, "ids");
	struct sk_exception holder = { 0 };

	sk_vex_room_ids(c->rd, &holder, 1 + (sk_node_is(ids, SK_NODE_ARRAY) ? ids->count : 0));
	sk_vex_add_id(c->rd, &holder, sk_node_get(n, "cve"));
	sk_node_each(id, ids)
		sk_vex_add_id(c->rd, &holder, sk_node_get(id, "text"));
	c->ids = holder.ids;
}

/* Products with the same status and reasons are one statement. */
static struct sk_exception *statement_of(struct csaf *c, const struct sk_node *n,
					 enum sk_vex_status status, const struct sk_node *flag,
					 const struct sk_node *threat, struct sk_map *made)
{
	const struct sk_node *why[] = { flag, threat };
	struct sk_span key = sk_span(why, sizeof(why));
	struct sk_exception *e = sk_map_get(made, key);

	if (e)
		return e;
	e = sk_vex_statement(c->rd, n, sk_node_get(n, "release_date"));
	sk_map_put(made, sk_span(sk_arena_dup(c->rd->arena, key), key.len), e);
	e->ids = c->ids;
	e->says.status = status;
	if (status == SK_VEX_NOT_AFFECTED)
		e->says.justification = sk_vex_text(c->rd, flag);
	e->says.reason = sk_vex_text(c->rd, threat);
	return e;
}

static int read_status(struct csaf *c, const struct sk_node *n, const struct reasons *why,
		       const char *key, enum sk_vex_status status)
{
	struct sk_map made = { 0 };
	int r = 0;

	sk_node_each(id, sk_node_path(n, "product_status", key, NULL)) {
		struct sk_span product_id = sk_node_str(id);
		const struct sk_product *product = sk_map_get(&c->products, product_id);

		if (!product || r < 0)
			continue;
		r = sk_vex_add_product(c->rd,
				       statement_of(c, n, status, reason_of(&why->flags, product_id),
						    reason_of(&why->threats, product_id), &made),
				       product);
	}
	for (size_t i = 0; i < made.entries.len && r == 0; i++)
		r = sk_vex_finish(c->rd, made.entries.data[i].value);
	sk_map_release(&made);
	return r;
}

static int read_vulnerability(struct csaf *c, const struct sk_node *n)
{
	static const struct {
		const char *key;
		enum sk_vex_status status;
	} statuses[] = {
		{ "known_not_affected", SK_VEX_NOT_AFFECTED }, { "fixed", SK_VEX_FIXED },
		{ "first_fixed", SK_VEX_FIXED },	       { "known_affected", SK_VEX_AFFECTED },
		{ "first_affected", SK_VEX_AFFECTED },	       { "last_affected", SK_VEX_AFFECTED },
		{ "under_investigation", SK_VEX_INVESTIGATED },
	};
	struct reasons why = { 0 };
	int r = read_reasons(c, n, &why);

	read_ids(c, n);
	for (size_t i = 0; i < SK_COUNT(statuses) && r == 0; i++)
		r = read_status(c, n, &why, statuses[i].key, statuses[i].status);
	sk_map_release(&why.flags);
	sk_map_release(&why.threats);
	return r;
}

int sk_vex_read_csaf(struct sk_vex_reader *rd, const struct sk_node *root)
{
	const struct sk_node *document = sk_node_get(root, "document");
	struct csaf c = { .rd = rd };
	int r = 0;

	if (!sk_span_starts(sk_node_str(sk_node_get(document, "csaf_version")), "2."))
		return sk_err_set(rd->err, SK_EINVAL, "%s: line %u: no csaf_version that is known", rd->file,
				  document->line);
	sk_vex_document(rd, sk_node_path(document, "publisher", "name", NULL),
			sk_node_path(document, "tracking", "current_release_date", NULL));
	read_tree(&c, sk_node_get(root, "product_tree"));
	sk_node_each(n, sk_node_get(root, "vulnerabilities"))
		if (r == 0)
			r = read_vulnerability(&c, n);
	sk_map_release(&c.products);
	sk_map_release(&c.groups);
	return r;
}
