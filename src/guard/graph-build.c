/* SPDX-License-Identifier: Apache-2.0 */
/* From the trees of conditions to one graph without repetition. */
#include "base/buf.h"
#include "base/limits.h"
#include "guard/graph-fold.h"
#include "guard/rules-collect.h"

#include <stdio.h>

/* What building needs and matching does not. */
struct builder {
	struct sk_graph *g;
	struct sk_map slots, checks, nodes, filters; /* written forms, and filters by address, to numbers + 1 */
	struct sk_rule *rule;			     /* being compiled */
	struct sk_err err;
	uint32_t err_offset;
	const struct sk_rule_text *err_text; /* the macro in which it is; NULL: the rule itself */
	bool failed;
};

static uint32_t number_of(void *value)
{
	return (uint32_t)(uintptr_t)value - 1;
}

/* The number under the key, or a new one, for which *ret_new is set. */
static uint32_t intern(struct builder *b, struct sk_map *map, struct sk_span key, size_t count, bool *ret_new)
{
	void *known = sk_map_get(map, key);

	*ret_new = !known;
	if (known)
		return number_of(known);
	sk_map_put(map, sk_span(sk_arena_dup(&b->g->arena, key), key.len), (void *)(uintptr_t)(count + 1));
	return (uint32_t)count;
}

__attribute__((format(printf, 3, 4))) static uint32_t fail(struct builder *b, uint32_t offset, const char *fmt, ...)
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

static const char *nearest_field(struct sk_span name)
{
	const char *best = NULL;
	size_t best_score = 0;

	/* The longest common beginning and end: fields are built of few words. */
	for (size_t c = 0; sk_field_classes[c]; c++)
		for (const struct sk_field *f = sk_field_classes[c]->fields; f->name; f++) {
			size_t len = strlen(f->name), head = 0, tail = 0;

			while (head < len && head < name.len && f->name[head] == name.ptr[head])
				head++;
			while (tail < len - head && tail < name.len - head &&
			       f->name[len - 1 - tail] == name.ptr[name.len - 1 - tail])
				tail++;
			if (head + tail > best_score && head + tail + 3 > len && head + tail + 3 > name.len) {
				best = f->name;
				best_score = head + tail;
			}
		}
	return best;
}

/* "evt.arg.flags" is the field "evt.arg" with the argument "flags". */
static const struct sk_field *find_field(const struct sk_operand *o, struct sk_span *ret_arg)
{
	static const char *const dotted[] = { "evt.arg.", "evt.rawarg.", "container.label.", "k8s.pod.label.",
					      "k8s.ns.label." };

	*ret_arg = o->arg;
	for (size_t i = 0; i < SK_COUNT(dotted); i++)
		if (sk_span_starts(o->text, dotted[i])) {
			size_t n = strlen(dotted[i]);

			*ret_arg = sk_span_from(o->text, n);
			return sk_field_find(sk_span_sub(o->text, 0, n - 1));
		}
	return sk_field_find(o->text);
}

static uint32_t field_slot(struct builder *b, const struct sk_operand *o)
{
	sk_cleanup(sk_buf_release) struct sk_buf key = { 0 };
	struct sk_slot slot = { .kind = SK_SLOT_FIELD };
	const char *near;
	bool is_new;
	uint64_t index;
	uint32_t n;

	slot.field = find_field(o, &slot.arg.text);
	if (!slot.field) {
		near = nearest_field(o->text);
		return fail(b, o->offset, "there is no field \"%.*s\"%s%s%s", (int)o->text.len, o->text.ptr,
			    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	}
	if (!slot.arg.text.ptr && (slot.field->flags & SK_FIELD_ARG_REQUIRED))
		return fail(b, o->offset, "\"%s\" wants an argument in brackets", slot.field->name);
	if (slot.arg.text.ptr && !(slot.field->flags & (SK_FIELD_ARG_REQUIRED | SK_FIELD_ARG_ALLOWED)))
		return fail(b, o->offset, "\"%s\" takes no argument", slot.field->name);
	slot.arg.index = -1;
	if (sk_span_u64(slot.arg.text, &index) && index < INT32_MAX)
		slot.arg.index = (int64_t)index;
	else if (slot.arg.text.ptr && (slot.field->flags & SK_FIELD_ARG_INDEX))
		return fail(b, o->offset, "the argument of \"%s\" must be a number", slot.field->name);
	slot.type = slot.field->type;
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

static uint32_t operand_slot(struct builder *b, const struct sk_operand *o);

static uint32_t count_operands(const struct sk_operand *first)
{
	uint32_t n = 0;

	for (const struct sk_operand *o = first; o; o = o->next)
		n += o->kind == SK_OPERAND_LIST ? count_operands(o->first) : 1;
	return n;
}

/* One operand of a transformer: a slot, or a constant; lists are spread. */
static bool fill_operands(struct builder *b, const struct sk_operand *first, uint32_t *from,
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
			from[*n] = operand_slot(b, o);
			if (from[*n] == SK_NO_SLOT)
				return false;
			types[*n] = b->g->slots.data[from[*n]].type;
		}
		++*n;
	}
	return true;
}

static uint32_t transform_slot(struct builder *b, const struct sk_operand *o)
{
	sk_cleanup(sk_buf_release) struct sk_buf key = { 0 };
	struct sk_slot slot = { .kind = SK_SLOT_TRANSFORM, .transform = sk_transform_find(o->text), .arg = { o->arg, -1 } };
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
	type = sk_transform_type(slot.transform, types, count, &b->err);
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

static uint32_t operand_slot(struct builder *b, const struct sk_operand *o)
{
	return o->kind == SK_OPERAND_TRANSFORM ? transform_slot(b, o) : field_slot(b, o);
}

/* ---- checks ---- */

static bool slot_has_many(const struct sk_slot *slot)
{
	return slot->kind == SK_SLOT_FIELD && (slot->field->flags & SK_FIELD_ANY) && !slot->arg.text.ptr;
}

/* Equalities over texts become sets of numbers of the slot's dictionary. */
static void make_ids(struct builder *b, struct sk_check *c)
{
	struct sk_slot *slot = &b->g->slots.data[c->slot];
	uint64_t *ids;

	if (c->type != SK_FIELD_TEXT || c->right_slot >= 0 || slot_has_many(slot) ||
	    (c->op != SK_OP_EQ && c->op != SK_OP_IN && c->op != SK_OP_INTERSECTS) ||
	    (c->modifier != SK_MODIFIER_NONE && c->modifier != SK_MODIFIER_ANYOF))
		return;
	for (uint32_t i = 0; i < c->count; i++)
		if (!sk_map_get(&slot->dictionary, c->texts[i]))
			sk_map_put(&slot->dictionary, c->texts[i], (void *)(slot->dictionary.entries.len + 1));
	c->id_words = (uint32_t)(slot->dictionary.entries.len / 64 + 1);
	ids = sk_arena_alloc(&b->g->arena, c->id_words * sizeof(*ids));
	for (uint32_t i = 0; i < c->count; i++) {
		uint32_t n = number_of(sk_map_get(&slot->dictionary, c->texts[i]));

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

static bool is_field(const struct sk_operand *o)
{
	return o && (o->kind == SK_OPERAND_FIELD || o->kind == SK_OPERAND_TRANSFORM);
}

static uint32_t check_number(struct builder *b, const struct sk_filter *f)
{
	sk_cleanup(sk_buf_release) struct sk_buf key = { 0 };
	uint32_t slot = operand_slot(b, f->left), n;
	int32_t right = -1;
	struct sk_check check;
	bool is_new;

	if (slot == SK_NO_SLOT)
		return SK_NO_SLOT;
	if (is_field(f->right)) {
		right = (int32_t)operand_slot(b, f->right);
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
	make_ids(b, &check);
	*sk_vec_push(&b->g->checks) = check;
	return n;
}

/* ---- nodes ---- */

static uint32_t build(struct builder *b, const struct sk_filter *f);

static uint32_t build_series(struct builder *b, const struct sk_filter *f)
{
	SK_VEC(uint32_t) children = { 0 };
	uint32_t n = SK_NO_SLOT;

	for (const struct sk_filter *child = f->first; child && !b->failed; child = child->next)
		*sk_vec_push(&children) = build(b, child);
	if (!b->failed)
		n = sk_fold_series(b->g, f->kind == SK_FILTER_AND ? SK_NODE_AND : SK_NODE_OR, children.data,
				   (uint32_t)children.len);
	sk_vec_release(&children);
	return n;
}

static uint32_t build(struct builder *b, const struct sk_filter *f)
{
	uint32_t n;
	void *known;

	switch (f->kind) {
	case SK_FILTER_AND:
	case SK_FILTER_OR:
		return build_series(b, f);
	case SK_FILTER_NOT:
		n = build(b, f->first);
		return b->failed ? SK_NO_SLOT : sk_fold_not(b->g, n);
	case SK_FILTER_MACRO: /* shared by all that name it, so built once */
		known = sk_map_get(&b->filters, sk_span(&f->first, sizeof(f->first)));
		if (known)
			return number_of(known);
		n = build(b, f->first);
		if (b->failed && !b->err_text)
			b->err_text = &((struct sk_rule_macro *)sk_map_get(&b->g->rules->macros, f->macro))->condition;
		if (!b->failed)
			sk_map_put(&b->filters, sk_span(&f->first, sizeof(f->first)), (void *)(uintptr_t)(n + 1));
		return n;
	default:
		n = check_number(b, f);
		return b->failed ? SK_NO_SLOT : sk_fold_check(b->g, n);
	}
}

static void build_rule(struct builder *b, struct sk_rule *rule)
{
	uint32_t n = 0;

	b->rule = rule;
	b->failed = false;
	b->err_text = NULL;
	b->err = SK_ERR_INIT;
	if (rule->filter && !rule->left_out)
		n = build(b, rule->filter);
	if (b->failed) {
		rule->left_out = true;
		sk_rules_problem(b->g->rules, rule->skip_if_unknown ? SK_PROBLEM_WARNING : SK_PROBLEM_ERROR,
				 b->err_text ? b->err_text : &rule->condition, b->err_offset, "rule \"%.*s\": %s", (int)rule->name.len,
				 rule->name.ptr, b->err.text);
		n = 0;
	}
	*sk_vec_push(&b->g->roots) = rule->left_out || !rule->enabled ? 0 : n;
}

struct sk_graph *sk_graph_new(struct sk_rules *rules)
{
	struct sk_graph *g = sk_alloc(sizeof(*g));
	struct builder b = { .g = g };

	g->rules = rules;
	sk_fold_init(g);
	for (size_t i = 0; i < rules->rules.len; i++)
		build_rule(&b, rules->rules.data[i]);
	for (int type = 0; type < SK_EVENT_COUNT; type++)
		sk_fold_type(g, (enum sk_event_type)type);
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
	sk_arena_release(&g->arena);
	free(g);
}
