/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every rule of rules/runtime against the *.cases of data/guard: what stands before
 * the first "==>" is common to all cases of a file; "==> fires NAME" and
 * "==> quiet NAME" begin a trail at which that rule must fire, or must not.
 * Each rule has one of each.
 */
#include "guard-case.h"

#include "base/fd.h"

#include <dirent.h>

struct tally {
	unsigned fires, quiet;
};

struct suite {
	struct sk_rules rules;
	struct sk_graph *graph;
	struct sk_graph_eval *eval;
	struct tally *tallies; /* by rule */
	size_t cases;
};

static bool fires(struct suite *s, const char *where, struct sk_span trail, struct sk_span rule)
{
	const struct sk_detection *fired[64];
	struct sk_err err = SK_ERR_INIT;
	struct sk_trail *t;
	struct sk_event event;
	bool found = false;
	int r;

	sk_trail_from(trail, where, &t, NULL);
	while ((r = sk_trail_next(t, &event, &err)) > 0) {
		size_t n = sk_graph_match(s->eval, &event, fired, SK_COUNT(fired));

		for (size_t i = 0; i < n; i++) {
			struct sk_alert alert = { 0 };

			found |= sk_span_eq(fired[i]->name, rule);
			sk_graph_alert(s->eval, s->graph, &event, fired[i], &alert);
			expect(alert.text.len > 0, "%s: the output says something", where);
			sk_alert_release(&alert);
		}
	}
	expect(r == 0, "%s", err.text);
	sk_trail_free(t);
	return found;
}

static struct tally *tally_of(struct suite *s, struct sk_span name)
{
	for (size_t i = 0; i < s->rules.rules.len; i++)
		if (sk_span_eq(s->rules.rules.data[i]->name, name))
			return &s->tallies[i];
	return NULL;
}

static void run_case(struct suite *s, const char *where, struct sk_span head, struct sk_span common, struct sk_span body)
{
	sk_cleanup(sk_buf_release) struct sk_buf trail = { 0 };
	bool wants = sk_span_starts(head, "fires ");
	struct sk_span name = sk_span_trim(sk_span_from(head, 6));
	struct tally *tally = tally_of(s, name);

	sk_buf_span(&trail, common);
	sk_buf_putc(&trail, '\n');
	sk_buf_span(&trail, body);
	if (!tally || (!wants && !sk_span_starts(head, "quiet "))) {
		expect(false, "%s: there is no rule \"%.*s\"", where, (int)name.len, name.ptr);
		return;
	}
	tally->fires += wants;
	tally->quiet += !wants;
	s->cases++;
	expect(fires(s, where, sk_buf_view(&trail), name) == wants, "%s: %.*s", where, (int)head.len, head.ptr);
}

static void run_file(struct suite *s, const char *path)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_span rest, line, common, head = { 0 };
	const char *body;
	unsigned number = 0, begun = 0;

	if (sk_path_slurp(path, 1u << 20, &text, &err) < 0) {
		ok(false, "%s", err.text);
		return;
	}
	rest = sk_buf_view(&text);
	common = sk_span(rest.ptr, 0);
	body = rest.ptr;
	for (bool more = true; more;) {
		const char *at = rest.ptr;

		more = sk_span_line(&rest, &line);
		number++;
		if (more && !sk_span_starts(line, "==> "))
			continue;
		if (!more)
			at = text.data + text.len;
		if (head.len) {
			sk_autofree char *where = sk_printf("%s:%u", path, begun);

			run_case(s, where, head, common, sk_span(body, (size_t)(at - body)));
		} else {
			common.len = (size_t)(at - common.ptr);
		}
		head = sk_span_from(line, 4);
		body = rest.ptr;
		begun = number;
	}
}

static bool is_technique(const char *tag)
{
	struct sk_span digits = sk_span_from(sk_span_str(tag), 1);
	uint64_t n;

	return tag[0] == 'T' && digits.len >= 4 && sk_span_u64(sk_span_sub(digits, 0, 4), &n);
}

/* Each rule says which technique it sees, why it matters and what to do. */
static void check_rules(struct suite *s)
{
	for (size_t i = 0; i < s->rules.rules.len; i++) {
		const struct sk_detection *rule = s->rules.rules.data[i];
		const char *name = rule->name.ptr;
		int len = (int)rule->name.len;
		bool technique = false;

		for (size_t k = 0; k < rule->tag_count; k++)
			technique |= is_technique(rule->tags[k]);
		expect(technique, "%.*s: names its technique", len, name);
		expect(sk_span_find(rule->desc, SK_SPAN_LIT("What to do:")) > 0, "%.*s: says what to do", len, name);
		expect(s->tallies[i].fires > 0, "%.*s: has a case that fires", len, name);
		expect(s->tallies[i].quiet > 0, "%.*s: has a case close by that does not", len, name);
	}
}

int main(void)
{
	sk_autofree char *rules = sk_printf("%s/rules/runtime", getenv("SK_SOURCE") ? getenv("SK_SOURCE") : ".");
	sk_autofree char *dir = sk_printf("%s/data/guard", getenv("SK_TESTS") ? getenv("SK_TESTS") : "tests");
	struct suite s = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct dirent **entries = NULL;
	int count;

	if (sk_rules_load(&s.rules, rules, false, &err) < 0) {
		ok(false, "%s", err.text);
		return tap_done();
	}
	sk_rules_finish(&s.rules);
	s.graph = sk_graph_new(&s.rules);
	print_problems(&s.rules);
	ok(s.rules.errors == 0, "%zu rules without an error", s.rules.rules.len);
	s.eval = sk_graph_eval_new(s.graph);
	s.tallies = sk_alloc((s.rules.rules.len + 1) * sizeof(*s.tallies));
	count = scandir(dir, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		sk_autofree char *path = sk_printf("%s/%s", dir, entries[i]->d_name);

		if (sk_span_ends(sk_span_str(path), ".cases"))
			run_file(&s, path);
		free(entries[i]);
	}
	free(entries);
	check_rules(&s);
	ok(s.cases > 0, "%zu cases", s.cases);
	free(s.tallies);
	sk_graph_eval_free(s.eval);
	sk_graph_free(s.graph);
	sk_rules_release(&s.rules);
	return tap_done();
}
