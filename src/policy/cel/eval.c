/* SPDX-License-Identifier: Apache-2.0 */
/* Programs and evals: making, running, and what functions ask of an eval. */
#include "policy/cel/plan.h"
#include "policy/cel/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DEFAULT_MEMORY (64u << 20)
/* Tree, types and plan of the largest expression that is allowed take less. */
#define MAX_PROGRAM (512u << 20)
/* Between two looks at the clock; a step takes some nanoseconds, at most a few microseconds. */
#define TICKS 256u

/* ---- programs ---- */

struct sk_cel_program *sk_cel_compile(const struct sk_cel_env *env, const char *text, size_t len,
				      unsigned flags, struct sk_cel_issues *issues)
{
	struct sk_cel_program *program = calloc(1, sizeof(*program));
	uint32_t before = issues->count;
	struct sk_cel_node *root;

	if (!program)
		abort();
	program->arena.limit = MAX_PROGRAM;
	root = sk_cel_parse(env, text, len, &program->arena, issues);
	if (root &&
	    sk_cel_check(env, root, text, len, flags, &program->arena, &program->checked, issues)) {
		program->variables = env->variables;
		if (flags & SK_CEL_NO_CHECK)
			strcpy(program->type, "dyn");
		else
			sk_cel_type_text(program->checked.type, program->type,
					 sizeof(program->type));
		sk_cel_estimate(root, &program->min_cost, &program->max_cost);
		if (!(flags & SK_CEL_CHECK_ONLY))
			program->plan = sk_cel_plan(root, &program->arena, program);
		if (!program->arena.failed)
			return program;
	}
	if (issues->count == before)
		sk_cel_issue(issues, text, len, 0, 0, "there is no memory for the expression");
	sk_cel_program_free(program);
	return NULL;
}

void sk_cel_program_free(struct sk_cel_program *program)
{
	if (!program)
		return;
	for (uint32_t i = 0; i < program->regex_count; i++)
		sk_cel_regex_free(program->regexes[i]);
	sk_cel_arena_release(&program->arena);
	free(program);
}

const char *sk_cel_program_type(const struct sk_cel_program *program)
{
	return program->type;
}

void sk_cel_program_cost(const struct sk_cel_program *program, uint64_t *ret_min, uint64_t *ret_max)
{
	*ret_min = program->min_cost;
	*ret_max = program->max_cost;
}

bool sk_cel_program_reads(const struct sk_cel_program *program, unsigned slot)
{
	return slot < program->variables && program->checked.reads[slot / 64] >> slot % 64 & 1;
}

/* ---- evals ---- */

struct sk_cel_eval *sk_cel_eval_new(void)
{
	struct sk_cel_eval *ev = calloc(1, sizeof(*ev));

	if (!ev)
		abort();
	sk_cel_eval_reset(ev, &(struct sk_cel_limits){ 0 });
	return ev;
}

void sk_cel_eval_free(struct sk_cel_eval *ev)
{
	if (!ev)
		return;
	sk_cel_regex_cache_release(&ev->regexes);
	sk_cel_arena_release(&ev->arena);
	free(ev);
}

void sk_cel_eval_reset(struct sk_cel_eval *ev, const struct sk_cel_limits *limits)
{
	ev->arena.limit = limits->memory ? limits->memory : DEFAULT_MEMORY;
	sk_cel_arena_reset(&ev->arena);
	ev->left = ev->limit = limits->cost ? limits->cost : UINT64_MAX;
	ev->deadline = limits->deadline;
	ev->ticks = TICKS;
	ev->late = false;
}

struct sk_cel_arena *sk_cel_eval_arena(struct sk_cel_eval *ev)
{
	return &ev->arena;
}

uint64_t sk_cel_eval_cost(const struct sk_cel_eval *ev)
{
	return ev->limit - ev->left;
}

struct sk_cel_regex_cache *sk_cel_eval_regexes(struct sk_cel_eval *ev)
{
	return &ev->regexes;
}

bool sk_cel_look_at_clock(struct sk_cel_eval *ev)
{
	struct timespec now;

	ev->ticks = TICKS;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if ((int64_t)now.tv_sec * 1000000000 + now.tv_nsec < ev->deadline)
		return true;
	ev->late = true; /* for whoever asks next, too */
	return false;
}

struct sk_cel_value sk_cel_run(const struct sk_cel_program *program, struct sk_cel_eval *ev,
			       const struct sk_cel_activation *activation)
{
	const struct sk_cel_activation *outer = ev->activation;
	struct sk_cel_value *locals = ev->locals, *resolved = ev->resolved, result;
	uint32_t offset = ev->offset;

	if (ev->nesting >= SK_CEL_MAX_RUNS)
		return sk_cel_fail(ev, SK_CEL_ELIMIT,
				   "expressions need each other more than %u levels deep",
				   SK_CEL_MAX_RUNS);
	ev->nesting++;
	ev->activation = activation;
	ev->resolved = NULL;
	ev->locals =
		program->checked.locals
			? sk_cel_alloc(&ev->arena, program->checked.locals * sizeof(*ev->locals))
			: NULL;
	result = program->checked.locals && !ev->locals ? sk_cel_full(ev)
							: sk_cel_do(program->plan, ev);
	ev->activation = outer;
	ev->locals = locals;
	ev->resolved = resolved;
	ev->offset = offset;
	ev->nesting--;
	return result;
}

/* ---- errors ---- */

__attribute__((format(printf, 4, 0))) static struct sk_cel_value
fail(struct sk_cel_eval *ev, int code, uint32_t offset, const char *fmt, va_list args)
{
	static const struct sk_cel_error full = { SK_CEL_ELIMIT, 0, "the memory limit is reached" };
	struct sk_cel_value v = { .kind = SK_CEL_ERROR, .error = &full };
	struct sk_cel_error *error = sk_cel_alloc(&ev->arena, sizeof(*error));
	char text[512], *copy;
	int n = vsnprintf(text, sizeof(text), fmt, args);

	if (n < 0)
		n = 0;
	if ((size_t)n >= sizeof(text))
		n = sizeof(text) - 1;
	copy = error ? sk_cel_alloc(&ev->arena, (size_t)n + 1) : NULL;
	if (!copy)
		return v;
	memcpy(copy, text, (size_t)n);
	*error = (struct sk_cel_error){ code, offset, copy };
	v.error = error;
	return v;
}

struct sk_cel_value sk_cel_fail(struct sk_cel_eval *ev, int code, const char *fmt, ...)
{
	struct sk_cel_value v;
	va_list args;

	va_start(args, fmt);
	v = fail(ev, code, ev->offset, fmt, args);
	va_end(args);
	return v;
}

struct sk_cel_value sk_cel_fail_at(const struct sk_cel_plan *p, struct sk_cel_eval *ev, int code,
				   const char *fmt, ...)
{
	struct sk_cel_value v;
	va_list args;

	va_start(args, fmt);
	v = fail(ev, code, p->offset, fmt, args);
	va_end(args);
	return v;
}

struct sk_cel_value sk_cel_full(struct sk_cel_eval *ev)
{
	static const struct sk_cel_error memory = { SK_CEL_ELIMIT, 0,
						    "the memory limit is reached" };
	static const struct sk_cel_error cost = { SK_CEL_ELIMIT, 0, "the cost limit is reached" };
	static const struct sk_cel_error time = { SK_CEL_ELIMIT, 0, "the time limit is reached" };
	const struct sk_cel_error *error = ev->arena.failed ? &memory : ev->late ? &time : &cost;

	return (struct sk_cel_value){ .kind = SK_CEL_ERROR, .error = error };
}

struct sk_cel_value sk_cel_no_overload(const struct sk_cel_plan *p, struct sk_cel_eval *ev,
				       const char *name, const struct sk_cel_value *args,
				       uint32_t count)
{
	char list[300] = "";
	size_t at = 0;

	for (uint32_t i = 0; i < count && at < sizeof(list); i++)
		at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s", i ? ", " : "",
				       sk_cel_kind_name(args[i]));
	return sk_cel_fail_at(p, ev, SK_CEL_ENO_OVERLOAD, "no such overload: %s(%s)", name, list);
}

static struct sk_cel_value merge_unknowns(struct sk_cel_eval *ev, const struct sk_cel_unknown *a,
					  const struct sk_cel_unknown *b)
{
	struct sk_cel_unknown *both = sk_cel_alloc(&ev->arena, sizeof(*both));
	const char **list = sk_cel_alloc(&ev->arena, (a->count + b->count + 1) * sizeof(*list));
	uint32_t n = 0;

	if (!both || !list)
		return sk_cel_full(ev);
	for (uint32_t i = 0; i < a->count; i++)
		list[n++] = a->attributes[i];
	for (uint32_t i = 0; i < b->count; i++) {
		uint32_t k = 0;

		while (k < a->count && strcmp(a->attributes[k], b->attributes[i]) != 0)
			k++;
		if (k == a->count)
			list[n++] = b->attributes[i];
	}
	both->count = n;
	both->attributes = list;
	return (struct sk_cel_value){ .kind = SK_CEL_UNKNOWN, .unknown = both };
}

struct sk_cel_value sk_cel_merge_bad(struct sk_cel_eval *ev, struct sk_cel_value a,
				     struct sk_cel_value b)
{
	if (!sk_cel_is_bad(a) || sk_cel_is_fatal(b))
		return b;
	if (!sk_cel_is_bad(b) || sk_cel_is_fatal(a))
		return a;
	if (a.kind == SK_CEL_UNKNOWN && b.kind == SK_CEL_UNKNOWN)
		return a.unknown == b.unknown ? a : merge_unknowns(ev, a.unknown, b.unknown);
	return b.kind == SK_CEL_UNKNOWN ? b : a;
}

/* ---- for functions ---- */

bool sk_cel_charge(struct sk_cel_eval *ev, uint64_t cost)
{
	if (!sk_cel_spend(ev, cost)) {
		ev->left = 0;
		return false;
	}
	return sk_cel_in_time(ev);
}

void *sk_cel_eval_alloc(struct sk_cel_eval *ev, size_t size)
{
	return sk_cel_alloc(&ev->arena, size);
}

struct sk_cel_value sk_cel_new_string(struct sk_cel_eval *ev, size_t len, char **ret_bytes)
{
	char *bytes = len <= UINT32_MAX / 2 ? sk_cel_alloc(&ev->arena, len) : NULL;

	if (!bytes)
		return sk_cel_full(ev);
	*ret_bytes = bytes;
	return sk_cel_string(bytes, len);
}

struct sk_cel_value sk_cel_new_list(struct sk_cel_eval *ev, uint32_t count,
				    struct sk_cel_value **ret_items)
{
	struct sk_cel_list *list = sk_cel_alloc(&ev->arena, sizeof(*list));
	struct sk_cel_value *items = sk_cel_alloc(&ev->arena, (size_t)count * sizeof(*items));

	if (!list || !items)
		return sk_cel_full(ev);
	list->count = count;
	list->items = items;
	*ret_items = items;
	return sk_cel_list(list);
}

struct sk_cel_value sk_cel_new_optional(struct sk_cel_eval *ev, struct sk_cel_value v)
{
	struct sk_cel_value *some = sk_cel_alloc(&ev->arena, sizeof(*some));

	if (!some)
		return sk_cel_full(ev);
	*some = v;
	return (struct sk_cel_value){ .kind = SK_CEL_OPTIONAL, .some = some };
}
