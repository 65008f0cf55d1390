/* SPDX-License-Identifier: Apache-2.0 */
/* The expression language as a library: what expressions give, limits, threads, and what hosts do with it. */
#include "tap.h"

#include "base/buf.h"
#include "base/fd.h"
#include "base/mem.h"
#include "policy/cel/function.h"

#include <pthread.h>
#include <unistd.h>

/* ---- an environment ---- */

enum { IMAGE, OBJECT, TRUTH, UNKNOWN, OTHER, PORT, TYPE, SLOTS };

static const struct sk_cel_value zero = { .kind = SK_CEL_INT };

static const struct sk_cel_field image_fields[] = {
	{ "name", "string", "What it is called", NULL },
	{ "tags", "list<string>", NULL, NULL },
	{ "count", "int", NULL, &zero },
	{ "base", "test.Image", NULL, NULL },
	{ "digest", "string", NULL, NULL },
	{ "signatures", "list<string>", NULL, NULL },
	{ NULL, NULL, NULL, NULL },
};
static const struct sk_cel_struct_type image_type = { "test.Image", NULL, image_fields };

struct host {
	struct sk_cel_env *env;
	struct sk_cel_eval *eval;
	struct sk_cel_arena arena;
	struct sk_cel_issues issues;
	struct sk_cel_value slots[SLOTS];
	struct sk_cel_activation input;
	struct sk_cel_program *last; /* whose constants the last result may have */
};

static struct sk_cel_value text(struct host *h, const char *s)
{
	return sk_cel_string_checked(&h->arena, s, strlen(s));
}

static struct sk_cel_value image(struct host *h, const char *name, bool whole)
{
	struct sk_cel_value *fields = sk_cel_alloc(&h->arena, 6 * sizeof(*fields));
	struct sk_cel_struct *object = sk_cel_alloc(&h->arena, sizeof(*object));
	struct sk_cel_value tags[] = { text(h, "1.0"), text(h, "latest") };

	*object = (struct sk_cel_struct){ &image_type, fields };
	fields[0] = text(h, name);
	if (whole) {
		fields[1] = sk_cel_list_copy(&h->arena, tags, 2);
		fields[2] = sk_cel_int(7);
		fields[3] = image(h, "base", false);
		fields[5] = sk_cel_make_unknown(&h->arena, "image.signatures");
	}
	return (struct sk_cel_value){ .kind = SK_CEL_STRUCT, .object = object };
}

static struct sk_cel_value some_object(struct host *h)
{
	struct sk_cel_map *map = sk_cel_map_begin(&h->arena, 2);
	struct sk_cel_value items[] = { sk_cel_int(1), sk_cel_int(2) };

	sk_cel_map_put(map, text(h, "list"), sk_cel_list_copy(&h->arena, items, 2));
	sk_cel_map_put(map, text(h, "a-b/c.d"), sk_cel_int(5));
	return sk_cel_map_end(map);
}

static void host_init(struct host *h)
{
	static const struct {
		const char *name, *type;
	} variables[SLOTS] = {
		[IMAGE] = { "image", "test.Image" }, [OBJECT] = { "object", "dyn" },
		[TRUTH] = { "b", "bool" },	     [UNKNOWN] = { "unknown", "bool" },
		[OTHER] = { "other", "bool" },	     [PORT] = { "variables.port", "int" },
		[TYPE] = { "type", "string" },
	};
	int bad = 0;

	*h = (struct host){ .env = sk_cel_env_new(), .eval = sk_cel_eval_new() };
	for (size_t i = 0; sk_cel_libraries[i]; i++)
		bad |= sk_cel_env_library(h->env, sk_cel_libraries[i], &h->issues);
	bad |= sk_cel_env_struct(h->env, &image_type, &h->issues);
	for (int i = 0; i < SLOTS; i++)
		bad |= sk_cel_env_variable(h->env, variables[i].name, variables[i].type,
					   &h->issues) != i;
	bad |= sk_cel_env_constant(h->env, "LOW", sk_cel_int(3), &h->issues);
	bad |= sk_cel_env_declare(h->env, "authorize", "(test.Image, string) -> bool", &h->issues);
	if (bad || h->issues.count)
		printf("# %s\n", h->issues.first ? h->issues.first->text : "a declaration fails");
	h->slots[IMAGE] = image(h, "registry/app", true);
	h->slots[OBJECT] = some_object(h);
	h->slots[TRUTH] = sk_cel_bool(true);
	h->slots[UNKNOWN] = sk_cel_make_unknown(&h->arena, "unknown");
	h->slots[OTHER] = sk_cel_make_unknown(&h->arena, "other");
	h->slots[PORT] = sk_cel_int(8080);
	h->slots[TYPE] = text(h, "a type");
	h->input = (struct sk_cel_activation){ .slots = h->slots, .count = SLOTS };
}

static void host_release(struct host *h)
{
	sk_cel_issues_release(&h->issues);
	sk_cel_arena_release(&h->arena);
	sk_cel_program_free(h->last);
	sk_cel_eval_free(h->eval);
	sk_cel_env_free(h->env);
}

static struct sk_cel_program *compile(struct host *h, const char *expression, unsigned flags)
{
	sk_cel_issues_release(&h->issues);
	return sk_cel_compile(h->env, expression, strlen(expression), flags, &h->issues);
}

static struct sk_cel_value run(struct host *h, const char *expression,
			       const struct sk_cel_limits *limits)
{
	struct sk_cel_program *program = compile(h, expression, 0);

	sk_cel_program_free(h->last);
	h->last = program;
	if (!program) {
		printf("# %s\n", h->issues.first->text);
		return (struct sk_cel_value){ 0 };
	}
	sk_cel_eval_reset(h->eval, limits);
	return sk_cel_run(program, h->eval, &h->input);
}

/* ---- tests/data/cel/expressions.txt ---- */

struct one_case {
	struct host *host;
	const char *expression;
	struct sk_cel_program *program;
	struct sk_cel_value result;
	const struct sk_cel_issue *issue; /* the next that is expected */
	bool good;
};

static void complain(struct one_case *c, const char *wanted, const char *got)
{
	printf("# %s\n#   wanted %s\n#   got    %s\n", c->expression, wanted, got ? got : "(none)");
	c->good = false;
}

static void expect_issue(struct one_case *c, const char *wanted)
{
	sk_autofree char *got = NULL;

	if (c->issue)
		got = sk_printf("%u:%u %s", c->issue->line, c->issue->column, c->issue->text);
	if (!got || strcmp(got, wanted) != 0)
		complain(c, wanted, got);
	if (c->issue)
		c->issue = c->issue->next;
}

static void expect_unknown(struct one_case *c, const char *wanted)
{
	sk_cleanup(sk_buf_release) struct sk_buf got = { 0 };
	const struct sk_cel_unknown *u = c->result.unknown;

	/* Sorted as the file has them: there are two at most. */
	for (uint32_t i = 0; c->result.kind == SK_CEL_UNKNOWN && i < u->count; i++) {
		bool swap = u->count == 2 && strcmp(u->attributes[0], u->attributes[1]) > 0;

		sk_buf_printf(&got, "%s%s", i ? " " : "", u->attributes[swap ? 1 - i : i]);
	}
	if (strcmp(sk_buf_str(&got), wanted) != 0)
		complain(c, wanted, sk_buf_str(&got));
}

static void expect_cost(struct one_case *c, const char *wanted)
{
	uint64_t min, max;
	sk_autofree char *got = NULL;

	sk_cel_program_cost(c->program, &min, &max);
	got = sk_printf("%llu %llu", (unsigned long long)min, (unsigned long long)max);
	if (strcmp(got, wanted) != 0)
		complain(c, wanted, got);
}

static void expect_line(struct one_case *c, const char *line)
{
	struct sk_cel_arena arena = { 0 };
	const char *got;
	size_t len;

	if (*line == '?') {
		expect_issue(c, line + 2);
		return;
	}
	if (!c->program) {
		complain(c, line, c->host->issues.first->text);
		return;
	}
	got = sk_cel_print(&arena, c->result, false, &len);
	if (*line == '=' && strcmp(got, line + 2) != 0)
		complain(c, line + 2, got);
	if (*line == '!' &&
	    (c->result.kind != SK_CEL_ERROR || !strstr(c->result.error->text, line + 2)))
		complain(c, line + 2, got);
	if (*line == ':' && strcmp(sk_cel_program_type(c->program), line + 2) != 0)
		complain(c, line + 2, sk_cel_program_type(c->program));
	if (*line == '&')
		expect_unknown(c, line + 2);
	if (strncmp(line, "cost ", 5) == 0)
		expect_cost(c, line + 5);
	sk_cel_arena_release(&arena);
}

static void end_case(struct one_case *c)
{
	if (!c->expression)
		return;
	if (c->issue)
		complain(c, "no more issues", c->issue->text);
	ok(c->good, "%.*s", (int)strcspn(c->expression, "\n"), c->expression);
	sk_cel_program_free(c->program);
}

static void begin_case(struct one_case *c, struct host *h, const char *expression)
{
	*c = (struct one_case){ .host = h, .expression = expression, .good = true };
	c->program = compile(h, expression, 0);
	c->issue = h->issues.first;
	sk_cel_eval_reset(h->eval, &(struct sk_cel_limits){ 0 });
	if (c->program)
		c->result = sk_cel_run(c->program, h->eval, &h->input);
}

/* An expression may have several lines: those that begin in the first column. */
static void test_expressions(struct host *h)
{
	sk_autofree char *path = sk_printf("%s/data/cel/expressions.txt", getenv("SK_TESTS"));
	sk_cleanup(sk_buf_release) struct sk_buf file = { 0 }, expression = { 0 };
	struct one_case c = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_span rest, line;
	bool began = false;

	if (sk_path_slurp(path, 1 << 20, &file, &err) < 0) {
		ok(false, "%s", err.text);
		return;
	}
	for (rest = sk_buf_view(&file); sk_span_line(&rest, &line);) {
		sk_autofree char *copy = sk_printf("%.*s", (int)line.len, line.ptr);

		if (copy[0] == '#' || !copy[0])
			continue;
		if (copy[0] == ' ' && copy[1] == ' ') {
			if (!began)
				begin_case(&c, h, sk_buf_str(&expression));
			began = true;
			expect_line(&c, copy + 2);
			continue;
		}
		if (began) {
			end_case(&c);
			sk_buf_reset(&expression);
		}
		began = false;
		sk_buf_printf(&expression, "%s%s", expression.len ? "\n" : "", copy);
	}
	end_case(&c);
}

/* ---- limits ---- */

static bool is_limit(struct sk_cel_value v, const char *what)
{
	return v.kind == SK_CEL_ERROR && v.error->code == SK_CEL_ELIMIT &&
	       strstr(v.error->text, what);
}

static char *repeat(const char *head, const char *piece, size_t count, const char *middle,
		    const char *tail)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

	sk_buf_puts(&out, head);
	for (size_t i = 0; i < count; i++)
		sk_buf_puts(&out, piece);
	sk_buf_puts(&out, middle);
	for (size_t i = 0; i < count; i++)
		sk_buf_puts(&out, tail);
	return sk_buf_steal(&out);
}

static bool compiles(struct host *h, const char *expression)
{
	struct sk_cel_program *program = compile(h, expression, 0);
	bool good = program != NULL;

	sk_cel_program_free(program);
	return good;
}

static void test_depth(struct host *h)
{
	static const struct {
		const char *piece, *middle, *tail;
	} nests[] = { { "(", "1", ")" },	   { "[", "1", "]" },
		      { "{'a': ", "1", "}" },	   { "-(", "1", ")" },
		      { "!(", "b", ")" },	   { "b ? (", "1", ") : 2" },
		      { "[1].all(x, ", "b", ")" }, { "size([", "1", "])" },
		      { "object[", "1", "]" },	   { "cel.bind(x, 1, ", "x", ")" },
		      { "b || (b && ", "b", ")" } };
	static const struct {
		const char *head, *piece;
	} chains[] = { { "object", ".a" },
		       { "object", "[0]" },
		       { "object", ".?a" },
		       { "1", " + 1" },
		       { "object", ".f()" } };

	for (size_t i = 0; i < SK_COUNT(nests); i++) {
		sk_autofree char *much =
			repeat("", nests[i].piece, 60000, nests[i].middle, nests[i].tail);
		sk_autofree char *some =
			repeat("", nests[i].piece, 100, nests[i].middle, nests[i].tail);

		expect(!compiles(h, much) && strstr(h->issues.first->text, "nests deeper"), "%s",
		       nests[i].piece);
		expect(compiles(h, some), "%s", nests[i].piece);
	}
	for (size_t i = 0; i < SK_COUNT(chains); i++) {
		sk_autofree char *much = repeat(chains[i].head, chains[i].piece, 60000, "", "");

		expect(!compiles(h, much) && strstr(h->issues.first->text, "nests deeper"), "%s",
		       chains[i].piece);
	}
	ok(true, "what nests sixty thousand times is refused");
	ok(true, "what nests a hundred times is not");

	sk_autofree char *ors = repeat("b", " || b", 20000, "", ""),
			 *bangs = repeat("", "!", 20001, "b", "");

	ok(compiles(h, ors) && compiles(h, bangs), "chains of || and ! do not nest");
}

static void test_sizes(struct host *h)
{
	sk_autofree char *longer = repeat("b", " && b", 300000, "", ""),
			 *wide = repeat("[1", ",1", 400000, "]", "");

	ok(!compiles(h, longer) && strstr(h->issues.first->text, "longer than"),
	   "more than a megabyte is refused");
	ok(!compiles(h, wide) && strstr(h->issues.first->text, "too large"),
	   "so are too many parts");
	sk_autofree char *names = repeat("[nope", ", nope", 5000, "]", "");

	ok(!compiles(h, names) && h->issues.count <= 50, "no more than fifty issues are told");
}

static void test_cost(struct host *h)
{
	static const char loops[] = "[1,2,3,4,5,6,7,8].all(a, [1,2,3,4,5,6,7,8].all(c, a + c > 0))";
	struct sk_cel_value v = run(h, loops, &(struct sk_cel_limits){ .cost = 100 });
	uint64_t cost;

	ok(is_limit(v, "cost") && sk_cel_eval_cost(h->eval) <= 100,
	   "an evaluation ends at its cost");
	v = run(h, "true || [1,2,3].all(a, a > 0)", &(struct sk_cel_limits){ .cost = 1 });
	ok(sk_cel_is_true(v), "what is not asked for costs nothing");
	v = run(h, "[1,2,3,4,5,6,7,8].all(a, a > 0) || true",
		&(struct sk_cel_limits){ .cost = 20 });
	ok(is_limit(v, "cost"), "|| does not absorb a limit");
	v = run(h, "optional.of(1).orValue([1,2,3,4,5,6,7,8].map(a, a)[0])",
		&(struct sk_cel_limits){ .cost = 12 });
	ok(is_limit(v, "cost"), "nor does orValue()");
	run(h, loops, &(struct sk_cel_limits){ 0 });
	cost = sk_cel_eval_cost(h->eval);
	v = run(h, loops, &(struct sk_cel_limits){ .cost = cost });
	ok(sk_cel_is_true(v), "the cost of %llu is enough", (unsigned long long)cost);
	v = run(h, loops, &(struct sk_cel_limits){ .cost = cost - 1 });
	ok(is_limit(v, "cost"), "one less is not");
}

/* Values that share their parts are small and take for ever to walk through. */
static char *shared_parts(const char *end)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

	for (char name = 'c'; name <= 'd'; name++)
		for (int i = 0; i < 60; i++) {
			sk_buf_printf(&out, "cel.bind(%c%d, ", name, i);
			if (i)
				sk_buf_printf(&out, "[%c%d, %c%d], ", name, i - 1, name, i - 1);
			else
				sk_buf_puts(&out, "[1], ");
		}
	sk_buf_puts(&out, end);
	for (int i = 0; i < 120; i++)
		sk_buf_putc(&out, ')');
	return sk_buf_steal(&out);
}

static void test_for_ever(struct host *h)
{
	static const char *const ends[] = { "c59 == d59",	  "c59 in [d59]",
					    "[c59] != [d59]",	  "sets.contains([c59], [d59])",
					    "[c59].indexOf(d59)", "[c59, d59].distinct()" };
	sk_autofree char *logic = repeat("", "(", 500, "b", " && b)"),
			 *choice = repeat("", "(", 500, "b", " ? b : b)");

	for (size_t i = 0; i < SK_COUNT(ends); i++) {
		sk_autofree char *expression = shared_parts(ends[i]);
		struct sk_cel_value cost = run(h, expression,
					       &(struct sk_cel_limits){ .cost = 100000 }),
				    time;

		time = run(h, expression, &(struct sk_cel_limits){ .deadline = 1 });
		ok(is_limit(cost, "cost") && is_limit(time, "time"), "%s ends", ends[i]);
	}
	ok(sk_cel_is_true(run(h, logic, &(struct sk_cel_limits){ 0 })) &&
		   sk_cel_is_true(run(h, choice, &(struct sk_cel_limits){ 0 })),
	   "parentheses do not double what the estimate looks at");
	sk_autofree char *print = shared_parts("c59");

	ok(run(h, print, &(struct sk_cel_limits){ 0 }).kind == SK_CEL_LIST,
	   "such a value can be made");
	struct sk_cel_arena arena = { .limit = 1 << 20 };
	size_t len;

	ok(!sk_cel_print(&arena, run(h, print, &(struct sk_cel_limits){ 0 }), false, &len),
	   "and is not printed beyond what the arena has");
	sk_cel_arena_release(&arena);
}

static void test_memory_and_time(struct host *h)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	struct sk_cel_limits memory = { .memory = 1 << 20 }, late = { .deadline = 1 };
	struct sk_cel_value v;

	sk_buf_puts(&out, "cel.bind(x0, 'abcdefgh', ");
	for (int i = 1; i < 40; i++)
		sk_buf_printf(&out, "cel.bind(x%d, x%d + x%d, ", i, i - 1, i - 1);
	sk_buf_puts(&out, "size(x39) > 0");
	for (int i = 0; i < 40; i++)
		sk_buf_putc(&out, ')');
	ok(is_limit(run(h, sk_buf_str(&out), &memory), "memory"),
	   "a text cannot outgrow the memory limit");
	ok(is_limit(run(h, sk_buf_str(&out), &(struct sk_cel_limits){ 0 }), "memory"),
	   "there is one if nobody sets one");
	v = run(h, "[1,2,3,4,5,6,7,8].map(a, [1,2,3,4,5,6,7,8].map(c, [a, c])).size() == 8",
		&(struct sk_cel_limits){ .memory = 2000 });
	ok(is_limit(v, "memory"), "nor can lists, in an eval that had more before");
	v = run(h, "lists.range(100).all(a, lists.range(100).all(c, a + c >= 0)) || true", &late);
	ok(is_limit(v, "time"), "a deadline that is over ends a loop");
	v = run(h, "1 + 1", &(struct sk_cel_limits){ .memory = 1 << 20 });
	ok(v.kind == SK_CEL_INT && v.i == 2, "the eval is good for the next one");
}

/* ---- variables that are computed when they are needed ---- */

struct lazy {
	struct host *host;
	struct sk_cel_program *inner; /* what slot PORT is */
	unsigned asked;
};

static struct sk_cel_value resolve(void *context, unsigned slot, struct sk_cel_eval *eval)
{
	struct lazy *l = context;
	struct sk_cel_activation input = {
		.slots = l->host->slots, .count = SLOTS, .resolve = resolve, .context = l
	};

	l->asked++;
	return slot == PORT ? sk_cel_run(l->inner, eval, &input) : (struct sk_cel_value){ 0 };
}

static struct sk_cel_value run_lazy(struct host *h, struct lazy *l, const char *expression,
				    const char *inner, uint64_t cost)
{
	struct sk_cel_program *program = compile(h, expression, 0);
	struct sk_cel_activation input = {
		.slots = h->slots, .count = SLOTS, .resolve = resolve, .context = l
	};
	struct sk_cel_value v, port = h->slots[PORT];

	*l = (struct lazy){ .host = h, .inner = compile(h, inner, 0) };
	h->slots[PORT] = (struct sk_cel_value){ 0 };
	sk_cel_eval_reset(h->eval, &(struct sk_cel_limits){ .cost = cost });
	v = sk_cel_run(program, h->eval, &input);
	h->slots[PORT] = port;
	sk_cel_program_free(program);
	sk_cel_program_free(l->inner);
	return v;
}

static void test_resolve(struct host *h)
{
	struct lazy l;
	struct sk_cel_value v = run_lazy(h, &l, "[1, 2].map(x, x + variables.port)",
					 "object.list.map(x, x * 10)[1]", 0);

	ok(v.kind == SK_CEL_LIST && v.list->items[1].i == 22 && l.asked == 1,
	   "a variable is computed once");
	v = run_lazy(h, &l, "b || variables.port == 1", "1 / 0", 0);
	ok(sk_cel_is_true(v) && l.asked == 0, "and not when it is not needed");
	v = run_lazy(h, &l, "variables.port == 1 || b", "1 / 0", 0);
	ok(sk_cel_is_true(v) && l.asked == 1, "its error is an error like any other");
	v = run_lazy(h, &l, "variables.port == 1", "variables.port", 0);
	ok(is_limit(v, "deep"), "a variable that needs itself ends");
	v = run_lazy(h, &l, "variables.port == 1 || b", "[1,2,3,4,5,6,7,8].map(x, x)[0]", 20);
	ok(is_limit(v, "cost"), "both share one limit");
	v = run_lazy(h, &l, "variables.port == 1", "unknown ? 1 : 2", 0);
	ok(v.kind == SK_CEL_UNKNOWN, "an unknown goes through");
	h->slots[PORT].kind = SK_CEL_ABSENT;
	v = run(h, "variables.port", &(struct sk_cel_limits){ 0 });
	ok(v.kind == SK_CEL_ERROR && v.error->code == SK_CEL_ENO_SUCH,
	   "without `resolve` it is an error");
	h->slots[PORT] = sk_cel_int(8080);
}

/* ---- threads ---- */

struct worker {
	const struct sk_cel_program *program;
	const struct sk_cel_activation *input;
	bool good;
};

static void *work(void *context)
{
	struct worker *w = context;
	struct sk_cel_eval *eval = sk_cel_eval_new();

	w->good = true;
	for (int i = 0; i < 500; i++) {
		sk_cel_eval_reset(eval, &(struct sk_cel_limits){ .cost = 10000 });
		w->good &= sk_cel_is_true(sk_cel_run(w->program, eval, w->input));
	}
	sk_cel_eval_free(eval);
	return NULL;
}

static void test_threads(struct host *h)
{
	struct sk_cel_program *program = compile(
		h,
		"image.tags.exists(t, t.matches('^lat.st$')) && image.name.contains('app') && "
		"{'a': [1, 2].map(x, x * 2)}['a'][1] == 4 && "
		"(image.digest == '' || image.count == 7)",
		0);
	struct worker workers[4];
	pthread_t threads[4];
	bool good = true;

	for (int i = 0; i < 4; i++) {
		workers[i] = (struct worker){ program, &h->input, false };
		pthread_create(&threads[i], NULL, work, &workers[i]);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		good &= workers[i].good;
	}
	ok(good, "four threads evaluate one program at once");
	sk_cel_program_free(program);
}

/* ---- every function, given everything ---- */

static const char *const anything[] = { "1",
					"-9223372036854775808",
					"9223372036854775807",
					"18446744073709551615u",
					"1.5",
					"0.0/0.0",
					"true",
					"null",
					"''",
					"'h\\u00e9llo %s %d'",
					"b'\\xff'",
					"[]",
					"[1, 'a', null, [2]]",
					"[image]",
					"[[]]",
					"{}",
					"{'a': 1, 2: b'x'}",
					"timestamp('2024-01-01T00:00:00Z')",
					"duration('1s')",
					"optional.none()",
					"optional.of([1])",
					"type(1)",
					"image" };

/* Calls it with each kind for each argument, all others of one kind; what it says is its own affair. */
static unsigned call_with_anything(struct host *h, const struct sk_cel_overload *o)
{
	bool member = o->signature[0] != '(';
	unsigned done = 0;

	for (size_t a = 0; a < SK_COUNT(anything); a++)
		for (size_t b = 0; b < SK_COUNT(anything); b++)
			for (unsigned count = 0; count <= 3; count++) {
				sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
				struct sk_cel_program *program;

				if (member)
					sk_buf_printf(&out, "dyn(%s).", anything[a]);
				sk_buf_printf(&out, "%s(", o->name);
				for (unsigned i = 0; i < count; i++)
					sk_buf_printf(&out, "%sdyn(%s)", i ? ", " : "",
						      anything[i || member ? b : a]);
				sk_buf_putc(&out, ')');
				program = compile(h, sk_buf_str(&out), 0);
				if (!program)
					continue;
				sk_cel_eval_reset(h->eval,
						  &(struct sk_cel_limits){ .cost = 100000,
									   .memory = 1 << 20 });
				done += sk_cel_run(program, h->eval, &h->input).kind !=
					SK_CEL_ABSENT;
				sk_cel_program_free(program);
			}
	return done;
}

static const struct sk_cel_overload *standard(void)
{
	static const struct sk_cel_overload names[] = {
		{ "size", "(", 0 },	   { "int", "(", 0 },	   { "uint", "(", 0 },
		{ "double", "(", 0 },	   { "string", "(", 0 },   { "bytes", "(", 0 },
		{ "timestamp", "(", 0 },   { "duration", "(", 0 }, { "contains", "s", 0 },
		{ "startsWith", "s", 0 },  { "endsWith", "s", 0 }, { "matches", "s", 0 },
		{ "getFullYear", "s", 0 }, { "getHours", "s", 0 }, { "value", "s", 0 },
		{ "orValue", "s", 0 },	   { "or", "s", 0 },	   { "hasValue", "s", 0 },
		{ "unwrapOpt", "s", 0 },   { "bool", "(", 0 },	   { NULL, NULL, 0 },
	};

	return names;
}

static void test_every_function(struct host *h)
{
	unsigned done = 0;

	for (const struct sk_cel_overload *o = standard(); o->name; o++)
		done += call_with_anything(h, o);
	for (size_t i = 0; sk_cel_libraries[i]; i++)
		for (const struct sk_cel_overload *o = sk_cel_libraries[i]->overloads; o && o->name;
		     o++)
			done += call_with_anything(h, o);
	ok(done > 10000, "every function takes every value, or says that it does not (%u calls)",
	   done);
}

/* ---- the rest of the interface ---- */

static void test_flags(struct host *h)
{
	struct sk_cel_program *program = compile(h, "[1, 'a']", SK_CEL_HOMOGENEOUS);

	ok(!program && strstr(h->issues.first->text, "expected type 'int' but found 'string'"),
	   "literals of mixed types are errors where that is asked for");
	program = compile(h, "{'a': 1, 'b': dyn('c')}", SK_CEL_HOMOGENEOUS);
	ok(program, "unless they are dyn");
	sk_cel_program_free(program);
	program = compile(h, "'%s %d'.format(['a', 1]) + '%s'.format([{'b': [1, 'c']}])",
			  SK_CEL_HOMOGENEOUS);
	ok(program, "or what a text is formatted from");
	sk_cel_program_free(program);
	program =
		compile(h, "'%s %d'.format(['a', 1]) == '' || [1, 'a'] == []", SK_CEL_HOMOGENEOUS);
	ok(!program, "which others beside it are not");
	program = compile(h, "nothing.known + 1", SK_CEL_NO_CHECK);
	ok(program && strcmp(sk_cel_program_type(program), "dyn") == 0,
	   "without a check names are looked up late");
	sk_cel_eval_reset(h->eval, &(struct sk_cel_limits){ 0 });
	ok(program && sk_cel_run(program, h->eval, &h->input).kind == SK_CEL_ERROR,
	   "and are an error then");
	sk_cel_program_free(program);
	program = compile(h, "image.name == '' || variables.port == 1", SK_CEL_CHECK_ONLY);
	ok(program && sk_cel_program_reads(program, IMAGE) && sk_cel_program_reads(program, PORT) &&
		   !sk_cel_program_reads(program, OBJECT) && !sk_cel_program_reads(program, 1000),
	   "a program tells which variables it reads");
	sk_cel_program_free(program);
}

static void test_declarations(struct host *h)
{
	sk_cel_issues_release(&h->issues);
	ok(sk_cel_env_variable(h->env, "image", "int", &h->issues) < 0 && h->issues.count == 1,
	   "a name declared twice");
	ok(sk_cel_env_variable(h->env, "new", "nothing", &h->issues) < 0,
	   "a type that is not known");
	ok(sk_cel_env_variable(h->env, "new", "list<", &h->issues) < 0,
	   "a type that is not finished");
	ok(sk_cel_env_declare(h->env, "f", "int -> int", &h->issues) < 0,
	   "a signature that is none");
	ok(sk_cel_env_struct(h->env, &image_type, &h->issues) < 0, "a struct declared twice");
	is_int(h->issues.count, 5);
	sk_cel_issues_release(&h->issues);
}

static void test_maps(struct host *h)
{
	struct sk_cel_map *map = sk_cel_map_begin(&h->arena, 100);
	bool good = true;

	for (int i = 0; i < 50; i++) {
		char name[16];

		snprintf(name, sizeof(name), "key%d", i);
		good &= sk_cel_map_put(map, text(h, name), sk_cel_int(i));
		good &= sk_cel_map_put(map, sk_cel_int(i), sk_cel_int(-i));
	}
	ok(good && sk_cel_map_count(map) == 100, "a map of a hundred");
	ok(!sk_cel_map_put(map, text(h, "more"), sk_cel_null()), "it has room for no more");
	ok(sk_cel_map_put(map, sk_cel_uint(7), sk_cel_bool(true)) && sk_cel_map_count(map) == 100 &&
		   sk_cel_map_value(map, 15).kind == SK_CEL_BOOL,
	   "a key that is there takes the new value, whatever number it is");
	ok(sk_cel_map_get(map, sk_cel_double(3.0)).i == -3 &&
		   sk_cel_map_get(map, text(h, "key49")).i == 49 &&
		   sk_cel_map_get(map, sk_cel_double(3.5)).kind == SK_CEL_ABSENT,
	   "keys are found across types");
	ok(!sk_cel_map_put(map, sk_cel_double(1), sk_cel_null()) &&
		   !sk_cel_map_put(map, sk_cel_null(), sk_cel_null()),
	   "doubles and null are no keys");
	ok(sk_cel_string_checked(&h->arena, "\xed\xa0\x80", 3).kind == SK_CEL_ERROR,
	   "a surrogate is no text");
}

static const char *printed(struct sk_cel_arena *arena, struct sk_cel_value v)
{
	size_t len;

	return sk_cel_print(arena, v, true, &len);
}

static void test_json(struct host *h)
{
	is_str(printed(&h->arena, run(h,
				      "{'a': [1, 2u, 1.5, 1.0, true, null], 'b': b'\\xff\\x00', 1: "
				      "duration('1.5s')}",
				      &(struct sk_cel_limits){ 0 })),
	       "{\"a\":[1,2,1.5,1,true,null],\"b\":\"/wA=\",\"1\":\"1.5s\"}");
	is_str(printed(&h->arena,
		       run(h,
			   "[0.0 / 0.0, 1.0 / 0.0, optional.of('<x>'), optional.none(), type(1)]",
			   &(struct sk_cel_limits){ 0 })),
	       "[\"NaN\",\"Infinity\",\"<x>\",null,\"int\"]");
	is_str(printed(&h->arena,
		       run(h, "test.Image{name: 'a\\u2028\"\\\\'}", &(struct sk_cel_limits){ 0 })),
	       "{\"name\":\"a\\u2028\\\"\\\\\"}");
}

/* Beyond the last change that the database lists its rule goes on. */
static void test_zones(struct host *h)
{
	struct sk_cel_value v =
		run(h,
		    "['2024-01-15T12:00:00Z', '2024-07-15T12:00:00Z', '2024-03-31T00:59:59Z', "
		    "'2024-03-31T01:00:00Z', '2150-01-15T12:00:00Z', '2150-07-15T12:00:00Z', "
		    "'1880-01-01T12:00:00Z'].map(t, timestamp(t).getHours('Europe/Berlin') * 100 + "
		    "timestamp(t).getMinutes('Europe/Berlin'))",
		    &(struct sk_cel_limits){ 0 });

	if (access("/usr/share/zoneinfo/Europe/Berlin", R_OK) != 0) {
		skip("no time zones here (tzdata)");
		return;
	}
	is_str(printed(&h->arena, v), "[1300,1400,159,300,1300,1400,1253]");
	v = run(h, "timestamp('2024-01-15T12:00:00Z').getHours('../../etc/passwd')",
		&(struct sk_cel_limits){ 0 });
	ok(v.kind == SK_CEL_ERROR, "a zone is no path");
}

int main(void)
{
	struct host h;

	host_init(&h);
	ok(h.issues.count == 0, "declarations");
	test_expressions(&h);
	test_depth(&h);
	test_sizes(&h);
	test_cost(&h);
	test_for_ever(&h);
	test_memory_and_time(&h);
	test_resolve(&h);
	test_threads(&h);
	test_every_function(&h);
	test_flags(&h);
	test_declarations(&h);
	test_maps(&h);
	test_json(&h);
	test_zones(&h);
	host_release(&h);
	return tap_done();
}
