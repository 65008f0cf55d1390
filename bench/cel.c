/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures the expression language: bench-cel CASES POD.json. For each case
 * (cel-cases.txt) a line "name compile evaluate limited cost": nanoseconds of
 * compiling (parse, check and plan), of evaluating, and of evaluating with a
 * cost limit, the least of many rounds; and the cost. bench/cel.sh sets
 * them beside cel-go's.
 */
#include "base/fd.h"
#include "policy/doc-value.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Many short rounds, the best counts: others share the machine, and between their turns one fits. */
enum { ROUNDS = 60 };
#define ROUND_NS 2000000.0

struct bench {
	struct sk_cel_env *env;
	struct sk_cel_eval *eval;
	struct sk_cel_activation input;
	struct sk_span text;
	struct sk_cel_program *program;
	struct sk_cel_limits limits;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "bench-cel: %s\n", what);
	exit(3);
}

static void compile(struct bench *b)
{
	struct sk_cel_issues issues = { 0 };
	struct sk_cel_program *program =
		sk_cel_compile(b->env, b->text.ptr, b->text.len, 0, &issues);

	if (!program)
		die(issues.first->text);
	sk_cel_program_free(b->program);
	b->program = program;
}

static void evaluate(struct bench *b)
{
	sk_cel_eval_reset(b->eval, &b->limits);
	if (sk_cel_run(b->program, b->eval, &b->input).kind != SK_CEL_BOOL)
		die("a case is not true or false");
}

/* The least time of one call. */
static double measure(void (*call)(struct bench *), struct bench *b)
{
	double least = 1e18;
	size_t count = 1;

	for (int round = 0; round < ROUNDS;) {
		double start = now(), took;

		for (size_t i = 0; i < count; i++)
			call(b);
		took = now() - start;
		if (round == 0 && took < ROUND_NS / 2) {
			count *= 2;
			continue;
		}
		least = took / (double)count < least ? took / (double)count : least;
		round++;
	}
	return least;
}

static void run_case(struct bench *b, struct sk_span name, struct sk_span text)
{
	double compiled, free_run, limited;

	b->text = text;
	compiled = measure(compile, b);
	b->limits.cost = 0;
	free_run = measure(evaluate, b);
	b->limits.cost = 1000000;
	limited = measure(evaluate, b);
	printf("%.*s\t%.0f\t%.1f\t%.1f\t%llu\n", (int)name.len, name.ptr, compiled, free_run,
	       limited, (unsigned long long)sk_cel_eval_cost(b->eval));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	sk_cleanup(sk_buf_release) struct sk_buf cases = { 0 }, pod = { 0 };
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	struct sk_cel_issues issues = { 0 };
	struct sk_cel_arena arena = { 0 };
	struct sk_cel_value object;
	struct sk_span rest, line, name;
	struct sk_err err = SK_ERR_INIT;
	struct bench b = { .env = sk_cel_env_new(), .eval = sk_cel_eval_new() };

	if (argc != 3)
		die("usage: bench-cel CASES POD.json");
	if (sk_path_slurp(argv[1], 1 << 20, &cases, &err) < 0 ||
	    sk_path_slurp(argv[2], 1 << 20, &pod, &err) < 0 ||
	    sk_doc_parse(&doc, SK_DOC_JSON, sk_buf_view(&pod), 0, &err) < 0 ||
	    sk_doc_value(doc.root, &arena, &object, &err) < 0)
		die(err.text);
	if (sk_cel_env_variable(b.env, "object", "dyn", &issues) < 0)
		die(issues.first->text);
	b.input = (struct sk_cel_activation){ .slots = &object, .count = 1 };
	for (rest = sk_buf_view(&cases); sk_span_line(&rest, &line);)
		if (line.len && line.ptr[0] != '#' && sk_span_split(&line, '\t', &name))
			run_case(&b, name, line);
	sk_cel_program_free(b.program);
	sk_cel_eval_free(b.eval);
	sk_cel_env_free(b.env);
	sk_cel_arena_release(&arena);
	return 0;
}
