/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fd.h"
#include "base/limits.h"
#include "base/time.h"
#include "policy/vex-read.h"

const char *sk_vex_text(struct sk_vex_reader *rd, const struct sk_node *n)
{
	struct sk_span s = sk_span_trim(sk_node_str(n));

	return s.len ? sk_arena_dup(rd->arena, s) : NULL;
}

void sk_vex_document(struct sk_vex_reader *rd, const struct sk_node *author,
		     const struct sk_node *issued)
{
	rd->author = sk_vex_text(rd, author);
	rd->issued = sk_node_str(issued);
}

struct sk_exception *sk_vex_statement(struct sk_vex_reader *rd, const struct sk_node *n,
				      const struct sk_node *when)
{
	struct sk_exception *e = sk_exceptions_new(rd->x);
	struct sk_span time = sk_node_str(when);

	if (!sk_time_parse(time, &e->time)) {
		time = rd->issued;
		if (!sk_time_parse(time, &e->time))
			time.len = 0;
	}
	e->vex = true;
	e->says.source = rd->file;
	e->says.line = n->line;
	e->says.owner = rd->author;
	e->says.timestamp = time.len ? sk_arena_dup(rd->arena, time) : NULL;
	return e;
}

void sk_vex_room_ids(struct sk_vex_reader *rd, struct sk_exception *e, size_t room)
{
	e->ids.items = sk_arena_alloc(rd->arena, room * sizeof(*e->ids.items) + 1);
}

void sk_vex_add_id(struct sk_vex_reader *rd, struct sk_exception *e, const struct sk_node *id)
{
	const char *text = sk_vex_text(rd, id);

	if (text)
		e->ids.items[e->ids.count++] = text;
}

int sk_vex_count(struct sk_vex_reader *rd, size_t more)
{
	rd->named += more;
	if (rd->named > SK_MAX_VEX_NAMES)
		return sk_err_set(rd->err, SK_ELIMIT, "%s: more than %u statements, ids and products",
				  rd->file, SK_MAX_VEX_NAMES);
	return 0;
}

int sk_vex_add_product(struct sk_vex_reader *rd, struct sk_exception *e,
		       const struct sk_product *product)
{
	size_t room = e->product_count;

	if (sk_vex_count(rd, 1) < 0)
		return -SK_ELIMIT;
	/* Full at each power of two; the arena keeps the older lists, as much again at most. */
	if ((room & (room - 1)) == 0) {
		const struct sk_product **more =
			sk_arena_alloc(rd->arena, (room ? 2 * room : 1) * sizeof(*more));

		if (room)
			memcpy(more, e->products, room * sizeof(*more));
		e->products = more;
	}
	e->products[e->product_count++] = product;
	return 0;
}

void sk_vex_invalid(struct sk_exception *e, const char *problem)
{
	if (!e->problem)
		e->problem = problem;
}

int sk_vex_finish(struct sk_vex_reader *rd, struct sk_exception *e)
{
	if (sk_vex_count(rd, 1 + e->ids.count) < 0)
		return -SK_ELIMIT;
	if (!e->ids.count)
		sk_vex_invalid(e, "names no vulnerability");
	if (!e->product_count)
		sk_vex_invalid(e, "names no product");
	if (e->says.status == SK_VEX_ACCEPTED)
		sk_vex_invalid(e, "has no status that VEX knows");
	if (e->says.status == SK_VEX_NOT_AFFECTED && !e->says.justification && !e->says.reason)
		sk_vex_invalid(e, "says not_affected without a justification or an impact statement");
	sk_exceptions_add(rd->x, e);
	return 0;
}

/* How the three are told apart: a member that only one of them has. */
static const struct form {
	const char *member, *text; /* text: how its value begins; NULL: any */
	int (*read)(struct sk_vex_reader *rd, const struct sk_node *root);
} forms[] = {
	{ "@context", "https://openvex.dev/ns", sk_vex_read_openvex },
	{ "bomFormat", "CycloneDX", sk_vex_read_cyclonedx },
	{ "document", NULL, sk_vex_read_csaf },
};

static const struct form *find_form(const struct sk_node *root)
{
	for (size_t i = 0; i < SK_COUNT(forms); i++) {
		const struct sk_node *n = sk_node_get(root, forms[i].member);

		if (n && (!forms[i].text || sk_span_starts(sk_node_str(n), forms[i].text)))
			return &forms[i];
	}
	return NULL;
}

int sk_vex_parse(struct sk_exceptions *x, const char *file, struct sk_span text,
		 struct sk_err *err)
{
	struct sk_vex_reader rd = { .x = x, .arena = &x->arena, .err = err };
	struct sk_doc doc = { 0 };
	const struct form *form;
	int r = sk_doc_parse(&doc, SK_DOC_JSON, text, SK_DOC_STRICT_KEYS, err);

	rd.file = sk_arena_str(&x->arena, file);
	if (r < 0)
		return sk_err_wrap(err, "%s", file);
	form = find_form(doc.root);
	if (!form)
		r = sk_err_set(err, SK_EINVAL,
			       "%s: this is no VEX document: neither OpenVEX nor CSAF nor CycloneDX", file);
	else
		r = form->read(&rd, doc.root);
	sk_doc_release(&doc);
	return r;
}

int sk_vex_load(struct sk_exceptions *x, const char *file, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	int r = sk_path_slurp(file, SK_MAX_VEX, &text, err);

	return r < 0 ? r : sk_vex_parse(x, file, sk_buf_view(&text), err);
}
