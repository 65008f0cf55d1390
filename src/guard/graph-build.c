/* SPDX-License-Identifier: Apache-2.0 */
/* From the trees of conditions to one graph without repetition. */
#include "base/buf.h"
#include "base/limits.h"
#include "guard/graph-build.h"
#include "guard/graph-fold.h"
#include "guard/rules-collect.h"

#include <stdio.h>

static uint32_t number_of(void *value)
{
	return (uint32_t)(uintptr_t)value - 1;
}

/* The number under the key, or a new one, for which *ret_new is set. */
static uint32_t intern(struct sk_graph_builder *b, struct sk_map *map, struct sk_span key, size_t count, bool *ret_new)
{
	void *known = sk_map_get(map, key);

	*ret_new = !known;
	if (known)
		return number_of(known);
	sk_map_put(map, sk_span(sk_arena_dup(&b->g->arena, key), key.len), (void *)(uintptr_t)(count + 1));
	return (uint32_t)count;
}

__attribute__((format(printf, 3, 4))) static uint32_t fail(struct sk_graph_builder *b, uint32_t offset, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!b->failed) {
		sk_err_set(&b->err, SK_EINVAL, "%s", text);
		b->err_offset = offset;
	}
	b->failed = true;
	return SK_NO_SLOT;
}

/* ---- slots ---- */

static uint32_t field_slot(struct sk_graph_builder *b, const struct sk_operand *o)
{
	sk_cleanup(sk_buf_release) struct sk_buf key = { 0 };
	struct sk_slot slot = { .kind = SK_SLOT_FIELD };
	struct sk_err err = SK_ERR_INIT;
	bool is_new;
	uint32_t n;

	slot.field = sk_field_resolve(o->text, o->arg, &slot.arg, &err);
	if (!slot.field)
		return fail(b, o->offset, "%s", err.text);
	slot.type = sk_field_type_of(slot.field, &slot.arg);
	sk_buf_puts(&key, slot.field->name);
	if (slot.arg.text.ptr) {
		sk_buf_putc(&key, '[');
		sk_buf_span(&key, slot.arg.text);
	}
	n = intern(b, &b->slots, sk_buf_view(&key), b->g->slots.len, &is_new);
	if (is_new)
		*sk_vec_push(&b->g->slots) = slot;
	return n;
}

static uint32_t single_slot(struct sk_graph_builder *b, const struct sk_operand *o);

static uint32_t count_operands(const struct sk_operand *first)
{
	uint32_t n = 0;

	for (const struct sk_operand *o = first; o; o = o->next)
		n += o->kind == SK_OPERAND_LIST ? count_operands(o->first) : 1;
	return n;
}

/* One operand of a transformer: a slot, or a constant; lists are spread. */
static bool fill_operands(struct sk_graph_builder *b, const struct sk_operand *first, uint32_t *from,
			  struct sk_field_value *constants, enum sk_field_type *types, uint32_t *n)
{
	for (const struct sk_operand *o = first; o; o = o->next) {
		if (o->kind == SK_OPERAND_LIST) {
			if (!fill_operands(b, o->first, from, constants, types, n))
				return false;
			continue;
		}
		from[*n] = SK_NO_SLOT;
		types[*n] = SK_FIELD_TEXT;
		if (o->kind == SK_OPERAND_VALUE) {
			constants[*n] = (struct sk_field_value){ .type = SK_FIELD_TEXT, .text = o->text };
		} else {
			from[*n] = single_slot(b, o);
			if (from[*n] == SK_NO_SLOT)
				return false;
			types[*n] = b->g->slots.data[from[*n]].type;
		}
		++*n;
	}
	return true;
}

static uint32_t transform_slot(struct sk_graph_builder *b, const struct sk_operand *o)
{
	sk_cleanup(sk_buf_release) struct sk_buf key = { 0 };
	struct sk_slot slot = { .kind = SK_SLOT_TRANSFORM, .transform = sk_transform_find(o->text), .arg = { o->arg, 0 } };
	uint32_t count = count_operands(o->first), n = 0;
	uint32_t *from = sk_arena_alloc(&b->g->arena, (count + 1) * sizeof(*from));
	struct sk_field_value *constants = sk_arena_alloc(&b->g->arena, (count + 1) * sizeof(*constants));
	sk_autofree enum sk_field_type *types = sk_alloc((count + 1) * sizeof(*types));
	bool is_new;
	int type;

	if (count > SK_MAX_TRANSFORM_OPERANDS)
		return fail(b, o->offset, "more than %u operands", SK_MAX_TRANSFORM_OPERANDS);
	if (!fill_operands(b, o->first, from, constants, types, &n))
		return SK_NO_SLOT;
	type = sk_transform_type(slot.transform, o, types, count, &b->err);
	if (type < 0) {
		b->failed = true;
		b->err_offset = o->offset;
		return SK_NO_SLOT;
	}
	slot.type = (enum sk_field_type)type;
	slot.from = from;
	slot.constants = constants;
	slot.from_count = count;
	sk_buf_span(&key, o->text);
	for (uint32_t i = 0; i < count; i++) {
		sk_buf_printf(&key, "(%u", from[i]);
		if (from[i] == SK_NO_SLOT)
			sk_buf_string(&key, constants[i].text);
	}
	sk_buf_putc(&key, '[');
	sk_buf_span(&key, o->arg);
	n = intern(b, &b->slots, sk_buf_view(&key), b->g->slots.len, &is_new);
	if (is_new)
		*sk_vec_push(&b->g->slots) = slot;
	return n;
}

uint32_t sk_build_operand(struct sk_graph_builder *b, const struct sk_operand *o)
{
	return o->kind == SK_OPERAND_TRANSFORM ? transform_slot(b, o) : field_slot(b, o);
}

/* Where one value is needed: in a transformer, and on the right-hand side. */
static uint32_t single_slot(struct sk_graph_builder *b, const struct sk_operand *o)
{
	uint32_t slot = sk_build_operand(b, o);

	if (slot == SK_NO_SLOT || !sk_slot_has_many(&b->g->slots.data[slot]))
		return slot;
	return fail(b, o->offset, "\"%.*s\" has several values; here it must be one", (int)o->text.len, o->text.ptr);
}

/* ---- checks ---- */

static bool is_equality(const struct sk_check *c)
{
	return c->right_slot < 0 && (c->op == SK_OP_EQ || c->op == SK_OP_IN || c->op == SK_OP_INTERSECTS) &&
	       (c->modifier == SK_MODIFIER_NONE || c->modifier == SK_MODIFIER_ANYOF) &&
	       (c->type == SK_FIELD_TEXT || c->type == SK_FIELD_INT || c->type == SK_FIELD_PORT);
}

static struct sk_span constant_key(const struct sk_check *c, uint32_t i)
{
	return c->type == SK_FIELD_TEXT ? c->texts[i] : sk_span(&c->numbers[i], sizeof(c->numbers[i]));
}

/* Equalities over texts and numbers become sets of numbers of the slot's dictionary. */
static void make_ids(struct sk_graph_builder *b, struct sk_check *c)
{
	struct sk_map *dictionary = &b->g->slots.data[c->slot].dictionary;
	uint64_t *ids;

	if (!is_equality(c))
		return;
	for (uint32_t i = 0; i < c->count; i++)
		if (!sk_map_get(dictionary, constant_key(c, i)))
			sk_map_put(dictionary, constant_key(c, i), (void *)(dictionary->entries.len + 1));
	c->id_words = (uint32_t)(dictionary->entries.len / 64 + 1);
	ids = sk_arena_alloc(&b->g->arena, c->id_words * sizeof(*ids));
	for (uint32_t i = 0; i < c->count; i++) {
		uint32_t n = number_of(sk_map_get(dictionary, constant_key(c, i)));

		ids[n / 64] |= 1ull << n % 64;
	}
	c->ids = ids;
}

static void write_check(struct sk_buf *key, const struct sk_filter *f, uint32_t slot, int32_t right_slot)
{
	sk_buf_printf(key, "%u %d %d %d", slot, (int)f->op, (int)f->modifier, right_slot);
	if (right_slot >= 0 || !f->right)
		return;
	if (f->right->kind == SK_OPERAND_VALUE) {
		sk_buf_string(key, f->right->text);
		return;
	}
	for (const struct sk_operand *o = f->right->first; o; o = o->next)
		sk_buf_string(key, o->text);
}

/* evt.type = read: well known elsewhere, but no event of that type is made here. */
static void warn_unseen_types(struct sk_graph_builder *b, const struct sk_filter *f, const struct sk_check *c)
{
	const struct sk_slot *slot = &b->g->slots.data[c->slot];

	if (slot->kind != SK_SLOT_FIELD || !(slot->field->flags & SK_FIELD_OF_TYPE) || c->type != SK_FIELD_TEXT ||
	    !sk_span_ends(sk_span_str(slot->field->name), ".type") || c->right_slot >= 0)
		return;
	for (uint32_t i = 0; i < c->count; i++)
		if ((c->op == SK_OP_EQ || c->op == SK_OP_IN) && sk_event_type_named(c->texts[i]) == SK_EVENT_COUNT)
			sk_rules_problem(b->g->rules, SK_PROBLEM_NOTE, b->text, f->offset,
					 "no event of type \"%.*s\" is made here", (int)c->texts[i].len, c->texts[i].ptr);
}

static bool is_field(const struct sk_operand *o)
{
	return o && (o->kind == SK_OPERAND_FIELD || o->kind == SK_OPERAND_TRANSFORM);
}

static uint32_t check_number(struct sk_graph_builder *b, const struct sk_filter *f)
{
	sk_cleanup(sk_buf_release) struct sk_buf key = { 0 };
	uint32_t slot = sk_build_operand(b, f->left), n;
	int32_t right = -1;
	struct sk_check check;
	bool is_new;

	if (slot == SK_NO_SLOT)
		return SK_NO_SLOT;
	if (is_field(f->right)) {
		right = (int32_t)single_slot(b, f->right);
		if (b->failed)
			return SK_NO_SLOT;
		if (b->g->slots.data[right].type != b->g->slots.data[slot].type)
			return fail(b, f->right->offset, "compares %s with %s",
				    sk_field_type_name(b->g->slots.data[slot].type),
				    sk_field_type_name(b->g->slots.data[right].type));
	}
	write_check(&key, f, slot, right);
	n = intern(b, &b->checks, sk_buf_view(&key), b->g->checks.len, &is_new);
	if (!is_new)
		return n;
	if (sk_check_init(&check, f, b->g->slots.data[slot].type, &b->g->arena, &b->err) < 0) {
		sk_check_release(&check);
		*sk_vec_push(&b->g->checks) = (struct sk_check){ 0 }; /* keeps the numbers in step */
		b->failed = true;
		b->err_offset = f->right ? f->right->offset : f->offset;
		return SK_NO_SLOT;
	}
	check.slot = slot;
	check.right_slot = right;
	warn_unseen_types(b, f, &check);
	make_ids(b, &check);
	*sk_vec_push(&b->g->checks) = check;
	return n;
}

/* ---- nodes ---- */

static uint32_t build(struct sk_graph_builder *b, const struct sk_filter *f);

static uint32_t build_series(struct sk_graph_builder *b, const struct sk_filter *f)
{
	SK_VEC(uint32_t) children = { 0 };
	uint32_t n = SK_NO_SLOT;

	for (const struct sk_filter *child = f->first; child && !b->failed; child = child->next)
		*sk_vec_push(&children) = build(b, child);
	if (!b->failed)
		n = sk_fold_series(b->g, f->kind == SK_FILTER_AND ? SK_GRAPH_AND : SK_GRAPH_OR, children.data,
				   (uint32_t)children.len);
	sk_vec_release(&children);
	return n;
}

/* A condition that is written in another text, which stays set where that fails: errors are told there. */
static uint32_t build_within(struct sk_graph_builder *b, const struct sk_filter *f, const struct sk_rule_text *text)
{
	const struct sk_rule_text *outer = b->text;
	uint32_t n;

	b->text = text;
	if (++b->depth > SK_MAX_GRAPH_DEPTH)
		n = fail(b, f->offset, "macros in macros nest too deeply");
	else
		n = build(b, f);
	b->depth--;
	if (!b->failed)
		b->text = outer;
	return n;
}

/* Shared by all that name it, so built once. */
static uint32_t build_macro(struct sk_graph_builder *b, const struct sk_filter *f)
{
	struct sk_rule_macro *macro = sk_map_get(&b->g->rules->macros, f->macro);
	void *known = sk_map_get(&b->filters, f->macro);
	uint32_t n;

	if (known)
		return number_of(known);
	n = build_within(b, f->first, &macro->condition);
	if (b->failed)
		return SK_NO_SLOT;
	sk_map_put(&b->filters, macro->name, (void *)(uintptr_t)(n + 1));
	return n;
}

static uint32_t build(struct sk_graph_builder *b, const struct sk_filter *f)
{
	uint32_t n;

	switch (f->kind) {
	case SK_FILTER_AND:
	case SK_FILTER_OR:
		return build_series(b, f);
	case SK_FILTER_NOT:
		n = build_within(b, f->first, f->text ? f->text : b->text);
		return b->failed ? SK_NO_SLOT : sk_fold_not(b->g, n);
	case SK_FILTER_MACRO:
		return build_macro(b, f);
	default:
		n = check_number(b, f);
		return b->failed ? SK_NO_SLOT : sk_fold_check(b->g, n);
	}
}

static void leave_out(struct sk_graph_builder *b, struct sk_detection *rule)
{
	rule->left_out = true;
	sk_rules_problem(b->g->rules, rule->skip_if_unknown ? SK_PROBLEM_WARNING : SK_PROBLEM_ERROR, b->text,
			 b->err_offset, "rule \"%.*s\": %s", (int)rule->name.len, rule->name.ptr, b->err.text);
}

static void build_rule(struct sk_graph_builder *b, struct sk_detection *rule)
{
	struct sk_output output = { 0 };
	uint32_t n = 0;

	b->failed = false;
	b->err = SK_ERR_INIT;
	b->text = &rule->condition;
	if (rule->filter && !rule->left_out)
		n = build(b, rule->filter);
	if (!b->failed && !rule->left_out) {
		b->text = &rule->output;
		sk_build_output(b, &rule->output, &output);
	}
	if (b->failed)
		leave_out(b, rule);
	*sk_vec_push(&b->g->outputs) = output;
	*sk_vec_push(&b->g->roots) = rule->left_out || !rule->enabled ? 0 : n;
}

/* What every alert says besides, as Falco's container plugin has it. */
static void build_context(struct sk_graph_builder *b)
{
	static const struct sk_rule_text context = {
		.text = SK_SPAN_INIT(" container_id=%container.id container_name=%container.name"
				    " container_image_repository=%container.image.repository"
				    " container_image_tag=%container.image.tag"
				    " k8s_pod_name=%k8s.pod.name k8s_ns_name=%k8s.ns.name"),
	};

	b->failed = false;
	sk_build_output(b, &context, sk_vec_push(&b->g->outputs));
}

static void build_additions(struct sk_graph_builder *b)
{
	for (size_t i = 0; i < b->g->rules->additions.count; i++) {
		struct sk_output_addition *a = sk_vec_push(&b->g->additions);
		struct sk_rule_text text = { .text = b->g->rules->additions.items[i].text };

		b->failed = false;
		a->addition = &b->g->rules->additions.items[i];
		sk_build_output(b, &text, &a->output);
		if (b->failed) /* whoever read it has checked it and said so */
			b->g->additions.len--;
	}
}

int sk_addition_check(const struct sk_addition *addition, struct sk_err *err)
{
	sk_cleanup(sk_rules_release) struct sk_rules rules = { .additions = { addition, 1 } };
	struct sk_graph *g = sk_alloc(sizeof(*g));
	struct sk_graph_builder b = { .g = g };
	struct sk_rule_text text = { .text = addition->text };
	struct sk_output output;

	g->rules = &rules;
	sk_build_output(&b, &text, &output);
	if (b.failed)
		*err = b.err;
	sk_map_release(&b.slots);
	sk_map_release(&b.checks);
	sk_map_release(&b.filters);
	sk_graph_free(g);
	return b.failed ? -err->code : 0;
}

/* A rule that no type of event is ruled out for is asked at every event. */
static void warn_every_type(struct sk_graph *g)
{
	for (size_t i = 0; i < g->rules->rules.len; i++) {
		const struct sk_detection *rule = g->rules->rules.data[i];

		if (!rule->left_out && rule->enabled && rule->warn_evttypes &&
		    g->reach.data[i].types == SK_EVENT_COUNT)
			sk_rules_problem(g->rules, SK_PROBLEM_WARNING, &rule->condition, 0,
					 "rule \"%.*s\": names no evt.type, so every event is looked at",
					 (int)rule->name.len, rule->name.ptr);
	}
}

struct sk_graph *sk_graph_new(struct sk_rules *rules)
{
	struct sk_graph *g = sk_alloc(sizeof(*g));
	struct sk_graph_builder b = { .g = g };

	g->rules = rules;
	for (size_t i = 0; i < rules->rules.len; i++)
		rules->rules.data[i]->number = (uint32_t)i;
	sk_fold_init(g);
	for (size_t i = 0; i < rules->rules.len; i++)
		build_rule(&b, rules->rules.data[i]);
	build_context(&b);
	build_additions(&b);
	for (size_t i = 0; i < rules->rules.len; i++)
		sk_vec_push(&g->reach);
	for (int type = 0; type < SK_EVENT_COUNT; type++)
		sk_fold_type(g, (enum sk_event_type)type);
	warn_every_type(g);
	sk_map_release(&b.slots);
	sk_map_release(&b.checks);
	sk_map_release(&b.filters);
	return g;
}

void sk_graph_free(struct sk_graph *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->slots.len; i++)
		sk_map_release(&g->slots.data[i].dictionary);
	for (size_t i = 0; i < g->checks.len; i++)
		sk_check_release(&g->checks.data[i]);
	sk_fold_release(g);
	sk_vec_release(&g->slots);
	sk_vec_release(&g->checks);
	sk_vec_release(&g->nodes);
	sk_vec_release(&g->roots);
	sk_vec_release(&g->outputs);
	sk_vec_release(&g->additions);
	sk_vec_release(&g->reach);
	sk_arena_release(&g->arena);
	free(g);
}

bool sk_graph_uses(const struct sk_graph *g, const char *field)
{
	for (size_t i = 0; i < g->slots.len; i++)
		if (g->slots.data[i].kind == SK_SLOT_FIELD && strcmp(g->slots.data[i].field->name, field) == 0)
			return true;
	return false;
}
