/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The graph against a naive reading of the same conditions: random rules over
 * few fields and values, random events, each rule asked on its own.
 */
#include "guard-case.h"

#include "guard/check.h"

enum { GRAPHS = 30, RULES = 24, EVENTS = 120 };

static uint64_t seed = 1;

static unsigned roll(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static const char *pick(const char *const *from, size_t n)
{
	return from[roll((unsigned)n)];
}

/* ---- random rules ---- */

static const char *const names[] = { "sh", "bash", "cat", "nginx", "init", "s" };
static const char *const paths[] = { "/etc/passwd", "/etc", "/tmp/x", "/etc/shadow", "/usr/bin" };

static void put_check(struct sk_buf *out)
{
	static const char *const texts[] = { "proc.name", "proc.pname", "proc.aname", "proc.aname[2]", "fd.name",
					     "fd.directory", "container.id", "evt.arg.name", "toupper(proc.name)" };
	static const char *const ops[] = { "=", "!=", "startswith", "contains", "endswith" };
	static const char *const types[] = { "openat", "execve", "connect", "unlink", "read" };
	static const char *const others[] = { "evt.rawres >= 0", "fd.num > 4", "fd.sport = 80", "fd.net = 10.0.0.0/8",
					      "fd.ip != 10.0.0.1", "evt.is_open_write = true", "fd.name exists",
					      "evt.failed = false", "evt.res != EACCES", "evt.arg.flags contains O_CREAT",
					      "proc.name = val(proc.pname)", "fd.name glob /etc/*" };

	switch (roll(7)) {
	case 0:
	case 1:
		sk_buf_printf(out, "evt.type = %s", pick(types, SK_COUNT(types)));
		break;
	case 2:
		sk_buf_printf(out, "%s in (%s, %s)", pick(texts, SK_COUNT(texts)), pick(names, SK_COUNT(names)),
			      pick(paths, SK_COUNT(paths)));
		break;
	case 3:
		sk_buf_puts(out, pick(others, SK_COUNT(others)));
		break;
	case 4:
		sk_buf_printf(out, "fd.name startswith anyof (%s, %s)", pick(paths, SK_COUNT(paths)),
			      pick(paths, SK_COUNT(paths)));
		break;
	default:
		sk_buf_printf(out, "%s %s %s", pick(texts, SK_COUNT(texts)), pick(ops, SK_COUNT(ops)),
			      roll(2) ? pick(names, SK_COUNT(names)) : pick(paths, SK_COUNT(paths)));
		break;
	}
}

static void put_condition(struct sk_buf *out, unsigned depth)
{
	const char *between = roll(2) ? " and " : " or ";
	unsigned count = 2 + roll(2);

	if (depth == 0 || roll(4) == 0) {
		if (roll(5) == 0)
			sk_buf_printf(out, "m%u", roll(3));
		else
			put_check(out);
		return;
	}
	if (roll(4) == 0)
		sk_buf_puts(out, "not ");
	sk_buf_putc(out, '(');
	for (unsigned i = 0; i < count; i++) {
		sk_buf_puts(out, i ? between : "");
		put_condition(out, depth - 1);
	}
	sk_buf_putc(out, ')');
}

static void put_rules(struct sk_buf *out, int count)
{
	for (int i = 0; i < 3; i++) {
		sk_buf_printf(out, "- macro: m%d\n  condition: ", i);
		put_check(out);
		sk_buf_putc(out, '\n');
	}
	for (int i = 0; i < count; i++) {
		sk_buf_printf(out, "- rule: r%d\n  desc: d\n  output: o\n  priority: INFO\n  condition: ", i);
		put_condition(out, 3);
		sk_buf_putc(out, '\n');
	}
}

/* ---- random events ---- */

static void put_event(struct sk_buf *out)
{
	static const char *const flags[] = { "O_RDONLY", "O_RDWR", "O_WRONLY|O_CREAT" };
	unsigned pid = 10 + roll(6);

	switch (roll(4)) {
	case 0:
		sk_buf_printf(out, "openat @%u fd=%u name=%s flags=%s", pid, roll(9), pick(paths, SK_COUNT(paths)),
			      pick(flags, SK_COUNT(flags)));
		sk_buf_puts(out, roll(3) ? "\n" : " result=EACCES\n");
		break;
	case 1:
		sk_buf_printf(out, "execve @%u\n", pid);
		break;
	case 2:
		sk_buf_printf(out, "connect @%u fd=%u from=10.0.0.%u:4%u to=1.2.3.%u:%s proto=tcp\n", pid, roll(9), roll(3), roll(9),
			      roll(3), roll(2) ? "80" : "443");
		break;
	default:
		sk_buf_printf(out, "unlink @%u path=%s\n", pid, pick(paths, SK_COUNT(paths)));
		break;
	}
}

static void put_trail(struct sk_buf *out)
{
	sk_buf_puts(out, "container sh\n");
	for (unsigned pid = 10; pid < 16; pid++) {
		sk_buf_printf(out, "process %u exe=/bin/%s", pid, pick(names, SK_COUNT(names)));
		if (pid > 10)
			sk_buf_printf(out, " parent=%u", 10 + roll(pid - 10));
		sk_buf_puts(out, roll(2) ? " container=sh\n" : " container=host\n");
	}
	for (int i = 0; i < EVENTS; i++)
		put_event(out);
}

/* ---- the naive reading ---- */

struct naive {
	struct sk_arena arena;
	struct sk_scratch scratch;
	struct sk_cel_regex_scratch regex;
};

static bool value_of(struct naive *n, const struct sk_event *event, const struct sk_operand *o, unsigned i,
		     struct sk_field_value *ret, unsigned *ret_flags)
{
	struct sk_field_arg arg;
	const struct sk_field *f;

	if (o->kind == SK_OPERAND_TRANSFORM) { /* toupper() of one field */
		char *copy;

		if (i || !value_of(n, event, o->first, 0, ret, ret_flags))
			return false;
		copy = sk_arena_dup(&n->arena, ret->text);
		for (size_t k = 0; k < ret->text.len; k++)
			copy[k] = (char)(copy[k] >= 'a' && copy[k] <= 'z' ? copy[k] - 32 : copy[k]);
		ret->text.ptr = copy;
		*ret_flags = 0;
		return true;
	}
	f = sk_field_resolve(o->text, o->arg, &arg, NULL);
	*ret_flags = arg.text.ptr ? 0 : f->flags;
	ret->type = f->type;
	if (i && !(*ret_flags & SK_FIELD_ANY))
		return false;
	return f->get(event, &arg, i, &n->scratch, ret);
}

static enum sk_field_type type_of(const struct sk_operand *o)
{
	struct sk_field_arg arg;

	return o->kind == SK_OPERAND_TRANSFORM ? SK_FIELD_TEXT : sk_field_resolve(o->text, o->arg, &arg, NULL)->type;
}

static bool holds_check(struct naive *n, const struct sk_event *event, const struct sk_filter *f)
{
	struct sk_field_value value, right;
	bool is_field = f->right && (f->right->kind == SK_OPERAND_FIELD || f->right->kind == SK_OPERAND_TRANSFORM);
	unsigned flags = 0, ignored, fit = 0, count = 0;
	struct sk_check check;

	if (is_field && !value_of(n, event, f->right, 0, &right, &ignored))
		return false;
	if (sk_check_init(&check, f, type_of(f->left), &n->arena, NULL) < 0)
		return false;
	for (; value_of(n, event, f->left, count, &value, &flags); count++)
		fit += sk_check_value(&check, &value, is_field ? &right : NULL, &n->regex);
	sk_check_release(&check);
	if (f->op == SK_OP_NE && (flags & SK_FIELD_NE_ALL))
		return count > 0 && fit == count;
	return fit > 0;
}

static bool holds(struct naive *n, const struct sk_event *event, const struct sk_filter *f)
{
	bool result = f->kind == SK_FILTER_AND;

	switch (f->kind) {
	case SK_FILTER_CHECK:
		return holds_check(n, event, f);
	case SK_FILTER_MACRO:
		return holds(n, event, f->first);
	case SK_FILTER_NOT:
		return !holds(n, event, f->first);
	default:
		for (const struct sk_filter *c = f->first; c; c = c->next)
			result = f->kind == SK_FILTER_AND ? result && holds(n, event, c) : result || holds(n, event, c);
		return result;
	}
}

static size_t compare(struct sk_rules *rules, struct sk_graph_eval *eval, const struct sk_event *event)
{
	const struct sk_detection *fired[RULES];
	size_t count = sk_graph_match(eval, event, fired, RULES), at = 0;
	struct naive n = { 0 };

	n.scratch.cap = 1u << 14;
	n.scratch.memory = sk_alloc(n.scratch.cap);
	for (size_t i = 0; i < rules->rules.len; i++) {
		const struct sk_detection *rule = rules->rules.data[i];
		bool want = holds(&n, event, rule->filter), got = at < count && fired[at] == rule;

		at += got;
		expect(want == got, "event %llu (%s): %.*s should%s fire: %.*s", (unsigned long long)event->number,
		       sk_event_descs[event->type].name, (int)rule->name.len, rule->name.ptr, want ? "" : " not",
		       (int)rule->condition.text.len, rule->condition.text.ptr);
	}
	sk_cel_regex_scratch_release(&n.regex);
	sk_arena_release(&n.arena);
	free(n.scratch.memory);
	return count;
}

/* The trail as it is, or written in the binary form and read again. */
static void play(struct sk_rules *rules, struct sk_graph_eval *eval, struct sk_span bytes, size_t *events, size_t *hits,
		 struct sk_buf *ret_binary)
{
	struct sk_trail_writer *writer = ret_binary ? sk_trail_writer_new(ret_binary) : NULL;
	struct sk_err err = SK_ERR_INIT;
	struct sk_trail *trail = NULL;
	struct sk_event event;
	int r = sk_trail_from(bytes, "trail", &trail, &err);

	while (r >= 0 && (r = sk_trail_next(trail, &event, &err)) > 0) {
		*hits += compare(rules, eval, &event);
		++*events;
		if (writer)
			sk_trail_write(writer, &event);
	}
	expect(r == 0, "the trail is read to its end: %s", err.text);
	sk_trail_writer_free(writer);
	sk_trail_free(trail);
}

static void test_random(void)
{
	size_t events = 0, hits = 0, again = 0, hits_again = 0;

	for (int i = 0; i < GRAPHS; i++) {
		sk_cleanup(sk_buf_release) struct sk_buf text = { 0 }, trail = { 0 }, binary = { 0 };
		struct sk_rules rules = { 0 };
		struct sk_graph *graph = NULL;
		struct sk_graph_eval *eval;

		seed = (uint64_t)i + 1;
		put_rules(&text, RULES);
		put_trail(&trail);
		expect(load_text(sk_buf_str(&text), &rules, &graph) && rules.errors == 0, "rules %d are loaded", i);
		print_problems(&rules);
		eval = sk_graph_eval_new(graph);
		play(&rules, eval, sk_buf_view(&trail), &events, &hits, &binary);
		play(&rules, eval, sk_buf_view(&binary), &again, &hits_again, NULL);
		sk_graph_eval_free(eval);
		sk_graph_free(graph);
		sk_rules_release(&rules);
	}
	ok(events == GRAPHS * EVENTS && hits > 1000, "%zu events, %zu times a rule fired", events, hits);
	ok(again == events && hits_again == hits, "the same from the binary form");
}

/* ---- what a part of an event says of all events with that part ---- */

enum { MAY_GRAPHS = 300, MAY_RULES = 3, VARIANTS = 12 };

static const char *const open_flags[] = { "O_RDONLY", "O_RDWR", "O_WRONLY|O_CREAT", "O_RDONLY|O_TRUNC" };

/* Each file opened in each way by one process, and then by others; and what fails. */
static void put_opens(struct sk_buf *out)
{
	sk_buf_puts(out, "container sh\n");
	for (unsigned pid = 10; pid < 16; pid++)
		sk_buf_printf(out, "process %u exe=/bin/%s container=%s\n", pid, pick(names, SK_COUNT(names)),
			      roll(2) ? "sh" : "host");
	for (size_t i = 0; i < SK_COUNT(paths) * SK_COUNT(open_flags); i++)
		for (unsigned k = 0; k < VARIANTS; k++)
			sk_buf_printf(out, "openat @%u fd=%u file=%s name=%s flags=%s\n", 10 + roll(6), roll(9),
				      paths[i % SK_COUNT(paths)], pick(paths, SK_COUNT(paths)),
				      open_flags[i / SK_COUNT(paths)]);
	for (unsigned k = 0; k < VARIANTS; k++)
		sk_buf_printf(out, "openat @%u name=%s flags=O_RDONLY result=%s\nunlink @%u path=%s result=EACCES\n",
			      10 + roll(6), pick(paths, SK_COUNT(paths)), roll(2) ? "ENOENT" : "EACCES", 10 + roll(6),
			      pick(paths, SK_COUNT(paths)));
}

struct may_counts {
	size_t boring, not_boring, fired, unwanted_failures;
};

static void try_may(struct sk_graph *graph, struct sk_graph_eval *eval, struct sk_span text, struct may_counts *counts)
{
	const struct sk_detection *fired[MAY_RULES];
	struct sk_trail *trail = NULL;
	struct sk_event event;
	bool boring = false, before = false;

	sk_trail_from(text, "trail", &trail, NULL);
	for (unsigned n = 0; sk_trail_next(trail, &event, NULL) > 0; n++) {
		size_t count = sk_graph_match(eval, &event, fired, MAY_RULES);

		if (event.result < 0) {
			bool wanted = sk_graph_wants_failed(graph, event.type);

			counts->unwanted_failures += !wanted;
			expect(wanted || !count, "a failure that is not wanted fires nothing");
			continue;
		}
		boring = !sk_graph_may_match_open(eval, &event);
		expect(n % VARIANTS == 0 || boring == before, "the verdict is of the file, not of who opens it");
		expect(!boring || !count, "a boring open fires nothing: %.*s", (int)event.file->name.len, event.file->name.ptr);
		before = boring;
		counts->boring += boring;
		counts->not_boring += !boring;
		counts->fired += count > 0;
	}
	sk_trail_free(trail);
}

static void test_may(void)
{
	struct may_counts counts = { 0 };

	for (int i = 0; i < MAY_GRAPHS; i++) {
		sk_cleanup(sk_buf_release) struct sk_buf text = { 0 }, trail = { 0 };
		struct sk_rules rules = { 0 };
		struct sk_graph *graph = NULL;
		struct sk_graph_eval *eval;

		seed = (uint64_t)i + 1000;
		put_rules(&text, MAY_RULES);
		put_opens(&trail);
		expect(load_text(sk_buf_str(&text), &rules, &graph) && rules.errors == 0, "rules %d are loaded", i);
		eval = sk_graph_eval_new(graph);
		try_may(graph, eval, sk_buf_view(&trail), &counts);
		sk_graph_eval_free(eval);
		sk_graph_free(graph);
		sk_rules_release(&rules);
	}
	ok(counts.boring > 1000 && counts.not_boring > 1000 && counts.fired > 1000 && counts.unwanted_failures > 100,
	   "%zu opens bore, %zu do not, %zu fired; %zu failures are not wanted", counts.boring, counts.not_boring,
	   counts.fired, counts.unwanted_failures);
}

static void test_cost(void)
{
	static const char text[] =
		"- macro: spawned\n  condition: evt.type in (execve, execveat)\n"
		"- rule: a\n  desc: d\n  priority: INFO\n  output: o\n  condition: spawned and proc.name = x and proc.tty != 0\n"
		"- rule: b\n  desc: d\n  priority: INFO\n  output: o\n  condition: spawned and proc.cmdline contains y\n"
		"- rule: c\n  desc: d\n  priority: INFO\n  output: o\n  condition: fd.name = /x and evt.type = connect\n";
	struct sk_rules rules = { 0 };
	struct sk_graph *graph = NULL;
	struct sk_graph_cost a, b, c;

	if (!load_text(text, &rules, &graph))
		exit(1);
	a = sk_graph_cost(graph, rules.rules.data[0]);
	b = sk_graph_cost(graph, rules.rules.data[1]);
	c = sk_graph_cost(graph, rules.rules.data[2]);
	ok(a.types == 2 && a.checks == 3 && a.shared == 1 && a.indexed, "found by its program, at two types of events");
	ok(b.types == 2 && b.shared == 1 && !b.indexed, "asked at each event of its types");
	ok(c.types == 1 && c.indexed, "one type");
	ok(sk_graph_wants(graph, SK_EVENT_EXECVE) && !sk_graph_wants(graph, SK_EVENT_OPENAT), "what no rule asks for is not wanted");
	sk_graph_free(graph);
	sk_rules_release(&rules);
}

int main(void)
{
	test_random();
	test_may();
	test_cost();
	return tap_done();
}
