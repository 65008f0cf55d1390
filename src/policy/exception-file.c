/* SPDX-License-Identifier: Apache-2.0 */
/* Reading .sekishoignore.yaml, and what is wrong with its entries. */
#include "policy/exception.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/time.h"
#include "doc/doc.h"
#include "policy/exception-entry.h"
#include "policy/product.h"
#include "policy/scope.h"

enum { DAY = 86400 };

struct reading {
	struct sk_exceptions *x;
	struct sk_exception *e;
	struct sk_entry raw;
	const char *file;
};

/* The first problem is told; one is enough to keep an entry from counting. */
static void invalid(struct reading *rd, const char *text)
{
	if (!rd->e->problem)
		rd->e->problem = text;
}

static const char **field_of(struct sk_entry *entry, struct sk_span name)
{
	for (const struct sk_entry_key *key = sk_entry_keys; key->name; key++)
		if (sk_span_is(name, key->name))
			return sk_entry_field(entry, key);
	return NULL;
}

static const char *unknown_key(struct sk_arena *arena, const char *name)
{
	sk_cleanup(sk_buf_release) struct sk_buf list = { 0 };

	for (const struct sk_entry_key *key = sk_entry_keys; key->name; key++)
		sk_buf_printf(&list, "%s%s", key == sk_entry_keys ? "" : key[1].name ? ", " : " and ",
			      key->name);
	return sk_arena_printf(arena, "unknown key '%s'; there are %s", name, sk_buf_str(&list));
}

static void read_key(struct reading *rd, const struct sk_node *n)
{
	struct sk_arena *arena = &rd->x->arena;
	const char **field = field_of(&rd->raw, n->key);
	struct sk_span text = sk_span_trim(sk_node_text(n));
	const char *key = sk_arena_dup(arena, n->key);

	if (!field)
		invalid(rd, unknown_key(arena, key));
	else if (n->type == SK_NODE_ARRAY || n->type == SK_NODE_OBJECT)
		invalid(rd, sk_arena_printf(arena, "'%s' must be a single value", key));
	else if (text.len)
		*field = sk_arena_dup(arena, text);
}

static void read_date(struct reading *rd)
{
	struct sk_span text = sk_span_str(rd->raw.expires);

	if (!sk_time_parse(text, &rd->e->ends))
		invalid(rd, sk_arena_printf(&rd->x->arena, "'%s' is no date such as 2027-01-31",
					    rd->raw.expires));
	/* A date alone means the whole day; UTC, so that it ends at one moment everywhere. */
	else if (text.len == strlen("2027-01-31"))
		rd->e->ends += DAY;
}

static void read_purl(struct reading *rd)
{
	struct sk_arena *arena = &rd->x->arena;
	struct sk_product *product = sk_arena_alloc(arena, sizeof(*product));

	if (!sk_span_starts(sk_span_str(rd->raw.purl), "pkg:"))
		invalid(rd, "'purl' must begin with pkg:");
	else if (!sk_identity_add(&product->self, sk_span_str(rd->raw.purl), arena))
		invalid(rd, "'purl' is no package URL");
	rd->e->products = sk_arena_alloc(arena, sizeof(*rd->e->products));
	rd->e->products[rd->e->product_count++] = product;
}

static void read_status(struct reading *rd)
{
	struct sk_statement *says = &rd->e->says;

	if (rd->raw.status && !sk_vex_status_parse(sk_span_str(rd->raw.status), &says->status))
		invalid(rd, "'status' must be accepted, not_affected, fixed, affected or "
			    "under_investigation");
	if (!rd->raw.justification)
		return;
	if (says->status != SK_VEX_NOT_AFFECTED)
		invalid(rd, "'justification' needs 'status: not_affected'");
	if (!sk_vex_justification_valid(sk_span_str(rd->raw.justification)))
		invalid(rd, "'justification' must be one of OpenVEX's five words");
}

static void read_scope(struct reading *rd)
{
	struct sk_err err = SK_ERR_INIT;

	if (!rd->x->scopes)
		rd->x->scopes = sk_scopes_new();
	rd->e->program = sk_scope_compile(rd->x->scopes, rd->raw.scope, &err);
	if (!rd->e->program)
		invalid(rd, sk_arena_printf(&rd->x->arena, "'scope': %s", err.text));
}

static void check_entry(struct reading *rd)
{
	const struct sk_entry *raw = &rd->raw;

	if (!raw->id && !raw->package && !raw->path && !raw->purl && !raw->scope)
		invalid(rd, "says nothing of what it accepts: id, package, path, purl or scope");
	if (raw->version && !raw->package)
		invalid(rd, "'version' needs 'package'");
	if (raw->purl)
		read_purl(rd);
	if (!raw->reason)
		invalid(rd, "has no reason");
	if (!raw->owner)
		invalid(rd, "has no owner");
	if (!raw->expires)
		invalid(rd, "has no expiry date ('expires: 2027-01-31')");
	else
		read_date(rd);
	read_status(rd);
	if (raw->scope)
		read_scope(rd);
}

static void read_entry(struct sk_exceptions *x, const char *file, const struct sk_node *n)
{
	struct reading rd = { .x = x, .e = sk_exceptions_new(x), .file = file };
	struct sk_exception *e = rd.e;

	if (n->type != SK_NODE_OBJECT)
		invalid(&rd, "must be keys and values ('id: CVE-2024-1')");
	sk_node_each(key, n)
		read_key(&rd, key);
	check_entry(&rd);
	e->package = rd.raw.package;
	e->version = rd.raw.version;
	e->path = rd.raw.path;
	e->purl = rd.raw.purl;
	e->scope = rd.raw.scope;
	if (rd.raw.id) {
		e->ids.items = sk_arena_alloc(&x->arena, sizeof(*e->ids.items));
		e->ids.items[e->ids.count++] = rd.raw.id;
	}
	e->says.reason = rd.raw.reason;
	e->says.owner = rd.raw.owner;
	e->says.until = rd.raw.expires;
	e->says.ticket = rd.raw.ticket;
	e->says.justification = rd.raw.justification;
	e->says.source = file;
	e->says.line = n->line;
	sk_exceptions_add(x, e);
}

static int read_root(struct sk_exceptions *x, const char *file, const struct sk_node *root,
		     struct sk_err *err)
{
	if (!root || root->type == SK_NODE_NULL)
		return 0;
	if (root->type != SK_NODE_OBJECT)
		return sk_err_set(err, SK_EINVAL,
				  "%s: line %u: must begin with 'exceptions:' and a list", file,
				  root->line);
	sk_node_each(list, root) {
		/* 'ignore' is what the list was called first. */
		if (!sk_span_is(list->key, "exceptions") && !sk_span_is(list->key, "ignore"))
			return sk_err_set(err, SK_EINVAL,
					  "%s: line %u: unknown key '%s'; there is 'exceptions'", file,
					  list->line, list->key.ptr);
		if (list->type != SK_NODE_ARRAY && list->type != SK_NODE_NULL)
			return sk_err_set(err, SK_EINVAL, "%s: line %u: '%s' must be a list", file,
					  list->line, list->key.ptr);
		sk_node_each(n, list) {
			if (x->list.len >= SK_MAX_EXCEPTIONS)
				return sk_err_set(err, SK_ELIMIT, "%s: more than %u entries", file,
						  SK_MAX_EXCEPTIONS);
			read_entry(x, file, n);
		}
	}
	return 0;
}

int sk_exceptions_parse(struct sk_exceptions *x, const char *file, struct sk_span text,
			struct sk_err *err)
{
	struct sk_doc doc = { 0 };
	int r = sk_doc_parse(&doc, SK_DOC_YAML, text, SK_DOC_STRICT_KEYS, err);

	if (r < 0)
		r = sk_err_wrap(err, "%s", file);
	else
		r = read_root(x, sk_arena_str(&x->arena, file), doc.root, err);
	sk_doc_release(&doc);
	return r;
}

int sk_exceptions_load(struct sk_exceptions *x, const char *file, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	int r = sk_path_slurp(file, SK_MAX_CONFIG, &text, err);

	return r < 0 ? r : sk_exceptions_parse(x, file, sk_buf_view(&text), err);
}
