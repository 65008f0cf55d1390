/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/osv-range.h"

#include "base/limits.h"
#include "vuln/ecosystem.h"

enum event_kind { EVENT_INTRODUCED, EVENT_LAST, EVENT_FIXED };

struct event {
	enum event_kind kind;
	struct sk_span version;
	size_t place; /* as written: decides between events of the same version */
};

bool sk_interval_has(const struct sk_interval *interval, const struct sk_scheme *scheme,
		     struct sk_span version)
{
	int order;

	if (interval->from.len && scheme->compare(version, interval->from) < 0)
		return false;
	if (interval->end == SK_BOUND_OPEN)
		return true;
	order = scheme->compare(version, interval->to);
	return interval->end == SK_BOUND_LAST ? order <= 0 : order < 0;
}

static int event_cmp(const void *a, const void *b, void *arg)
{
	const struct event *x = a, *y = b;
	const struct sk_scheme *scheme = arg;
	bool x0 = sk_span_is(x->version, "0"), y0 = sk_span_is(y->version, "0");
	int order = 0;

	/* "0" stands for "before every version", not for the version 0. */
	if (x->kind == EVENT_INTRODUCED && x0 && !(y->kind == EVENT_INTRODUCED && y0))
		return -1;
	if (y->kind == EVENT_INTRODUCED && y0 && !(x->kind == EVENT_INTRODUCED && x0))
		return 1;
	if (scheme)
		order = scheme->compare(x->version, y->version);
	if (order)
		return order;
	/* A version that is the only affected one: its introduction comes before its end. */
	if ((x->kind == EVENT_LAST) != (y->kind == EVENT_LAST))
		return x->kind == EVENT_LAST ? 1 : -1;
	return x->place < y->place ? -1 : 1;
}

/* The greatest limit, or empty for none: a version below any of them is spoken of. */
static struct sk_span read_limit(const struct sk_node *events, const struct sk_scheme *scheme)
{
	struct sk_span limit = { 0 };

	sk_node_each(event, events)
	{
		struct sk_span text = sk_node_str(sk_node_get(event, "limit"));

		if (sk_span_is(text, "*"))
			return sk_span(NULL, 0);
		if (text.len && (!limit.len || (scheme && scheme->compare(text, limit) > 0)))
			limit = text;
	}
	return limit;
}

static int read_events(const struct sk_node *events, struct sk_arena *arena,
		       struct event **ret_events, size_t *ret_count, struct sk_err *err)
{
	static const char *const names[] = { "introduced", "last_affected", "fixed" };
	struct event *list;
	size_t count = 0, objects = sk_node_is(events, SK_NODE_ARRAY) ? events->count : 0;

	list = sk_arena_alloc(arena, sizeof(*list) * (objects * SK_COUNT(names) + 1));
	sk_node_each(event, events) for (size_t i = 0; i < SK_COUNT(names); i++)
	{
		struct sk_span version = sk_node_str(sk_node_get(event, names[i]));

		if (version.len > SK_MAX_ADVISORY_FIELD)
			return sk_err_set(err, SK_ELIMIT, "version of %zu bytes", version.len);
		if (!version.len)
			continue;
		list[count] = (struct event){ (enum event_kind)i, version, count };
		count++;
	}
	*ret_events = list;
	*ret_count = count;
	return 0;
}

static bool is_module_build(struct sk_span version)
{
	return sk_span_find(version, SK_SPAN_LIT(".module")) >= 0;
}

static void add_interval(struct sk_affected *out, struct sk_interval in, struct sk_span limit,
			 const struct sk_scheme *scheme)
{
	if (limit.len && scheme) {
		if (in.from.len && scheme->compare(in.from, limit) >= 0)
			return;
		if (in.end == SK_BOUND_OPEN || scheme->compare(in.to, limit) >= 0) {
			in.end = SK_BOUND_LIMIT;
			in.to = limit;
		}
	}
	/* Introduced and fixed at once: how Alpine and Wolfi write "never affected". */
	if (in.end == SK_BOUND_FIXED && !in.from.len && sk_span_is(in.to, "0"))
		return;
	if (in.end == SK_BOUND_FIXED && is_module_build(in.to))
		out->modular = true;
	out->intervals[out->interval_count++] = in;
}

static int read_range(const struct sk_node *range, const struct sk_scheme *scheme,
		      struct sk_arena *arena, struct sk_affected *out, struct sk_err *err)
{
	const struct sk_node *nodes = sk_node_get(range, "events");
	struct sk_span limit = read_limit(nodes, scheme);
	struct sk_interval now = { 0 };
	struct event *events = NULL;
	size_t count = 0;
	bool affected = false;
	int r = read_events(nodes, arena, &events, &count, err);

	if (r < 0)
		return r;
	qsort_r(events, count, sizeof(*events), event_cmp, (void *)scheme);
	for (size_t i = 0; i < count; i++) {
		struct sk_span version = events[i].version;

		if (events[i].kind == EVENT_INTRODUCED) {
			if (!affected)
				now.from = sk_span_is(version, "0") ? sk_span(NULL, 0) : version;
			affected = true;
		} else if (affected) {
			now.to = version;
			now.end = events[i].kind == EVENT_LAST ? SK_BOUND_LAST : SK_BOUND_FIXED;
			add_interval(out, now, limit, scheme);
			affected = false;
		}
	}
	if (affected) {
		now.end = SK_BOUND_OPEN;
		now.to = sk_span(NULL, 0);
		add_interval(out, now, limit, scheme);
	}
	return 0;
}

/* Listed versions that no interval covers: most publishers list what the ranges say already. */
static void read_versions(const struct sk_node *list, const struct sk_scheme *scheme,
			  struct sk_arena *arena, struct sk_affected *out)
{
	if (!sk_node_is(list, SK_NODE_ARRAY) || !list->count)
		return;
	out->versions = sk_arena_alloc(arena, sizeof(*out->versions) * list->count);
	sk_node_each(node, list)
	{
		struct sk_span version = sk_node_str(node);
		bool covered = false;

		if (!version.len || version.len > SK_MAX_ADVISORY_FIELD)
			continue;
		/* Bounded: a hostile record could list as many intervals as versions. */
		for (size_t i = 0; scheme && !covered && i < out->interval_count && i < 64; i++)
			covered = sk_interval_has(&out->intervals[i], scheme, version);
		if (!covered)
			out->versions[out->version_count++] = version;
	}
}

int sk_osv_ranges(const struct sk_node *affected, struct sk_arena *arena, struct sk_affected *out,
		  struct sk_err *err)
{
	const struct sk_scheme *scheme = sk_ecosystem_scheme(out->ecosystem);
	const struct sk_node *ranges = sk_node_get(affected, "ranges");
	size_t events = 0;

	sk_node_each(range, ranges)
	{
		const struct sk_node *list = sk_node_get(range, "events");

		if (!sk_span_is(sk_node_str(sk_node_get(range, "type")), "GIT"))
			events += sk_node_is(list, SK_NODE_ARRAY) ? 3 * (size_t)list->count : 0;
	}
	out->intervals = sk_arena_alloc(arena, sizeof(*out->intervals) * (events + 1));
	sk_node_each(range, ranges)
	{
		int r = 0;

		if (!sk_span_is(sk_node_str(sk_node_get(range, "type")), "GIT"))
			r = read_range(range, scheme, arena, out, err);
		if (r < 0)
			return r;
	}
	read_versions(sk_node_get(affected, "versions"), scheme, arena, out);
	return 0;
}
