/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/exception.h"
#include "policy/facts-build.h"
#include "policy/facts-subject.h"

static struct sk_cel_value time_of(const char *text)
{
	return text ? sk_fact_time(sk_span_str(text)) : (struct sk_cel_value){ 0 };
}

/* Who, why and until when; NULL is nobody. */
static struct sk_fact_Exception *add(struct sk_facts *facts, const struct sk_statement *s, struct sk_cel_value *ret)
{
	struct sk_fact_Exception *f = sk_fact_new(facts, SK_TYPE_Exception, ret);

	if (!s)
		return f;
	f->reason = sk_fact_str(facts, s->reason);
	f->owner = sk_fact_str(facts, s->owner);
	f->ticket = sk_fact_str(facts, s->ticket);
	f->expires = time_of(s->until);
	f->file = sk_fact_str(facts, s->source);
	f->line = sk_cel_int(s->line);
	return f;
}

void sk_facts_add_exceptions(struct sk_facts *facts, const struct sk_exceptions *x)
{
	struct sk_cel_value *items =
		sk_fact_items(facts, x->list.len, &facts->slots[SK_FACT_exceptions]);

	for (size_t i = 0; i < x->list.len; i++) {
		const struct sk_exception *e = x->list.data[i];
		enum sk_exception_state state = sk_exception_state(x, e, facts->now);
		struct sk_fact_Exception *f = add(facts, &e->says, &items[i]);

		f->id = sk_fact_str(facts, e->ids.count ? e->ids.items[0] : NULL);
		f->package = sk_fact_str(facts, e->package ? e->package : e->purl);
		f->path = sk_fact_str(facts, e->path);
		if (e->ends != INT64_MAX)
			f->expires = (struct sk_cel_value){ .kind = SK_CEL_TIMESTAMP, .i = e->ends };
		f->expired = sk_cel_bool(state == SK_EXCEPTION_EXPIRED);
		f->valid = sk_cel_bool(state == SK_EXCEPTION_ACTIVE);
	}
}

struct sk_cel_value sk_fact_exception(struct sk_facts *facts, const struct sk_finding *finding)
{
	struct sk_cel_value v;
	struct sk_fact_Exception *f = add(facts, finding->statement, &v);

	f->id = sk_fact_str(facts, finding->id);
	f->valid = sk_cel_bool(true);
	return v;
}

/* "exception-expired" and its like: the title begins with what it is about. */
static bool is_fault(const struct sk_finding *finding)
{
	return finding->kind == SK_FINDING_COVERAGE && finding->id && strncmp(finding->id, "exception-", 10) == 0 &&
	       strcmp(finding->id, "exception-unused") != 0;
}

static void add_fault(struct sk_facts *facts, const struct sk_finding *finding, struct sk_cel_value *ret)
{
	struct sk_fact_Exception *f = add(facts, NULL, ret);
	struct sk_span title = sk_span_str(finding->title), label = title;

	sk_span_split(&title, ':', &label);
	f->id = sk_fact_text(facts, label);
	f->file = sk_fact_str(facts, finding->path);
	f->line = sk_cel_int(finding->line);
	f->expired = sk_cel_bool(strcmp(finding->id, "exception-expired") == 0);
	f->owner = sk_fact_unknown(facts, "exception.owner");
	f->reason = sk_fact_unknown(facts, "exception.reason");
	f->expires = sk_fact_unknown(facts, "exception.expires");
}

void sk_facts_add_told_exceptions(struct sk_facts *facts, const struct sk_facts_scan *scan)
{
	struct sk_cel_value *items;
	size_t count = 0;

	for (size_t i = 0; i < scan->finding_count; i++)
		count += is_fault(scan->findings[i]);
	items = sk_fact_items(facts, count + scan->accepted_count, &facts->slots[SK_FACT_exceptions]);
	for (size_t i = 0; i < scan->accepted_count; i++)
		*items++ = sk_fact_exception(facts, scan->accepted[i]);
	for (size_t i = 0; i < scan->finding_count; i++)
		if (is_fault(scan->findings[i]))
			add_fault(facts, scan->findings[i], items++);
}
