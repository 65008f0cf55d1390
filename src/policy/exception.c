/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an exception counts now, and what is said of one that does not. */
#include "policy/exception.h"

#include "policy/exception-index.h"
#include "policy/scope.h"

static const char *const justifications[] = {
	"component_not_present",
	"vulnerable_code_not_present",
	"vulnerable_code_not_in_execute_path",
	"vulnerable_code_cannot_be_controlled_by_adversary",
	"inline_mitigations_already_exist",
};

const char *sk_vex_justification(unsigned i)
{
	return i < SK_COUNT(justifications) ? justifications[i] : NULL;
}

bool sk_vex_justification_valid(struct sk_span word)
{
	for (size_t i = 0; i < SK_COUNT(justifications); i++)
		if (sk_span_is(word, justifications[i]))
			return true;
	return false;
}

struct sk_exception *sk_exceptions_new(struct sk_exceptions *x)
{
	struct sk_exception *e = sk_arena_alloc(&x->arena, sizeof(*e));

	e->ends = INT64_MAX;
	return e;
}

void sk_exceptions_add(struct sk_exceptions *x, struct sk_exception *e)
{
	e->order = x->list.len;
	*sk_vec_push(&x->list) = e;
	if (!e->problem)
		sk_exception_index_add(x, e);
}

void sk_exceptions_release(struct sk_exceptions *x)
{
	for (size_t i = 0; i < x->list.len; i++)
		if (x->list.data[i]->program)
			sk_cel_program_free(x->list.data[i]->program);
	sk_scopes_free(x->scopes);
	sk_exception_index_free(x->index);
	sk_vec_release(&x->list);
	sk_arena_release(&x->arena);
	*x = (struct sk_exceptions){ 0 };
}

enum sk_exception_state sk_exception_state(const struct sk_exceptions *x,
					   const struct sk_exception *e, int64_t now)
{
	if (e->problem)
		return SK_EXCEPTION_INVALID;
	if (now >= e->ends)
		return SK_EXCEPTION_EXPIRED;
	/* A date counts to the end of its day: "365 days from now" must be one that can be written. */
	if (x->max_seconds && e->ends != INT64_MAX && e->ends - now > x->max_seconds + 86400)
		return SK_EXCEPTION_TOO_LONG;
	return SK_EXCEPTION_ACTIVE;
}

const char *sk_exception_state_name(enum sk_exception_state state)
{
	static const char *const names[] = {
		[SK_EXCEPTION_ACTIVE] = "active",
		[SK_EXCEPTION_EXPIRED] = "expired",
		[SK_EXCEPTION_TOO_LONG] = "too-long",
		[SK_EXCEPTION_INVALID] = "invalid",
	};

	return names[state];
}

const char *sk_exception_label(const struct sk_exception *e)
{
	const char *const all[] = { e->ids.count ? e->ids.items[0] : NULL, e->purl, e->package, e->path,
				    e->scope };

	for (size_t i = 0; i < SK_COUNT(all); i++)
		if (all[i])
			return all[i];
	return "entry";
}

/* What is said of an entry in each state that is worth it; NULL for one that is as it should be. */
static const char *fault(const struct sk_exceptions *x, const struct sk_exception *e,
			 enum sk_exception_state state, struct sk_finding *f, struct sk_arena *arena)
{
	switch (state) {
	case SK_EXCEPTION_EXPIRED:
		f->id = "exception-expired";
		f->remedy = "Fix what it hides, or decide anew and set a later date.";
		return sk_arena_printf(arena, "expired on %s", e->says.until);
	case SK_EXCEPTION_TOO_LONG:
		f->id = "exception-too-long";
		f->remedy = "Set an earlier date; until then it hides nothing.";
		return sk_arena_printf(arena, "ends on %s, more than %lld days from now", e->says.until,
				       (long long)(x->max_seconds / 86400));
	case SK_EXCEPTION_INVALID:
		f->id = "exception-invalid";
		f->remedy = "Correct the entry; until then it hides nothing.";
		return e->problem;
	default:
		if (e->hits || e->vex)
			return NULL;
		f->id = "exception-unused";
		f->remedy = "Remove the entry.";
		return "no finding matches this exception any more";
	}
}

struct sk_finding *sk_exception_finding(const struct sk_exceptions *x, const struct sk_exception *e,
					int64_t now, struct sk_arena *arena)
{
	struct sk_finding *f = sk_arena_alloc(arena, sizeof(*f));
	const char *what = fault(x, e, sk_exception_state(x, e, now), f, arena);

	if (!what)
		return NULL;
	f->kind = SK_FINDING_COVERAGE;
	f->title = sk_arena_printf(arena, "%s: %s", sk_exception_label(e), what);
	f->path = sk_arena_str(arena, e->says.source);
	f->line = e->says.line;
	f->layer = -1;
	f->cvss_score = f->epss = f->epss_percentile = -1;
	return f;
}
