/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evaluation: an expression as text, or, behind a byte below 0x20, bytes that
 * choose one. Plans with and without the checker say what the slow reference
 * interpreter says; costs stay within what was estimated and within a limit.
 */
#include "cel-generate.h"
#include "cel-reference.h"
#include "cel-world.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_STEPS = 20000, MAX_TEXT = 4096 };

struct run {
	const char *text;
	size_t len;
	struct sk_cel_value wanted;
	bool trouble; /* some part is an error or unknown: less may have run than is estimated */
	struct sk_cel_eval *eval, *reference;
};

static void fail(const struct run *r, const char *what, struct sk_cel_value got)
{
	struct sk_cel_arena arena = { .limit = 1 << 20 };
	size_t len;

	fprintf(stderr, "%s: %.*s\n  got    %s\n  wanted %s\n", what, (int)r->len, r->text,
		sk_cel_print(&arena, got, false, &len),
		sk_cel_print(&arena, r->wanted, false, &len));
	abort();
}

static bool same_unknowns(const struct sk_cel_unknown *a, const struct sk_cel_unknown *b)
{
	for (uint32_t i = 0; i < a->count; i++) {
		uint32_t k = 0;

		while (k < b->count && strcmp(a->attributes[i], b->attributes[k]) != 0)
			k++;
		if (k == b->count)
			return false;
	}
	return a->count == b->count;
}

static bool is_limit(struct sk_cel_value v)
{
	return v.kind == SK_CEL_ERROR && v.error->code == SK_CEL_ELIMIT;
}

/* As text, so that 1 is not 1u, and NaN is itself. */
static bool same_result(struct sk_cel_value a, struct sk_cel_value b)
{
	struct sk_cel_arena arena = { .limit = 4 << 20 };
	const char *x, *y;
	size_t len;
	bool same;

	if (a.kind != b.kind)
		return false;
	if (a.kind == SK_CEL_ERROR)
		return is_limit(a) == is_limit(b);
	if (a.kind == SK_CEL_UNKNOWN)
		return same_unknowns(a.unknown, b.unknown);
	x = sk_cel_print(&arena, a, false, &len);
	y = sk_cel_print(&arena, b, false, &len);
	same = !x || !y || strcmp(x, y) == 0;
	sk_cel_arena_release(&arena);
	return same;
}

static void check_costs(const struct run *r, const struct sk_cel_program *program,
			const struct sk_cel_activation *input, struct sk_cel_value full)
{
	uint64_t min, max, cost = sk_cel_eval_cost(r->eval);
	struct sk_cel_value v;

	sk_cel_program_cost(program, &min, &max);
	if (cost > max || (!r->trouble && cost < min)) {
		fprintf(stderr, "cost %llu not in %llu to %llu\n", (unsigned long long)cost,
			(unsigned long long)min, (unsigned long long)max);
		fail(r, "cost", full);
	}
	if (cost == 0)
		return;
	sk_cel_eval_reset(r->eval, &(struct sk_cel_limits){ .cost = cost });
	v = sk_cel_run(program, r->eval, input);
	if (!same_result(v, r->wanted))
		fail(r, "with just the cost that it has", v);
	sk_cel_eval_reset(r->eval, &(struct sk_cel_limits){ .cost = cost / 2 + 1 });
	v = sk_cel_run(program, r->eval, input);
	if (cost > cost / 2 + 1 && !is_limit(v))
		fail(r, "with half the cost", v);
	if (sk_cel_eval_cost(r->eval) > cost / 2 + 1)
		fail(r, "more cost than allowed", v);
}

static void check(const struct run *r, const struct world *w, unsigned flags)
{
	struct sk_cel_activation input = { .slots = w->slots, .count = w->count };
	struct sk_cel_issues issues = { 0 };
	struct sk_cel_program *program = sk_cel_compile(w->env, r->text, r->len, flags, &issues);
	struct sk_cel_value v;

	if (program) {
		sk_cel_eval_reset(r->eval, &(struct sk_cel_limits){ .memory = 256 << 20 });
		v = sk_cel_run(program, r->eval, &input);
		if (!same_result(v, r->wanted))
			fail(r, flags ? "without check" : "checked", v);
		check_costs(r, program, &input, v);
	}
	sk_cel_program_free(program);
	sk_cel_issues_release(&issues);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct world *w = world();
	char text[MAX_TEXT];
	struct run r = { .text = (const char *)data, .len = size };

	if (size && data[0] < 0x20) {
		r.len = generate(data + 1, size - 1, text, sizeof(text));
		r.text = text;
	}
	if (r.len > MAX_TEXT)
		return 0;
	r.eval = sk_cel_eval_new();
	r.reference = sk_cel_eval_new();
	sk_cel_eval_reset(r.reference, &(struct sk_cel_limits){ .memory = 64 << 20 });
	r.wanted = sk_cel_reference(w->env, r.reference, r.text, r.len, w->slots, w->count,
				    MAX_STEPS, &r.trouble);
	if (r.wanted.kind != SK_CEL_ABSENT && !is_limit(r.wanted)) {
		check(&r, w, SK_CEL_NO_CHECK);
		check(&r, w, 0);
	}
	sk_cel_eval_free(r.eval);
	sk_cel_eval_free(r.reference);
	return 0;
}
