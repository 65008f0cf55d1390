/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What compiling and evaluating an expression costs: a pod of ten containers,
 * the expression that every admission policy has. Prints nanoseconds.
 */
#include "policy/cel/cel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char expression[] =
	"object.spec.containers.all(c, has(c.securityContext) && c.securityContext.runAsNonRoot == true)";

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct sk_cel_value text(const char *s)
{
	struct sk_cel_value v = sk_cel_string(s, strlen(s));

	v.flags = SK_CEL_ASCII;
	return v;
}

static struct sk_cel_value map_of(struct sk_cel_arena *a, const char *key, struct sk_cel_value value)
{
	struct sk_cel_map *map = sk_cel_map_begin(a, 4);

	sk_cel_map_put(map, text(key), value);
	sk_cel_map_put(map, text("apiVersion"), text("v1"));
	return sk_cel_map_end(map);
}

static struct sk_cel_value container(struct sk_cel_arena *a)
{
	struct sk_cel_map *map = sk_cel_map_begin(a, 4), *security = sk_cel_map_begin(a, 2);

	sk_cel_map_put(security, text("allowPrivilegeEscalation"), sk_cel_bool(false));
	sk_cel_map_put(security, text("runAsNonRoot"), sk_cel_bool(true));
	sk_cel_map_put(map, text("name"), text("app"));
	sk_cel_map_put(map, text("image"), text("registry.example.com/app:1.0"));
	sk_cel_map_put(map, text("securityContext"), sk_cel_map_end(security));
	return sk_cel_map_end(map);
}

static struct sk_cel_value pod(struct sk_cel_arena *a)
{
	struct sk_cel_value containers[10];

	for (int i = 0; i < 10; i++)
		containers[i] = container(a);
	return map_of(a, "spec", map_of(a, "containers", sk_cel_list_copy(a, containers, 10)));
}

static double compile_time(const struct sk_cel_env *env, int rounds)
{
	struct sk_cel_issues issues = { 0 };
	double from = now();

	for (int i = 0; i < rounds; i++)
		sk_cel_program_free(sk_cel_compile(env, expression, sizeof(expression) - 1, 0, &issues));
	return (now() - from) / rounds;
}

static double run_time(const struct sk_cel_program *program, const struct sk_cel_activation *facts, uint64_t cost, int rounds)
{
	struct sk_cel_eval *eval = sk_cel_eval_new();
	struct sk_cel_limits limits = { .cost = cost };
	double from = now();

	for (int i = 0; i < rounds; i++) {
		sk_cel_eval_reset(eval, &limits);
		if (!sk_cel_is_true(sk_cel_run(program, eval, facts)))
			abort();
	}
	from = (now() - from) / rounds;
	sk_cel_eval_free(eval);
	return from;
}

int main(void)
{
	struct sk_cel_arena arena = { 0 };
	struct sk_cel_env *env = sk_cel_env_new();
	struct sk_cel_issues issues = { 0 };
	struct sk_cel_value slots[1];
	struct sk_cel_activation facts = { .slots = slots, .count = 1 };
	struct sk_cel_program *program;
	double compile = 1e9, run = 1e9, limited = 1e9, t;

	for (size_t i = 0; sk_cel_libraries[i]; i++)
		sk_cel_env_library(env, sk_cel_libraries[i], &issues);
	sk_cel_env_variable(env, "object", "dyn", &issues);
	slots[0] = pod(&arena);
	program = sk_cel_compile(env, expression, sizeof(expression) - 1, 0, &issues);
	for (int i = 0; i < 7; i++) { /* the best of some: others use the machine too */
		compile = (t = compile_time(env, 20000)) < compile ? t : compile;
		run = (t = run_time(program, &facts, 0, 200000)) < run ? t : run;
		limited = (t = run_time(program, &facts, 10000000, 200000)) < limited ? t : limited;
	}
	printf("{\"compileNs\": %.0f, \"evaluateNs\": %.1f, \"evaluateUnlimitedNs\": %.1f}\n", compile, limited, run);
	sk_cel_program_free(program);
	sk_cel_env_free(env);
	sk_cel_arena_release(&arena);
	return 0;
}
