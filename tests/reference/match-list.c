/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The matcher for a list: match-list DATABASE < packages. One package a line,
 * fields by tabs: os id, os version, type, namespace, name, version. One
 * finding a line: number of the package, id, aliases, advisory, fixed version.
 */
#include "base/fd.h"
#include "vuln/match.h"

#include <stdio.h>
#include <unistd.h>

static const char *next(struct sk_span *line, struct sk_arena *arena)
{
	struct sk_span part = { 0 };

	sk_span_split(line, '\t', &part);
	return part.len ? sk_arena_dup(arena, part) : NULL;
}

static struct sk_package *read_package(struct sk_span line, struct sk_arena *arena)
{
	struct sk_package *p = sk_arena_alloc(arena, sizeof(*p));
	struct sk_os *os = sk_arena_alloc(arena, sizeof(*os));

	os->id = next(&line, arena);
	os->version = next(&line, arena);
	p->os = os->id ? os : NULL;
	p->type = next(&line, arena);
	p->ns = next(&line, arena);
	p->name = next(&line, arena);
	p->version = next(&line, arena);
	p->path = "";
	p->root = "";
	return p;
}

static void print(const struct sk_finding *f, long number)
{
	printf("%ld\t%s\t", number, f->id);
	for (size_t i = 0; i < f->aliases.count; i++)
		printf("%s%s", i ? " " : "", f->aliases.items[i]);
	printf("\t%s\t%s\n", f->advisory ? f->advisory : "",
	       f->fixed_version ? f->fixed_version : "");
}

int main(int argc, char **argv)
{
	sk_cleanup(sk_buf_release) struct sk_buf input = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_arena arena = { 0 };
	struct sk_span rest, line;
	struct sk_db *db = NULL;
	long number = 0;

	if (argc != 2 || sk_db_open(argv[1], &db, &err) < 0 ||
	    sk_fd_slurp(STDIN_FILENO, 64 << 20, &input, &err) < 0)
		return fprintf(stderr, "match-list: %s\n", err.text), 3;
	rest = sk_buf_view(&input);
	for (; sk_span_line(&rest, &line); number++) {
		struct sk_package *p = read_package(line, &arena);
		struct sk_inventory inv = { .packages = &p, .package_count = 1 };
		struct sk_findings findings = { 0 };

		if (sk_match(db, &inv, &arena, &findings, &err) < 0)
			return fprintf(stderr, "match-list: %s\n", err.text), 3;
		for (size_t i = 0; i < findings.len; i++)
			print(findings.data[i], number);
		sk_vec_release(&findings);
	}
	sk_db_close(db);
	sk_arena_release(&arena);
	return 0;
}
