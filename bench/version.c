/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures version comparison: bench-version SCHEME FILE..., each file with one
 * "A < B" a line as in the corpus versions/; prints nanoseconds for one comparison.
 */
#include "base/fd.h"
#include "base/mem.h"
#include "vuln/version.h"

#include <stdio.h>
#include <time.h>

struct pair {
	struct sk_span a, b;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
	const struct sk_scheme *s = argc > 2 ? sk_scheme_find(sk_span_str(argv[1])) : NULL;
	SK_VEC(struct pair) pairs = { 0 };
	struct sk_err err = SK_ERR_INIT;
	double best = 0;
	long sum = 0;

	if (!s) {
		fprintf(stderr, "usage: bench-version SCHEME FILE...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		struct sk_buf buf = { 0 }; /* pairs point into it until the end */
		struct sk_span rest, line, op;

		if (sk_path_slurp(argv[i], 64u << 20, &buf, &err) < 0) {
			fprintf(stderr, "bench-version: %s\n", err.text);
			return 3;
		}
		rest = sk_buf_view(&buf);
		while (sk_span_line(&rest, &line)) {
			struct pair p;

			if (sk_span_split(&line, ' ', &p.a) && sk_span_split(&line, ' ', &op) &&
			    line.len) {
				p.b = line;
				*sk_vec_push(&pairs) = p;
			}
		}
	}
	for (int round = 0; round < 20; round++) {
		double start = now(), took;

		for (size_t i = 0; i < pairs.len; i++)
			sum += s->compare(pairs.data[i].a, pairs.data[i].b);
		took = now() - start;
		if (!round || took < best)
			best = took;
	}
	printf("%-10s %6zu pairs %7.1f ns%s\n", s->name, pairs.len,
	       best / (double)(pairs.len ? pairs.len : 1), sum == 42 ? " " : "");
	return 0;
}
