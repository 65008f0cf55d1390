/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cel/plan.h"

struct planner {
	struct sk_cel_arena *arena;
	struct sk_cel_program *program;
	bool full;
	struct sk_cel_plan none; /* where memory has run out */
};

static struct sk_cel_plan *plan_node(struct planner *pl, const struct sk_cel_node *n);

static struct sk_cel_plan *new_plan(struct planner *pl, const struct sk_cel_node *n,
				    sk_cel_run_fn *run)
{
	struct sk_cel_plan *p = sk_cel_alloc(pl->arena, sizeof(*p));

	if (!p) {
		pl->full = true;
		return &pl->none;
	}
	p->run = run;
	p->offset = n->offset;
	p->node = n;
	return p;
}

/* The target first where there is one: it is the first argument of a member call. */
static void plan_args(struct planner *pl, struct sk_cel_plan *p, const struct sk_cel_node *target,
		      struct sk_cel_node *const *nodes, uint32_t count)
{
	const struct sk_cel_plan **args = sk_cel_alloc(pl->arena, (count + 1) * sizeof(*args));
	uint32_t n = 0;

	if (!args) {
		pl->full = true;
		return;
	}
	if (target)
		args[n++] = plan_node(pl, target);
	for (uint32_t i = 0; i < count; i++)
		args[n++] = nodes[i] ? plan_node(pl, nodes[i]) : NULL;
	p->args = args;
	p->count = n;
}

static void set_key(struct sk_cel_plan *p, const char *name)
{
	p->value = sk_cel_string(name, strlen(name));
	p->hash = sk_cel_hash_text(name, strlen(name));
}

static struct sk_cel_plan *plan_select(struct planner *pl, const struct sk_cel_node *n)
{
	const struct sk_cel_type *type =
		n->target->type ? sk_cel_type_resolve(n->target->type) : NULL;
	bool has = n->kind == SK_CEL_NODE_HAS;
	struct sk_cel_plan *p = new_plan(pl, n, has ? sk_cel_run_has : sk_cel_run_select);

	if (has && n->slot_kind == SK_CEL_SLOT_VARIABLE)
		p->run = sk_cel_run_has_variable;
	else if (n->flags & SK_CEL_NODE_OPTIONAL)
		p->run = sk_cel_run_opt_select;
	else if (type && type->kind == SK_CEL_T_STRUCT) {
		p->slot = sk_cel_struct_field(type->decl, n->name, strlen(n->name));
		p->decl = type->decl;
		if (p->slot >= 0)
			p->run = has ? sk_cel_run_has_field : sk_cel_run_field;
	}
	set_key(p, n->name);
	p->target = plan_node(pl, n->target);
	return p;
}

static struct sk_cel_plan *plan_ident(struct planner *pl, const struct sk_cel_node *n)
{
	struct sk_cel_plan *p = new_plan(pl, n, sk_cel_run_no_name);

	p->slot = n->slot;
	if (n->slot_kind == SK_CEL_SLOT_LOCAL)
		p->run = sk_cel_run_local;
	else if (n->slot_kind == SK_CEL_SLOT_VARIABLE)
		p->run = sk_cel_run_variable;
	return p;
}

static bool is_plain_const(const struct sk_cel_node *n)
{
	return n->kind == SK_CEL_NODE_CONST && n->value.kind != SK_CEL_TYPE;
}

static struct sk_cel_plan *plan_equal(struct planner *pl, const struct sk_cel_node *n)
{
	struct sk_cel_plan *p =
		new_plan(pl, n, n->op == SK_CEL_OP_EQ ? sk_cel_run_equal : sk_cel_run_unequal);

	p->op = n->op;
	if (is_plain_const(n->args[1]) || is_plain_const(n->args[0])) {
		bool second = is_plain_const(n->args[1]);

		p->run = sk_cel_run_equal_const;
		p->value = n->args[second]->value;
		p->target = plan_node(pl, n->args[!second]);
		return p;
	}
	plan_args(pl, p, NULL, n->args, n->count);
	return p;
}

static struct sk_cel_plan *plan_operator(struct planner *pl, const struct sk_cel_node *n)
{
	static sk_cel_run_fn *const runs[] = {
		[SK_CEL_OP_OR] = sk_cel_run_or,
		[SK_CEL_OP_AND] = sk_cel_run_and,
		[SK_CEL_OP_CHOICE] = sk_cel_run_choice,
		[SK_CEL_OP_NOT] = sk_cel_run_not,
		[SK_CEL_OP_NEGATE] = sk_cel_run_negate,
		[SK_CEL_OP_LT] = sk_cel_run_order,
		[SK_CEL_OP_LE] = sk_cel_run_order,
		[SK_CEL_OP_GT] = sk_cel_run_order,
		[SK_CEL_OP_GE] = sk_cel_run_order,
		[SK_CEL_OP_IN] = sk_cel_run_in,
		[SK_CEL_OP_ADD] = sk_cel_run_arithmetic,
		[SK_CEL_OP_SUB] = sk_cel_run_arithmetic,
		[SK_CEL_OP_MUL] = sk_cel_run_arithmetic,
		[SK_CEL_OP_DIV] = sk_cel_run_arithmetic,
		[SK_CEL_OP_MOD] = sk_cel_run_arithmetic,
		[SK_CEL_OP_INDEX] = sk_cel_run_index,
		[SK_CEL_OP_OPT_INDEX] = sk_cel_run_opt_index,
	};
	struct sk_cel_plan *p;

	if (n->op == SK_CEL_OP_EQ || n->op == SK_CEL_OP_NE)
		return plan_equal(pl, n);
	p = new_plan(pl, n, runs[n->op]);
	p->op = n->op;
	plan_args(pl, p, NULL, n->args, n->count);
	return p;
}

/* text.matches('constant'): the pattern is compiled here, once for all threads. */
static bool plan_matches(struct planner *pl, const struct sk_cel_node *n, struct sk_cel_plan *p)
{
	const struct sk_cel_node *pattern = n->count ? n->args[n->count - 1] : NULL;
	struct sk_cel_program *program = pl->program;
	struct sk_cel_regex *regex;
	const char *error;
	size_t at;

	if (strcmp(n->name, "matches") != 0 || n->count + (n->target != NULL) != 2 || !pattern ||
	    pattern->kind != SK_CEL_NODE_CONST || pattern->value.kind != SK_CEL_STRING ||
	    program->regex_count == sizeof(program->regexes) / sizeof(program->regexes[0]))
		return false;
	regex = sk_cel_regex_new(pattern->value.str, pattern->value.len, 0, &error, &at);
	if (!regex)
		return false; /* an error while evaluating, as the specification has it */
	program->regexes[program->regex_count++] = regex;
	p->run = sk_cel_run_matches;
	p->regex = regex;
	p->target = plan_node(pl, n->target ? n->target : n->args[0]);
	return true;
}

static struct sk_cel_plan *plan_call(struct planner *pl, const struct sk_cel_node *n)
{
	struct sk_cel_plan *p;

	if (n->op)
		return plan_operator(pl, n);
	p = new_plan(pl, n, sk_cel_run_dispatch);
	p->function = n->function;
	p->callee = n->callee;
	if (plan_matches(pl, n, p))
		return p;
	if (!n->function)
		p->run = sk_cel_run_missing;
	else if (n->callee && n->callee->decl->fn)
		p->run = sk_cel_run_call;
	if (n->callee)
		p->fn = n->callee->decl->fn;
	plan_args(pl, p, n->target, n->args, n->count);
	return p;
}

static struct sk_cel_plan *plan_struct(struct planner *pl, const struct sk_cel_node *n)
{
	struct sk_cel_plan *p = new_plan(pl, n, sk_cel_run_struct);

	p->decl = n->type && n->type->kind == SK_CEL_T_STRUCT ? n->type->decl : NULL;
	if (!p->decl)
		p->run = sk_cel_run_no_name;
	plan_args(pl, p, NULL, n->args, n->count);
	return p;
}

static struct sk_cel_plan *plan_loop(struct planner *pl, const struct sk_cel_node *n)
{
	static sk_cel_run_fn *const runs[] = {
		[SK_CEL_LOOP_ALL] = sk_cel_run_all,
		[SK_CEL_LOOP_EXISTS] = sk_cel_run_exists,
		[SK_CEL_LOOP_EXISTS_ONE] = sk_cel_run_exists_one,
		[SK_CEL_LOOP_LIST] = sk_cel_run_collect,
		[SK_CEL_LOOP_MAP] = sk_cel_run_collect_map,
		[SK_CEL_LOOP_MAP_ENTRY] = sk_cel_run_collect_entries,
	};
	struct sk_cel_plan *p = new_plan(pl, n, runs[n->loop]);

	p->slot = n->slot;
	p->name_count = n->name_count;
	p->target = plan_node(pl, n->target);
	plan_args(pl, p, NULL, n->args, n->count);
	return p;
}

static struct sk_cel_plan *plan_node(struct planner *pl, const struct sk_cel_node *n)
{
	struct sk_cel_plan *p;

	switch (n->kind) {
	case SK_CEL_NODE_CONST:
		p = new_plan(pl, n, sk_cel_run_const);
		p->value = n->value;
		return p;
	case SK_CEL_NODE_IDENT:
		return plan_ident(pl, n);
	case SK_CEL_NODE_SELECT:
	case SK_CEL_NODE_HAS:
		return plan_select(pl, n);
	case SK_CEL_NODE_CALL:
		return plan_call(pl, n);
	case SK_CEL_NODE_LIST:
	case SK_CEL_NODE_MAP:
		p = new_plan(pl, n, n->kind == SK_CEL_NODE_LIST ? sk_cel_run_list : sk_cel_run_map);
		p->marks = n->optional;
		plan_args(pl, p, NULL, n->args, n->count);
		return p;
	case SK_CEL_NODE_STRUCT:
		return plan_struct(pl, n);
	case SK_CEL_NODE_LOOP:
		return plan_loop(pl, n);
	case SK_CEL_NODE_BIND:
		p = new_plan(pl, n, sk_cel_run_bind);
		p->slot = n->slot;
		p->target = plan_node(pl, n->target);
		plan_args(pl, p, NULL, n->args, n->count);
		return p;
	default:
		return new_plan(pl, n, sk_cel_run_no_name);
	}
}

const struct sk_cel_plan *sk_cel_plan(const struct sk_cel_node *root, struct sk_cel_arena *arena,
				      struct sk_cel_program *program)
{
	struct planner pl = { .arena = arena, .program = program };
	const struct sk_cel_plan *p = plan_node(&pl, root);

	return pl.full ? NULL : p;
}
