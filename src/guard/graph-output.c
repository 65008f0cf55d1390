/* SPDX-License-Identifier: Apache-2.0 */
/* Outputs of rules: compiled with the conditions, so that their values come from the same slots. */
#include "guard/alert.h"
#include "guard/graph-build.h"

#include "base/limits.h"

#include <ctype.h>
#include <stdlib.h>

/* ---- compiling ---- */

struct compiler {
	struct sk_graph_builder *b;
	struct sk_span text;
	size_t at;
	SK_VEC(struct sk_output_piece) pieces;
};

static void wrong(struct compiler *c, const char *what)
{
	if (!c->b->failed)
		sk_err_set(&c->b->err, SK_EINVAL, "output: %s", what);
	c->b->failed = true;
	c->b->err_offset = (uint32_t)c->at;
}

static bool is_clock(const struct sk_slot *slot)
{
	const char *name = slot->kind == SK_SLOT_FIELD ? slot->field->name : "";

	return sk_span_starts(sk_span_str(name), "evt.time") || sk_span_starts(sk_span_str(name), "evt.datetime");
}

static void add_piece(struct compiler *c, struct sk_span text, uint32_t slot, uint32_t width)
{
	if (text.len)
		*sk_vec_push(&c->pieces) = (struct sk_output_piece){ .text = text, .slot = slot, .width = width };
}

/*
 * The field's name goes as far as a known one does: "%proc.name." ends a
 * sentence. Cuts the operand and returns how much is left of it.
 */
static size_t cut_name(struct sk_operand *o, size_t length)
{
	struct sk_field_arg arg;

	if (o->kind != SK_OPERAND_FIELD || sk_field_resolve(o->text, o->arg, &arg, NULL))
		return length;
	for (size_t n = o->text.len - 1; n > 0; n--)
		if (sk_field_resolve(sk_span_sub(o->text, 0, n), sk_span(NULL, 0), &arg, NULL)) {
			o->text.len = n;
			o->arg = sk_span(NULL, 0);
			return n;
		}
	return length;
}

static uint32_t width(struct compiler *c)
{
	uint32_t n = 0;

	while (c->at < c->text.len && isdigit((unsigned char)c->text.ptr[c->at]) && n < SK_MAX_OUTPUT_WIDTH)
		n = n * 10 + (uint32_t)(c->text.ptr[c->at++] - '0');
	if (n >= SK_MAX_OUTPUT_WIDTH)
		wrong(c, "the width is too large");
	return n;
}

/* Behind '%'. */
static void field(struct compiler *c)
{
	struct sk_err err = SK_ERR_INIT;
	uint32_t wide = width(c), slot;
	struct sk_span rest = sk_span_from(c->text, c->at);
	struct sk_operand *o;
	size_t length;

	if (c->b->failed)
		return;
	o = sk_filter_parse_operand(rest, &c->b->g->arena, &length, &err);
	if (!o) {
		wrong(c, "'%' begins a field; '%%' is a per cent sign");
		return;
	}
	length = cut_name(o, length);
	o->offset = (uint32_t)c->at;
	slot = sk_build_operand(c->b, o);
	if (slot == SK_NO_SLOT)
		return;
	if (c->b->g->slots.data[slot].kind == SK_SLOT_FIELD &&
	    c->b->g->slots.data[slot].field->flags & SK_FIELD_FILTER_ONLY)
		wrong(c, "this field is for conditions alone");
	add_piece(c, sk_span_sub(c->text, c->at, length), slot, wide);
	c->pieces.data[c->pieces.len - 1].is_clock = is_clock(&c->b->g->slots.data[slot]);
	c->at += length;
}

static int by_name(const void *a, const void *b)
{
	const struct sk_output_piece *x = *(struct sk_output_piece *const *)a;
	const struct sk_output_piece *y = *(struct sk_output_piece *const *)b;

	return sk_span_cmp(x->text, y->text);
}

/* The fields by name, each once. */
static void list_fields(struct sk_arena *arena, struct sk_output *output)
{
	uint32_t n = 0, kept = 0;

	output->fields = sk_arena_alloc(arena, (output->count + 1) * sizeof(*output->fields));
	for (uint32_t i = 0; i < output->count; i++)
		if (output->pieces[i].slot != SK_NO_SLOT)
			output->fields[n++] = &output->pieces[i];
	if (n > 1)
		qsort(output->fields, n, sizeof(*output->fields), by_name);
	for (uint32_t i = 0; i < n; i++) {
		struct sk_output_piece *piece = output->fields[i];

		if (!kept || !sk_span_eq(output->fields[kept - 1]->text, piece->text))
			output->fields[kept++] = piece;
		piece->field = kept - 1;
	}
	output->field_count = kept;
}

static struct sk_span whole_text(const struct sk_rule_text *text, struct sk_arena *arena)
{
	sk_cleanup(sk_buf_release) struct sk_buf whole = { 0 };

	for (const struct sk_rule_text *t = text; t; t = t->more) {
		if (t != text)
			sk_buf_putc(&whole, ' ');
		sk_buf_span(&whole, t->text);
	}
	return sk_span(sk_arena_dup(arena, sk_buf_view(&whole)), whole.len);
}

/* Rules before Falco 0.41 say "%container.info", for which Falco prints nothing any more: it is no field. */
static bool skip_container_info(struct compiler *c)
{
	static const char name[] = "container.info";

	if (!sk_span_starts(sk_span_from(c->text, c->at), name))
		return false;
	c->at += sizeof(name) - 1;
	return true;
}

void sk_build_output(struct sk_graph_builder *b, const struct sk_rule_text *text, struct sk_output *ret_output)
{
	struct compiler c = { .b = b, .text = whole_text(text, &b->g->arena) };
	size_t from;

	if (sk_span_starts(c.text, "*")) /* Falco: absent values are printed; here they always are */
		c.at = 1;
	while (c.at < c.text.len && !b->failed) {
		from = c.at;
		while (c.at < c.text.len && c.text.ptr[c.at] != '%')
			c.at++;
		add_piece(&c, sk_span_sub(c.text, from, c.at - from), SK_NO_SLOT, 0);
		if (c.at == c.text.len)
			break;
		c.at++;
		if (c.at < c.text.len && c.text.ptr[c.at] == '%') {
			add_piece(&c, sk_span_sub(c.text, c.at++, 1), SK_NO_SLOT, 0);
			continue;
		}
		if (!skip_container_info(&c))
			field(&c);
	}
	ret_output->count = (uint32_t)c.pieces.len;
	ret_output->pieces = sk_arena_alloc(&b->g->arena, (c.pieces.len + 1) * sizeof(*c.pieces.data));
	if (c.pieces.len)
		memcpy(ret_output->pieces, c.pieces.data, c.pieces.len * sizeof(*c.pieces.data));
	list_fields(&b->g->arena, ret_output);
	sk_vec_release(&c.pieces);
}

/* ---- printing ---- */

/* All values of a field that has several, with blanks between. */
static bool print_all(struct sk_graph_eval *eval, const struct sk_event *event, const struct sk_slot *slot,
		      struct sk_buf *out)
{
	struct sk_field_value value = { .type = slot->type };
	unsigned n = 0;

	for (; sk_graph_nth_value(eval, event, slot, n, &value); n++) {
		if (n)
			sk_buf_putc(out, ' ');
		sk_field_print(out, &value);
	}
	return n > 0;
}

static void print_field(struct sk_graph_eval *eval, const struct sk_event *event, const struct sk_slot *slot,
			const struct sk_output_piece *piece, struct sk_alert_field *f, struct sk_buf *out)
{
	const struct sk_field_value *value;

	if (sk_slot_has_many(slot)) {
		f->present = print_all(eval, event, slot, out);
		f->type = SK_FIELD_TEXT;
		return;
	}
	value = sk_graph_slot(eval, event, piece->slot);
	f->present = value != NULL;
	f->type = slot->type;
	if (!value)
		return;
	f->type = value->type;
	f->number = piece->is_clock ? event->time : value->i;
	f->is_clock = piece->is_clock;
	sk_field_print(out, value);
}

static void add_text(const struct sk_output *output, const struct sk_alert *alert, size_t first_field,
		     struct sk_buf *out)
{
	for (uint32_t i = 0; i < output->count; i++) {
		const struct sk_output_piece *p = &output->pieces[i];
		struct sk_span text = p->text;

		if (p->slot != SK_NO_SLOT)
			text = alert->fields.data[first_field + p->field].present ?
				       alert->fields.data[first_field + p->field].text : SK_SPAN_LIT("<NA>");
		if (!p->width || text.len > p->width)
			text = p->width ? sk_span_sub(text, 0, p->width) : text;
		sk_buf_span(out, text);
		for (size_t n = text.len; n < p->width; n++)
			sk_buf_putc(out, ' ');
	}
}

/* The memory may have moved. */
static void set_texts(struct sk_alert *alert)
{
	for (size_t i = 0; i < alert->fields.len; i++)
		alert->fields.data[i].text = sk_span_sub(sk_buf_view(&alert->memory[0]), alert->fields.data[i].at,
							 alert->fields.data[i].len);
}

/* Reads the values of all fields, then writes the text with them. */
static void fill(struct sk_graph_eval *eval, const struct sk_graph *g, const struct sk_event *event,
		 const struct sk_output *output, struct sk_alert *alert, struct sk_buf *out)
{
	struct sk_buf *values = &alert->memory[0];
	size_t first = alert->fields.len;

	for (uint32_t i = 0; i < output->field_count; i++) {
		const struct sk_output_piece *p = output->fields[i];
		struct sk_alert_field *f = sk_vec_push(&alert->fields);

		*f = (struct sk_alert_field){ .name = p->text, .at = values->len };
		print_field(eval, event, &g->slots.data[p->slot], p, f, values);
		f->len = values->len - f->at;
	}
	set_texts(alert);
	add_text(output, alert, first, out);
}

static bool has_tag(const struct sk_detection *rule, struct sk_span tag)
{
	for (size_t i = 0; i < rule->tag_count; i++)
		if (sk_span_is(tag, rule->tags[i]))
			return true;
	return false;
}

static bool is_for(const struct sk_addition *a, const struct sk_detection *rule)
{
	if ((a->source.len && !sk_span_eq(a->source, rule->source)) || (a->rule.len && !sk_span_eq(a->rule, rule->name)))
		return false;
	for (size_t i = 0; i < a->tag_count; i++)
		if (!has_tag(rule, a->tags[i]))
			return false;
	return true;
}

/* A field that is a text made of others, which are not told themselves. */
static void name_text(struct sk_alert *alert, const struct sk_addition *a, size_t first)
{
	struct sk_buf *values = &alert->memory[0], *text = &alert->memory[3];
	struct sk_alert_field *f;

	alert->fields.len = first;
	f = sk_vec_push(&alert->fields);
	*f = (struct sk_alert_field){ .name = a->field, .present = true, .type = SK_FIELD_TEXT, .at = values->len,
				      .len = text->len };
	sk_buf_span(values, sk_buf_view(text));
}

static int by_field(const void *a, const void *b)
{
	const struct sk_alert_field *x = a, *y = b;

	return sk_span_cmp(x->name, y->name);
}

/* Behind the context's fields, and then sorted in with them. */
static void add_what_is_asked(struct sk_graph_eval *eval, const struct sk_graph *g, struct sk_alert *alert)
{
	for (size_t i = 0; i < g->additions.len; i++) {
		const struct sk_addition *a = g->additions.data[i].addition;
		size_t first = alert->fields.len;

		if (!is_for(a, alert->rule))
			continue;
		sk_buf_reset(&alert->memory[3]);
		fill(eval, g, alert->event, &g->additions.data[i].output, alert, &alert->memory[3]);
		if (a->field.len && !a->is_value)
			name_text(alert, a, first);
		if (a->field.len)
			continue;
		sk_buf_putc(&alert->memory[1], ' ');
		sk_buf_span(&alert->memory[1], sk_buf_view(&alert->memory[3]));
	}
	set_texts(alert);
	qsort(alert->fields.data + alert->rule_fields, alert->fields.len - alert->rule_fields, sizeof(*alert->fields.data),
	      by_field);
}

void sk_alert_release(struct sk_alert *alert)
{
	sk_vec_release(&alert->fields);
	for (size_t i = 0; i < SK_COUNT(alert->memory); i++)
		sk_buf_release(&alert->memory[i]);
}

void sk_graph_alert(struct sk_graph_eval *eval, const struct sk_graph *g, const struct sk_event *event,
		    const struct sk_detection *rule, struct sk_alert *alert)
{
	for (size_t i = 0; i < SK_COUNT(alert->memory); i++)
		sk_buf_reset(&alert->memory[i]);
	alert->fields.len = 0;
	alert->rule = rule;
	alert->event = event;
	fill(eval, g, event, &g->outputs.data[rule->number], alert, &alert->memory[1]);
	alert->rule_fields = alert->fields.len;
	fill(eval, g, event, &g->outputs.data[g->outputs.len - 1], alert, &alert->memory[2]);
	if (g->additions.len)
		add_what_is_asked(eval, g, alert);
	alert->text = sk_buf_view(&alert->memory[1]);
	alert->context = sk_buf_view(&alert->memory[2]);
}
